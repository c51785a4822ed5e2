import { readWords } from './argument-vector.js';
import { Fields } from './fields.js';
import type { Findings, Path } from './finding.js';
import { nameFault } from './names.js';
import { nearest } from './nearest.js';
import type { AgentSpec } from './types.js';
import { DEFAULT_SUBMIT_DELAY_MS, KNOWN_RUNTIMES, defaultResetCommand, isKnownRuntime } from './runtimes.js';

/** What a roster says about a runtime, over what fleet knows about it. */
export interface RuntimeSettings {
  readonly command: readonly string[] | null;
  /** Whether a command is written at all, though it may be unusable. */
  readonly hasCommand: boolean;
  readonly resetCommand: string | null;
  readonly readyPattern: string | null;
  readonly busyPattern: string | null;
  readonly dialogPattern: string | null;
  readonly composerPattern: string | null;
  readonly freshPattern: string | null;
  /** null: the default, also where it is written out. */
  readonly submitDelayMs: number | null;
  readonly resume: boolean;
  readonly conversation: AgentSpec['conversation'];
}

export type Runtimes = ReadonlyMap<string, RuntimeSettings>;

/** `runtimes`, by name. */
export const readRuntimes = (fields: Fields): Runtimes =>
  new Map(fields.entries().map(([name, value]) => [name, readRuntime(name, value, fields)]));

const readRuntime = (name: string, value: unknown, parent: Fields): RuntimeSettings => {
  const fields = new Fields(value, parent.at(name), parent.findings);
  const fault = nameFault(name);
  if (fault !== null) parent.findings.key('InvalidValue', fields.path, `a runtime’s name ${fault}`);
  const conversation = fields.below('conversation');
  const words = (key: 'new' | 'resume'): readonly string[] | null =>
    readWords(conversation.raw(key), conversation.at(key), 'conversation', fields.findings);
  const submitDelayMs = fields.duration('submit_delay', { min: 0, max: 60_000 });
  return {
    command: readWords(fields.raw('command'), fields.at('command'), 'runtime', fields.findings),
    hasCommand: fields.has('command'),
    resetCommand: fields.text('reset_command') ?? defaultResetCommand(name),
    readyPattern: readPattern(fields, 'ready_pattern'),
    busyPattern: readPattern(fields, 'busy_pattern'),
    dialogPattern: readPattern(fields, 'dialog_pattern'),
    composerPattern: readPattern(fields, 'composer_pattern'),
    freshPattern: readPattern(fields, 'fresh_pattern'),
    submitDelayMs: submitDelayMs === DEFAULT_SUBMIT_DELAY_MS ? null : submitDelayMs,
    resume: fields.flag('resume') ?? true,
    conversation: { new: words('new'), resume: words('resume') },
  };
};

const readPattern = (fields: Fields, key: string): string | null => {
  const value = fields.raw(key);
  if (typeof value !== 'string') return null;
  if (value === '') {
    fields.findings.value(
      'InvalidValue',
      fields.at(key),
      `${key} must not be empty: it would match every screen`,
    );
    return null;
  }
  try {
    new RegExp(value, 'm');
    return value;
  } catch (error) {
    const why = error instanceof Error ? error.message : 'invalid';
    fields.findings.value(
      'InvalidValue',
      fields.at(key),
      `${key} must be a JavaScript regular expression: ${why}`,
    );
    return null;
  }
};

/** Settings for a runtime of which the roster says nothing. */
export const undeclaredRuntime = (name: string): RuntimeSettings => ({
  command: null,
  hasCommand: false,
  resetCommand: defaultResetCommand(name),
  readyPattern: null,
  busyPattern: null,
  dialogPattern: null,
  composerPattern: null,
  freshPattern: null,
  submitDelayMs: null,
  resume: true,
  conversation: { new: null, resume: null },
});

/** Reports a runtime that neither fleet knows nor anyone gave a command. */
export const checkRuntime = (name: string, path: Path, runtimes: Runtimes, findings: Findings): void => {
  if (isKnownRuntime(name) || runtimes.get(name)?.hasCommand === true) return;
  const declared = [...runtimes].filter(([, settings]) => settings.hasCommand).map(([each]) => each);
  const names = [...new Set([...KNOWN_RUNTIMES, ...declared])];
  const message = `unknown runtime "${name}": use ${names.join(', ')}, or give it a command (here or under runtimes)`;
  findings.value('UnknownRuntime', path, message, nearest(name, names));
};

/** Reports settings for a runtime that does not exist and no agent uses: they would silently do nothing. */
export const checkIdleRuntimes = (runtimes: Runtimes, used: ReadonlySet<string>, fields: Fields): void => {
  for (const [name, settings] of runtimes) {
    if (isKnownRuntime(name) || settings.hasCommand || used.has(name) || nameFault(name) !== null) continue;
    const message = `"${name}" is no runtime fleet knows, no agent uses it, and it has no command`;
    fields.findings.key('UnknownRuntime', fields.at(name), message, nearest(name, KNOWN_RUNTIMES));
  }
};
