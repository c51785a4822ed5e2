import * as fs from 'node:fs';
import type { RosterInForce } from '../../controller/reconciler.js';
import { stampOf } from '../../host/atomic-file.js';
import { templateFile } from '../../observers/roster-file.js';
import type { CompileContext } from '../../roster/build.js';
import type { Roster } from '../../roster/types.js';
import type { Context } from '../context.js';
import { CommandFailure } from '../exit-code.js';
import { lastGoodRoster } from '../last-good.js';
import { readSource, rereadAs, withText } from '../roster-source.js';
import { compileOrThrow } from '../roster-text.js';

interface Reading {
  /** Names the content of roster and templates; null: their times cannot tell yet. */
  readonly stamp: string | null;
  /** The same without regard to what times cannot tell. */
  readonly look: string;
  readonly inode: string;
  readonly problem: string | null;
  readonly replaced: boolean;
}

/** What a roster was made of. */
interface Made {
  readonly text: string;
  /** Texts of templates by their names in the roster. */
  readonly templates: ReadonlyMap<string, string>;
}

/** The roster as the controller takes it: a file that became invalid or vanished leaves the last good one in force. */
export class RosterMemory {
  readonly #context: Context;
  #last: Roster | null = null;
  /** What `#last` was made of; null where that is not what the file held last. */
  #made: Made | null = null;
  /** Names of the templates that were asked for when the file was read last, those that could not be read too. */
  #asked: ReadonlySet<string> = new Set();
  #reading: Reading | null = null;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Absolute paths of everything that what was read last depends on. A template that is missing may appear. */
  get files(): readonly string[] {
    const { roster, userHome } = this.#context.paths;
    return [roster, ...[...this.#asked].map((template) => templateFile(roster, userHome, template))];
  }

  /** Reads and compiles the file only where it may have changed. */
  look(): RosterInForce {
    const settledMs = this.#settledMs();
    const before = this.#reading;
    const stamp = stampOf(...this.files);
    // Before it is read: what is written meanwhile is seen at the next look.
    const glances = this.#glances();
    if (before === null || stamp === null || before.stamp !== stamp) {
      const inode = inodeOf(this.#context.paths.roster);
      const moved = before !== null && before.inode !== inode;
      const touched = before?.look !== nameOf(glances);
      const replaced = touched ? moved : before.replaced;
      const problem = this.#read();
      // Read by other templates now, perhaps.
      this.#reading = {
        stamp: stamp === null ? null : stampOf(...this.files),
        look: nameOf(new Map([...this.#glances()].map(([file, now]) => [file, glances.get(file) ?? now]))),
        inode,
        problem,
        replaced,
      };
    }
    const { problem = null, replaced = false } = this.#reading ?? {};
    return { roster: this.#last, problem, settledMs, replaced };
  }

  /** The next look reads again, whatever the files' times say. */
  forget(): void {
    this.#reading = null;
  }

  /** Whether the files are not what was read last. */
  isStale(): boolean {
    return this.#reading !== null && this.#reading.look !== nameOf(this.#glances());
  }

  #read(): string | null {
    const asked = new Set<string>();
    try {
      const [source, surroundings] = readSource(this.#context, this.#context.paths.roster);
      const { text } = source;
      const { readTemplate } = surroundings;
      // Under the lock a file that was just written is read once more, since its times cannot tell; mostly it says the same.
      if (this.#made?.text === text && stands(this.#made, readTemplate)) return null;
      const templates = new Map<string, string>();
      const noting: typeof readTemplate = (name) => {
        asked.add(name);
        const template = readTemplate(name);
        if (template.ok) templates.set(name, template.text);
        return template;
      };
      const read = withText(compileOrThrow(source, { ...surroundings, readTemplate: noting }), text);
      this.#last = this.#last === null ? read : rereadAs(this.#last, read);
      this.#made = { text, templates };
      this.#asked = asked;
      return null;
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      this.#made = null;
      this.#asked = asked;
      this.#last ??= lastGoodRoster(this.#context);
      return error.message;
    }
  }

  #glances(): ReadonlyMap<string, string> {
    return new Map(this.files.map((file) => [file, glanceAt(file)]));
  }

  #settledMs(): number {
    const stat = statOf(this.#context.paths.roster);
    if (stat === null) return Infinity;
    // A clock that was set back must not keep a file young for ever.
    const age = this.#context.now() - Math.max(stat.mtimeMs, stat.ctimeMs);
    return age < 0 ? Infinity : age;
  }
}

const stands = ({ templates }: Made, readTemplate: CompileContext['readTemplate']): boolean =>
  [...templates].every(([name, text]) => {
    const now = readTemplate(name);
    return now.ok && now.text === text;
  });

function statOf(file: string): fs.Stats | null {
  try {
    return fs.statSync(file, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

function glanceAt(file: string): string {
  const stat = statOf(file);
  return stat === null ? '' : [stat.dev, stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs].join(' ');
}

const nameOf = (glances: ReadonlyMap<string, string>): string => JSON.stringify([...glances]);

function inodeOf(file: string): string {
  const stat = statOf(file);
  return stat === null ? '' : `${stat.dev} ${stat.ino}`;
}
