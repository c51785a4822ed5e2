import { readText } from '../host/atomic-file.js';
import { exitFile, type Paths } from '../host/paths.js';

/** How an agent's process ended last, as `agent-run.sh` wrote it down. */
export interface ExitRecord {
  readonly reason: string;
  readonly status: number | null;
  readonly signal: string | null;
  /** Epoch seconds. */
  readonly at: number;
  /** The last lines on its screen, raw: sanitize before printing. */
  readonly lines: readonly string[];
}

export function readExitRecord(paths: Paths, agent: string): ExitRecord | null {
  const file = readText(exitFile(paths, agent));
  if (file.state !== 'present') return null;
  const [head = '', ...lines] = file.text.split('\n');
  const fields = new Map(head.split(' ').map((field) => splitOnce(field)));
  const at = Number(fields.get('at'));
  const status = fields.get('status');
  const signal = fields.get('signal');
  if (!head.startsWith('v1 ') || !Number.isFinite(at)) return null;
  return {
    reason: fields.get('reason') ?? 'unknown',
    status: status === undefined || status === '-' ? null : Number(status),
    signal: signal === undefined || signal === '-' ? null : signal,
    at,
    lines: lines.filter((line) => line.trim() !== ''),
  };
}

function splitOnce(field: string): [string, string] {
  const at = field.indexOf('=');
  return at < 0 ? [field, ''] : [field.slice(0, at), field.slice(at + 1)];
}
