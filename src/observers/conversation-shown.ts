import * as path from 'node:path';
import { processesBeside, startedAtOf } from '../host/process.js';
import type { TranscriptKind } from '../roster/profile.js';
import { begunInGemini } from './gemini-log.js';
import { threadOf } from './codex-threads.js';
import { environmentOf, rootIn } from './process-facts.js';
import { nearestFirst } from './process-tree.js';
import { filesIn, newestFiles, writtenAt } from './transcripts/lines.js';
import { sessionIn } from './transcripts/session-record.js';

/**
 * The id of the conversation that a running agent itself shows to be in, by evidence of this very process and its unit's
 * others; null: it shows none.
 *
 * @param pid of its own pane's process
 * @param started the conversation it was started in; null: that is not known
 * @param others the conversations that other agents were started in
 * @param now epoch milliseconds
 */
export function shownConversation(
  kind: TranscriptKind,
  pid: number,
  started: string | null,
  others: ReadonlySet<string> = new Set(),
  now = Date.now(),
): string | null {
  switch (kind) {
    case 'claude':
      return sessionFile(pid, 'CLAUDE_CONFIG_DIR', '.claude');
    case 'demo':
      return sessionFile(pid, 'DEMO_AGENT_DIR', '.demo-agent');
    case 'codex':
      return lockedThread(pid);
    case 'pi':
      return writtenLast(pid, started, now);
    case 'gemini':
      return started === null ? null : begunInGemini(pid, started, others, now);
    case 'opencode':
    case 'none':
      return null;
  }
}

/** The clocks of files and of processes differ by less, and pi takes longer from its start to the end of a first turn. */
const slackMs = 500;

/**
 * pi 0.73 begins another conversation, by a human's `/new`, in the directory of the one before; fleet gives each that it begins a
 * directory of its own. So what was written there last, since this process started, is what it is in.
 */
function writtenLast(pid: number, started: string | null, now: number): string | null {
  const directory = started === null ? '' : path.dirname(started);
  const from = startedAtOf(pid);
  if (from === null || !/--fleet-[^/]+-[0-9a-f]{8}$/.test(directory)) return null;
  // Names as pi and fleet make them: this one will stand in a command line, and on the operator's screen.
  const named = filesIn(directory, '.jsonl').filter((file) => /^[\w.-]+$/.test(path.basename(file)));
  const [newest] = newestFiles(named, 1);
  const at = newest === undefined ? null : writtenAt(newest);
  // What a clock that was set back makes newer than now is not of this process.
  return newest !== undefined && at !== null && at >= from + slackMs && at <= now + 2 * slackMs
    ? newest
    : null;
}

/** A codex may be a child of the pane's process. One that an agent runs as a tool is one, too; the agent's stands nearer. */
function lockedThread(pid: number): string | null {
  for (const member of nearestFirst(pid, processesBeside(pid))) {
    const id = threadOf(member);
    if (id !== undefined) return id;
  }
  return null;
}

/** What the process that stands nearest to the pane's says, also after a `/clear`. */
function sessionFile(pid: number, variable: string, below: string): string | null {
  const root = rootIn(environmentOf(pid), variable, below);
  for (const member of nearestFirst(pid, processesBeside(pid))) {
    const id = sessionIn(root, member);
    if (id !== null) return id;
  }
  return null;
}
