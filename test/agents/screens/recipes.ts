import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Runtime } from '../../support/real-agents.js';

/** How a human drives each program; docs/runtimes.md says how this was found. */
export interface Recipe {
  readonly ready: RegExp;
  /** On the screen or in the title; null: it never asks. */
  readonly dialog: RegExp | null;
  readonly interrupt: readonly string[];
  readonly reset: string;
}

export const RECIPES: Readonly<Record<Runtime, Recipe>> = {
  pi: { ready: /\(auto\) +\S+$/m, dialog: null, interrupt: ['Escape'], reset: '/new' },
  gemini: {
    ready: /Type your message/,
    dialog: /^✋ {2}Action Required/,
    interrupt: ['Escape'],
    reset: '/clear',
  },
  claude: {
    ready: /^❯/m,
    dialog: /Do you want to proceed\?/,
    interrupt: ['Escape'],
    reset: '/clear',
  },
  codex: {
    ready: /^› /m,
    dialog: /Would you like to run the following command\?/,
    interrupt: ['Escape'],
    reset: '/clear',
  },
  opencode: {
    ready: /ctrl\+p commands/,
    dialog: /Permission required/,
    interrupt: ['Escape', 'Escape'],
    reset: '/new',
  },
};

const newest = (files: readonly string[]): string =>
  files.toSorted((a, b) => fs.statSync(b).mtimeMs - fs.statSync(a).mtimeMs)[0] ?? '';

const below = (directory: string): readonly string[] =>
  fs.existsSync(directory)
    ? fs
        .readdirSync(directory, { recursive: true, encoding: 'utf8' })
        .map((name) => path.join(directory, name))
    : [];

/** What continues the latest conversation of a home in which one program lives. */
export function conversationArguments(
  runtime: Runtime,
  home: string,
  what: 'new' | 'resume',
): readonly string[] {
  const fresh = what === 'new';
  switch (runtime) {
    case 'pi':
      return fresh
        ? ['--session', path.join(home, `${randomUUID()}.jsonl`)]
        : ['--session', newest(below(home).filter((file) => file.endsWith('.jsonl')))];
    case 'claude': {
      const file = newest(
        below(path.join(home, '.claude/projects')).filter((name) => name.endsWith('.jsonl')),
      );
      return fresh ? ['--session-id', randomUUID()] : ['--resume', path.basename(file, '.jsonl')];
    }
    case 'gemini': {
      const file = newest(below(path.join(home, '.gemini/tmp')).filter((name) => name.endsWith('.jsonl')));
      const id = fresh ? '' : /"sessionId":"([^"]+)"/.exec(fs.readFileSync(file, 'utf8'))?.[1];
      return fresh ? ['--session-id', randomUUID()] : ['--resume', id ?? ''];
    }
    case 'codex': {
      const file = newest(
        below(path.join(home, '.codex/sessions')).filter((name) => name.endsWith('.jsonl')),
      );
      return fresh ? [] : ['resume', path.basename(file, '.jsonl').slice(-36)];
    }
    case 'opencode':
      return fresh ? [] : ['--continue'];
  }
}
