import { compileRoster } from '../../src/roster/compile.js';
import type { AgentSpec, Diagnostic, Roster } from '../../src/roster/types.js';

const HEAD = 'version: 1\ntransport: tmux\n';

export const templates = (files: Readonly<Record<string, string>>) => (path: string) => {
  const text = files[path];
  return text === undefined ? { ok: false as const, message: 'no such file' } : { ok: true as const, text };
};

export const compile = (text: string, files: Readonly<Record<string, string>> = {}, file = 'roster.yaml') =>
  compileRoster({ file, text }, { home: '/home/me', readTemplate: templates(files) });

/** The roster a valid text gives; the diagnostics are thrown otherwise. */
export const rosterOf = (text: string, files: Readonly<Record<string, string>> = {}): Roster => {
  const result = compile(text, files);
  if (!result.ok) throw new Error(JSON.stringify(result.failure, null, 2));
  return result.value;
};

/** The one agent of a roster made of the given lines, which stand under `- name: a`. */
export const agentOf = (
  lines: string,
  rest = '',
  files: Readonly<Record<string, string>> = {},
): AgentSpec => {
  const [agent] = rosterOf(agentText(lines, rest), files).agents;
  if (agent === undefined) throw new Error('no agent');
  return agent;
};

/** A roster with one agent `a`. The agent's own lines begin on line 5 + lines of `rest`, in column 5. */
export const agentText = (lines: string, rest = ''): string => {
  const runtime = /^runtime:/m.test(lines) ? '' : '    runtime: codex\n';
  const own = lines.replace(/^(?=.)/gm, '    ');
  return `${HEAD}${rest === '' ? '' : `${rest}\n`}agents:\n  - name: a\n${runtime}${own}\n`;
};

/** What is wrong with a text; the roster is thrown if nothing is. */
export const diagnosticsOf = (
  text: string,
  files: Readonly<Record<string, string>> = {},
  file = 'roster.yaml',
): readonly Diagnostic[] => {
  const result = compile(text, files, file);
  if (result.ok) throw new Error('compiled');
  return result.failure;
};

export const head = (rest: string): string => HEAD + rest;
