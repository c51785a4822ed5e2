import * as fs from 'node:fs';
import type { Outcome } from '../controller/port.js';
import { fileProblem, readText, writeFileAtomic } from '../host/atomic-file.js';
import { agentFile, conversationFile, type Paths } from '../host/paths.js';

interface Change {
  readonly file: string;
  /** null: there was none. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Which conversation an agent is in and how it is started, as that was on record before a start that may not come. */
export class EarlierMaterial {
  readonly #paths: Paths;
  readonly #changes = new Map<string, readonly Change[]>();

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  /** @param write writes what the start has to find */
  around(agent: string, write: () => Outcome): Outcome {
    // The launch record first: where it names a conversation that is on no record, a start by hand begins one that nobody finds.
    const files = [agentFile(this.#paths, agent, 'launch'), conversationFile(this.#paths, agent)];
    const before = files.map(textIn);
    const outcome = write();
    const changes = files.flatMap((file, index): readonly Change[] => {
      const [was, is] = [before[index], textIn(file)];
      return was === undefined || is === undefined || was === is ? [] : [{ file, before: was, after: is }];
    });
    this.#changes.set(agent, changes);
    return outcome;
  }

  takeBack(agent: string): Outcome {
    const changes = this.#changes.get(agent) ?? [];
    this.#changes.delete(agent);
    // Somebody who has looked meanwhile knows better.
    if (changes.some(({ file, after }) => textIn(file) !== after)) return null;
    for (const { file, before } of changes) {
      try {
        if (before === null) fs.rmSync(file, { force: true });
        else writeFileAtomic(file, before, 0o600);
      } catch (error) {
        return `${file}: ${fileProblem(error)}`;
      }
    }
    return null;
  }
}

/** null: there is none; undefined: it cannot be read. */
function textIn(file: string): string | null | undefined {
  const content = readText(file);
  return content.state === 'present' ? content.text : content.state === 'absent' ? null : undefined;
}
