import type { ActionKind } from '../../controller/action.js';
import type { ActionResult } from '../../controller/apply.js';
import { visible } from '../../roster/visible.js';
import { gateText, howText } from './reason-text.js';
import type { Style } from './style.js';

const pastTense: Readonly<Record<ActionKind, string>> = {
  start: 'started',
  stop: 'stopped',
  restart: 'restarted',
  reset: 'reset',
  update: 'updated',
  adopt: 'adopted',
};

/** Of one for which nothing was left to be done when its turn came. */
export const settledText = 'unchanged: nothing is left to be done for it by now';

/** @param done what was to be done, in the past tense */
export const unknownText = (message: string, done: string): string =>
  `not ${done}: cannot tell how it is by now: ${message}`;

/** What became of one action. A gated one was already shown with the plan, except for what was seen only now. */
export function resultLines(result: ActionResult, style: Style): readonly string[] {
  const { agent, action } = result.action;
  switch (result.kind) {
    case 'gated':
      return result.late === true
        ? [
            `  ${style.warn('-')} ${agent} ${gateText(result.action.gate) ?? 'it is not as it was planned any more'}`,
          ]
        : [];
    case 'done': {
      const how = result.how === undefined ? '' : ` ${visible(howText(result.how))}`;
      return [`  ${style.good('✓')} ${agent} ${pastTense[action]}${how}`];
    }
    case 'settled':
      return [`  ${style.good('✓')} ${agent} ${settledText}`];
    case 'unknown':
      return [`  ${style.warn('?')} ${agent} ${visible(unknownText(result.message, pastTense[action]))}`];
    case 'interrupted':
      return [`  ${style.warn('-')} ${agent} not ${pastTense[action]}: interrupted`];
    case 'failed':
      return [
        `  ${style.bad('✗')} ${agent} ${visible(result.message)}`,
        ...result.lastWords.map((line) => style.dim(`      | ${line}`)),
      ];
  }
}

/** `Applied: 2 started, 1 restarted; 1 failed, 2 gated.` or null where there was nothing to do. */
export function resultSummary(results: readonly ActionResult[], notUp = 0): string | null {
  if (results.length === 0) return null;
  const done = new Map<ActionKind, number>();
  for (const { kind, action } of results) {
    if (kind === 'done') done.set(action.action, (done.get(action.action) ?? 0) + 1);
  }
  const verbs = [...done].map(([action, count]) => `${count} ${pastTense[action]}`);
  const others = {
    failed: 'failed',
    unknown: 'unknown',
    interrupted: 'interrupted',
    gated: 'gated',
    settled: 'unchanged',
  };
  const rest = Object.entries(others).flatMap(([kind, word]): string[] => {
    const count = results.filter((result) => result.kind === kind).length;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  if (notUp > 0) rest.push(`${notUp} not up`);
  return `Applied: ${verbs.length > 0 ? verbs.join(', ') : 'nothing'}${rest.length > 0 ? `; ${rest.join(', ')}` : ''}.`;
}
