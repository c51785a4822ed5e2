import { formatDuration, parseDuration } from './duration.js';
import type { Findings, Path } from './finding.js';
import { type PlainMap, isPlainMap, member } from './plain-map.js';
import { hasControlCharacter, quoted } from './visible.js';

/** Bounds of a duration in milliseconds. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/**
 * Reads the fields of one map. A value of the right type that is wrong all the same is reported; one of the wrong type
 * is passed over, since the schema reports it. What cannot be used reads as absent, so that reading goes on.
 */
export class Fields {
  private readonly map: PlainMap;

  constructor(
    value: unknown,
    readonly path: Path,
    readonly findings: Findings,
  ) {
    this.map = isPlainMap(value) ? value : {};
  }

  raw(key: string): unknown {
    return member(this.map, key);
  }

  at(key: string): Path {
    return [...this.path, key];
  }

  has(key: string): boolean {
    return this.raw(key) !== undefined;
  }

  entries(): [string, unknown][] {
    return Object.entries(this.map);
  }

  /** The fields of a member that is a map. */
  below(key: string): Fields {
    return new Fields(this.raw(key), this.at(key), this.findings);
  }

  /** One line of text. */
  text(key: string): string | null {
    const value = this.raw(key);
    if (typeof value !== 'string') return null;
    if (value.trim() === '') {
      this.findings.value('InvalidValue', this.at(key), `${key} must not be empty`);
    } else if (hasControlCharacter(value, 'none')) {
      const message = `${key} must be one line without control characters, not ${quoted(value)}`;
      this.findings.value('InvalidValue', this.at(key), message);
    } else return value;
    return null;
  }

  flag(key: string): boolean | null {
    const value = this.raw(key);
    return typeof value === 'boolean' ? value : null;
  }

  /** One of a few words; the schema reports any other. */
  choice<Word extends string>(key: string, words: readonly Word[]): Word | null {
    const value = this.raw(key);
    return words.find((word) => word === value) ?? null;
  }

  /** A duration in milliseconds. */
  duration(key: string, bounds: Bounds): number | null {
    const value = this.raw(key);
    if (typeof value !== 'string') return null;
    const ms = parseDuration(value);
    if (ms === null) {
      const hint = /^\d+$/.test(value) ? `; write ${value}s` : '';
      const message = `${key} must be a duration such as 30s, 2m or 1h30m, not ${quoted(value)}${hint}`;
      this.findings.value('InvalidValue', this.at(key), message);
      return null;
    }
    if (ms >= bounds.min && ms <= bounds.max) return ms;
    const range = `${formatDuration(bounds.min)} to ${formatDuration(bounds.max)}`;
    this.findings.value('InvalidValue', this.at(key), `${key} must be ${range}, not ${value}`);
    return null;
  }
}
