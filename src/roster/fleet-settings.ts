import { readWords } from './argument-vector.js';
import { canonicalDirectory } from './directory.js';
import { formatDuration } from './duration.js';
import type { Fields } from './fields.js';
import { nameFault } from './names.js';
import type { Backoff, Disruption, MaxDisruption } from './types.js';
import { quoted } from './visible.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const DISRUPTIONS: readonly Disruption[] = ['when-idle', 'immediate', 'ask'];
export const IDLE_AFTER = { min: 0, max: DAY };

/** `defaults`, each of them filled in. */
export interface Defaults {
  readonly workingDirectory: string;
  readonly launcher: readonly string[];
  readonly disruption: Disruption;
  readonly idleAfterMs: number;
  readonly stopGraceMs: number;
  readonly startSpacingMs: number;
  readonly maxDisruption: MaxDisruption;
  readonly backoff: Backoff;
}

/** `tmux`: where the fleet's own server is. */
export const readTmux = (
  fields: Fields,
): { readonly socketName: string; readonly holderSession: string } => ({
  socketName: readSocketName(fields) ?? 'mosaic-factory',
  holderSession: readHolderSession(fields) ?? '_holder',
});

const readSocketName = (fields: Fields): string | null => {
  const name = fields.raw('socket_name');
  if (typeof name !== 'string') return null;
  const fault =
    name === 'default'
      ? 'must not be "default": that is the user’s own tmux server, which fleet never touches'
      : nameFault(name);
  if (fault === null) return name;
  fields.findings.value('InvalidValue', fields.at('socket_name'), `socket_name ${fault}`);
  return null;
};

const readHolderSession = (fields: Fields): string | null => {
  const name = fields.raw('holder_session');
  if (typeof name !== 'string') return null;
  const fault = name.includes('.')
    ? 'must not contain ".": tmux cannot hold dots in a session’s name'
    : nameFault(name);
  if (fault === null) return name;
  fields.findings.value('InvalidValue', fields.at('holder_session'), `holder_session ${fault}`);
  return null;
};

/** `defaults`. `home` brings the working directory into canonical form. */
export const readDefaults = (fields: Fields, home: string): Defaults => ({
  workingDirectory: readDirectory(fields, home) ?? '~/src',
  launcher: readWords(fields.raw('launcher'), fields.at('launcher'), 'plain', fields.findings) ?? [
    'mosaic',
    'yolo',
  ],
  disruption: fields.choice('disruption', DISRUPTIONS) ?? 'when-idle',
  idleAfterMs: fields.duration('idle_after', IDLE_AFTER) ?? 30 * SECOND,
  stopGraceMs: fields.duration('stop_grace', { min: 0, max: 5 * MINUTE }) ?? 10 * SECOND,
  startSpacingMs: fields.duration('start_spacing', { min: 0, max: HOUR }) ?? 0,
  maxDisruption: readMaxDisruption(fields) ?? { kind: 'percent', value: 50 },
  backoff: readBackoff(fields.below('backoff')),
});

/** `working_directory` of the defaults or of an agent, in canonical form. */
export const readDirectory = (fields: Fields, home: string): string | null => {
  const text = fields.text('working_directory');
  if (text === null) return null;
  const canonical = canonicalDirectory(text, home);
  if (canonical.ok) return canonical.value;
  const message = `working_directory ${quoted(text)} ${canonical.failure}`;
  fields.findings.value('InvalidValue', fields.at('working_directory'), message);
  return null;
};

const readMaxDisruption = (fields: Fields): MaxDisruption | null => {
  const value = fields.raw('max_disruption');
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return { kind: 'count', value };
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const percent = typeof value === 'string' ? /^(\d{1,3})%$/.exec(value) : null;
  if (percent !== null && Number(percent[1]) <= 100) return { kind: 'percent', value: Number(percent[1]) };
  const message = `max_disruption must be a percentage from 0% to 100%, or a whole number, not ${quoted(value)}`;
  fields.findings.value('InvalidValue', fields.at('max_disruption'), message);
  return null;
};

const readBackoff = (fields: Fields): Backoff => {
  // Below a tenth of a second an agent that fails would be started in a loop, and each start costs money.
  const base = fields.duration('base', { min: 100, max: DAY });
  const max = fields.duration('max', { min: 100, max: DAY });
  const resetAfter = fields.duration('reset_after', { min: 100, max: 7 * DAY });
  const backoff = {
    baseMs: base ?? 10 * SECOND,
    maxMs: max ?? 10 * MINUTE,
    resetAfterMs: resetAfter ?? Math.max(10 * MINUTE, base ?? 0),
    stallAfter: readStallAfter(fields) ?? 5,
  };
  const isReadable = (key: string, value: number | null): boolean => value !== null || !fields.has(key);
  if (backoff.maxMs < backoff.baseMs && isReadable('base', base) && isReadable('max', max)) {
    const [shown, least] = [formatDuration(backoff.maxMs), formatDuration(backoff.baseMs)];
    const message = `backoff.max (${shown}) must not be below backoff.base (${least})`;
    fields.findings.value('InvalidValue', fields.at(fields.has('max') ? 'max' : 'base'), message);
  }
  // An agent that lives just so long is restarted at once each time: then at least not more often than every `base`.
  if (resetAfter !== null && resetAfter < backoff.baseMs && isReadable('base', base)) {
    const [shown, least] = [formatDuration(resetAfter), formatDuration(backoff.baseMs)];
    const message = `backoff.reset_after (${shown}) must not be below backoff.base (${least}): an agent that keeps ending after ${shown} would be started without any delay`;
    fields.findings.value('InvalidValue', fields.at('reset_after'), message);
  }
  return backoff;
};

const readStallAfter = (fields: Fields): number | null => {
  const value = fields.raw('stall_after');
  if (typeof value !== 'number') return null;
  if (Number.isInteger(value) && value >= 1 && value <= 1000) return value;
  fields.findings.value(
    'InvalidValue',
    fields.at('stall_after'),
    `stall_after must be 1 to 1000, not ${value}`,
  );
  return null;
};
