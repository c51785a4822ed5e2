import type { ApplyEvent } from '../controller/apply.js';
import type { Context } from './context.js';
import { formatVersion } from './render/plan-json.js';
import { costText, reasonText } from './render/reason-text.js';

/** What is written down of an action's outcome, whoever asked for it; null: nothing. */
export function eventRecord({ now }: Context, event: ApplyEvent): object | null {
  if (event.type !== 'result') return null;
  const { action, kind } = event.result;
  if (kind === 'gated' || kind === 'interrupted') return null;
  return {
    formatVersion,
    time: new Date(now()).toISOString(),
    type: kind === 'done' ? 'action_complete' : 'action_failed',
    ...{ agent: action.agent, action: action.action, reasons: action.reasons.map(reasonText) },
    ...{ cost: costText(action.cost), message: kind === 'failed' ? event.result.message : undefined },
  };
}
