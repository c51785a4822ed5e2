import * as fs from 'node:fs';
import type { AgentMaterial, Outcome } from '../controller/port.js';
import { namedProblem, readKeptText, writeFileAtomic } from '../host/atomic-file.js';
import { agentFile, limitsFile, type Paths } from '../host/paths.js';
import * as path from 'node:path';
import { writeConversations } from './conversations.js';

/** Puts fleet's managed lines into an env file's text and keeps the site's; handed in, since the syntax is the roster's. */
export type RenderEnvironment = (
  previous: string | null,
  managed: Readonly<Record<string, string>>,
) => string;

export function writeMaterial(paths: Paths, material: AgentMaterial, render: RenderEnvironment): Outcome {
  const { agent, environmentText, managedEnvironment, launchRecord, conversations } = material;
  return attempt(() => {
    const file = agentFile(paths, agent, 'env');
    const previous = readKeptText(file);
    if (previous.state === 'unknown') return previous.message;
    const found = previous.state === 'present' ? previous.text : null;
    // Whoever writes into it right now would go on in a file that is not there any more.
    if (environmentText !== undefined && found !== environmentText)
      return `${file} was changed meanwhile and is left alone; it is looked at again`;
    const text = render(found, managedEnvironment);
    // Only lines of the site's own could not be written again.
    writeFileAtomic(file, text, 0o600, previous.state === 'present' ? 'synced' : 'derived');
    // First, and synced: a process whose id is on no record could not be continued.
    const recorded = conversations === null ? null : writeConversations(paths, agent, conversations);
    if (recorded !== null) return recorded;
    writeFileAtomic(agentFile(paths, agent, 'launch'), launchRecord, 0o600, 'derived');
    return null;
  });
}

export function writeApplied(
  paths: Paths,
  agent: string,
  content: { readonly applied: unknown; readonly started: unknown; readonly starts: number },
): Outcome {
  return attempt(() => {
    const text = `${JSON.stringify({ formatVersion: '1.0', agent, ...content }, null, 1)}\n`;
    writeFileAtomic(agentFile(paths, agent, 'json'), text, 0o600, 'derived');
    return null;
  });
}

export function writeLaunchRecord(paths: Paths, agent: string, content: string): Outcome {
  return attempt(() => {
    writeFileAtomic(agentFile(paths, agent, 'launch'), content, 0o600, 'derived');
    return null;
  });
}

export function removeLaunchRecord(paths: Paths, agent: string): Outcome {
  return attempt(() => {
    fs.rmSync(agentFile(paths, agent, 'launch'), { force: true });
    return null;
  });
}

/** Writes (or with null removes) the limits drop-in of an agent's unit. */
export function writeLimits(
  paths: Paths,
  agent: string,
  content: string | null,
): { readonly changed: boolean; readonly outcome: Outcome } {
  const file = limitsFile(paths, agent);
  let changed = false;
  const outcome = attempt(() => {
    if (content !== null) changed = writeFileAtomic(file, content, 0o644);
    else if (fs.existsSync(file)) {
      fs.rmSync(file);
      changed = true;
      removeIfEmpty(path.dirname(file));
    }
    return null;
  });
  return { changed, outcome };
}

/** The drop-in directory may hold the operator's own files. */
function removeIfEmpty(directory: string): void {
  if (fs.readdirSync(directory).length === 0) fs.rmdirSync(directory);
}

function attempt(work: () => Outcome): Outcome {
  try {
    return work();
  } catch (error) {
    return namedProblem(error);
  }
}
