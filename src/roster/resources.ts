import type { Fields } from './fields.js';
import type { Resources } from './types.js';
import { quoted } from './visible.js';

const UNITS = ['', 'K', 'M', 'G', 'T'];
const SMALLEST_MEMORY = 1024 * 1024;

/** An agent's limits in canonical notation: what equals `4G` is `4G`. These end up in a systemd drop-in. */
export const readResources = (fields: Fields): Resources => ({
  memoryMax: checked(fields, 'memory_max', memory, 'at least 1M, such as 4G, 512M or a number of bytes'),
  cpuQuota: checked(fields, 'cpu_quota', quota, 'a percentage of one CPU above zero, such as 200%'),
  tasksMax: checked(fields, 'tasks_max', tasks, 'a whole number of at least 1, such as 512'),
});

const checked = (
  fields: Fields,
  key: string,
  canonical: (text: string) => string | null,
  expected: string,
): string | null => {
  const value = fields.raw(key);
  if (typeof value !== 'string') return null;
  const text = canonical(value);
  if (text === null) {
    fields.findings.value('InvalidValue', fields.at(key), `${key} must be ${expected}, not ${quoted(value)}`);
  }
  return text;
};

const memory = (text: string): string | null => {
  const match = /^([1-9]\d{0,15})([KMGT]?)$/.exec(text);
  if (match === null) return null;
  let amount = Number(match[1]);
  let unit = UNITS.indexOf(match[2] ?? '');
  const bytes = amount * 1024 ** unit;
  if (bytes < SMALLEST_MEMORY || bytes > Number.MAX_SAFE_INTEGER) return null;
  while (amount % 1024 === 0 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${amount}${UNITS[unit] ?? ''}`;
};

const quota = (text: string): string | null => {
  const match = /^(\d{1,7}(?:\.\d{1,2})?)%$/.exec(text);
  return match === null || Number(match[1]) === 0 ? null : `${Number(match[1])}%`;
};

const tasks = (text: string): string | null => (/^[1-9]\d{0,9}$/.test(text) ? text : null);
