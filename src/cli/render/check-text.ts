import { visible } from '../../roster/visible.js';
import type { Style } from './style.js';

/** One line of `verify` or `doctor`. */
export interface Check {
  readonly result: 'ok' | 'warning' | 'failed';
  readonly subject: string;
  readonly message: string;
  /** What to do, where there is something. */
  readonly hint?: string;
}

export function checkLines(checks: readonly Check[], style: Style): readonly string[] {
  const width = Math.max(0, ...checks.map(({ subject }) => subject.length));
  const lines = checks.flatMap(({ result, subject, message, hint }) => [
    `  ${markOf(result, style)} ${visible(subject).padEnd(width)}  ${visible(message)}`,
    ...(hint === undefined ? [] : [`    ${' '.repeat(width)}  → ${visible(hint)}`]),
  ]);
  const count = (result: Check['result']): number => checks.filter((check) => check.result === result).length;
  const warnings = count('warning');
  return [
    ...lines,
    '',
    `${count('ok')} ok, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}, ${count('failed')} failed`,
  ];
}

/** The last line of a refusal is what to do about it. */
export function messageAndHint(problem: string): Pick<Check, 'message' | 'hint'> {
  const lines = problem.split('\n').map((line) => line.trim());
  const hint = lines.pop();
  return hint === undefined || lines.length === 0
    ? { message: problem }
    : { message: lines.join(' '), hint: hint.replace(/^[^:]*: /, '') };
}

function markOf(result: Check['result'], { good, warn, bad }: Style): string {
  switch (result) {
    case 'ok':
      return good('✓');
    case 'warning':
      return warn('!');
    case 'failed':
      return bad('✗');
  }
}
