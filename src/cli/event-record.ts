import { appendEvent } from '../actuators/event-log.js';
import type { ApplyEvent } from '../controller/apply.js';
import type { Context } from './context.js';
import { formatVersion } from './render/plan-json.js';
import { costText, reasonText } from './render/reason-text.js';

/** Writes down what came of an action, whoever asked for it. */
export function recordEvent({ paths, now }: Context, event: ApplyEvent): void {
  if (event.type !== 'result') return;
  const { action, kind } = event.result;
  if (kind === 'gated' || kind === 'interrupted') return;
  appendEvent(paths.state, {
    formatVersion,
    time: new Date(now()).toISOString(),
    type: kind === 'done' ? 'action_complete' : 'action_failed',
    ...{ agent: action.agent, action: action.action, reasons: action.reasons.map(reasonText) },
    ...{ cost: costText(action.cost), message: kind === 'failed' ? event.result.message : undefined },
  });
}
