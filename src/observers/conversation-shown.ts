import { processesBeside, startTimeOf } from '../host/process.js';
import type { TranscriptKind } from '../roster/profile.js';
import { environmentOf, filesHeldOpen } from './process-facts.js';
import { readRecord } from './transcripts/lines.js';

/**
 * The id of the conversation that a running agent itself shows to be in, by evidence of this very process and its unit's
 * others; null: it shows none.
 *
 * @param pid of its own pane's process
 */
export function shownConversation(kind: TranscriptKind, pid: number): string | null {
  switch (kind) {
    case 'claude':
      return sessionFile(pid, 'CLAUDE_CONFIG_DIR', '.claude');
    case 'demo':
      return sessionFile(pid, 'DEMO_AGENT_DIR', '.demo-agent');
    case 'codex':
      return lockedThread(pid);
    case 'opencode':
    case 'gemini':
    case 'pi':
    case 'none':
      return null;
  }
}

/** codex 0.169: a child of its holds `thread-writer-locks/<id>.lock` open, before any message. Of several the newest counts. */
function lockedThread(pid: number): string | null {
  const locks = processesBeside(pid)
    .flatMap(filesHeldOpen)
    .flatMap((file) => /\/thread-writer-locks\/([0-9A-Za-z-]+)\.lock$/.exec(file) ?? [])
    .filter((text) => !text.startsWith('/'));
  // Ids are UUIDs of version 7, which begin with their time.
  return [...new Set(locks)].toSorted().at(-1) ?? null;
}

/**
 * claude 2.1 writes `sessions/<pid>.json`: its conversation, also after a `/clear`, and by `procStart` (the kernel's start
 * time) of which process it is.
 */
function sessionFile(pid: number, variable: string, below: string): string | null {
  const environment = environmentOf(pid);
  const named = environment[variable];
  const root = named === undefined || named === '' ? `${environment['HOME'] ?? ''}/${below}` : named;
  for (const member of processesBeside(pid)) {
    const record = readRecord(`${root}/sessions/${member}.json`);
    if (record === null || String(record['procStart']) !== startTimeOf(member)) continue;
    const id = record['sessionId'];
    if (typeof id === 'string' && /^[0-9A-Za-z-]+$/.test(id)) return id;
  }
  return null;
}
