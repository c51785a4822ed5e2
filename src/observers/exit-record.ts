import type { LastEnd } from '../controller/observed.js';
import { readText } from '../host/atomic-file.js';
import { exitFile, type Paths } from '../host/paths.js';

/** How an agent's process ended last, as `agent-run.sh` wrote it down. */
export interface ExitRecord extends LastEnd {
  /** The last lines on its screen, raw: sanitize before printing. */
  readonly lines: readonly string[];
}

export function readExitRecord(paths: Paths, agent: string): ExitRecord | null {
  const file = readText(exitFile(paths, agent));
  if (file.state !== 'present') return null;
  const [head = '', ...lines] = file.text.split('\n');
  const fields = new Map(head.split(' ').map((field) => splitOnce(field)));
  const at = wholeNumber(fields.get('at'));
  const signal = fields.get('signal');
  const ran = wholeNumber(fields.get('ran'));
  const id = textOf(fields.get('conversation'));
  if (!head.startsWith('v1 ') || at === null) return null;
  return {
    reason: fields.get('reason') ?? 'unknown',
    status: wholeNumber(fields.get('status')),
    signal: signal === undefined || signal === '-' ? null : signal,
    at,
    invocation: textOf(fields.get('invocation')),
    spec: textOf(fields.get('spec')),
    ranMs: ran === null ? null : ran * 1000,
    moment: { boot: fields.get('boot') ?? '', ms: Math.round(Number(fields.get('uptime') ?? 0) * 1000) },
    ...(id === null ? {} : { conversation: { id: decoded(id), how: howOf(fields.get('how')) } }),
    lines: lines.filter((line) => line.trim() !== ''),
  };
}

const howOf = (text: string | undefined): 'new' | 'resume' => (text === 'resume' ? 'resume' : 'new');

/** An id may be a path with blanks in it, which agent-run.sh writes as %20. */
const decoded = (text: string): string => text.replaceAll('%20', ' ').replaceAll('%25', '%');

function splitOnce(field: string): [string, string] {
  const at = field.indexOf('=');
  return at < 0 ? [field, ''] : [field.slice(0, at), field.slice(at + 1)];
}

const textOf = (text: string | undefined): string | null =>
  text === undefined || text === '' || text === '-' ? null : text;

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : null;
}
