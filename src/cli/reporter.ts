import type { Plan, PlannedAction } from '../controller/action.js';
import type { ActionResult, ApplyEvent } from '../controller/apply.js';
import { packageVersion } from '../host/assets.js';
import type { Context } from './context.js';
import { actionJson, formatVersion, planJson } from './render/plan-json.js';
import { planText } from './render/plan-text.js';
import { holderFailure, holderResult } from './render/holder-text.js';
import { costJson, howText } from './render/reason-text.js';
import { resultLines, resultSummary, settledText } from './render/result-text.js';
import { visible } from '../roster/visible.js';
import type { NotUp } from './wait-until-up.js';
import { jsonText } from './render/json-text.js';
import { fleetWord } from './typed.js';

/** Tells the operator, or their program, what a command that acts is doing. */
export interface Reporter {
  planned(plan: Plan, rosterPath: string): void;
  event(event: ApplyEvent): void;
  diagnostic(message: string): void;
  /** Whom `--wait` has not seen staying up. */
  notUp(problem: NotUp): void;
  /** The last word. @param notUp how many of those that were started did not stay up, as far as that was asked for */
  summary(results: readonly ActionResult[], plan: Plan, notUp?: number): void;
}

/** Plan and results on stdout, progress on stderr. */
export function textReporter(context: Context): Reporter {
  const { print, say, progress, style } = context;
  return {
    planned: (plan, rosterPath) => {
      for (const line of planText(plan, rosterPath, style, fleetWord(context))) print(line);
    },
    event: (event) => {
      switch (event.type) {
        case 'start':
          progress(style.dim(`  ${event.action.agent}: ${event.action.action} …`));
          return;
        case 'result':
          for (const line of resultLines(event.result, style)) print(line);
          return;
        case 'holder':
          print(holderResult(event.failure, style));
      }
    },
    diagnostic: (message) => say(message),
    notUp: ({ message, lines }) => {
      say(message);
      for (const line of lines) say(`      | ${visible(line)}`);
    },
    summary: (results, _, notUp = 0) => {
      const line = resultSummary(results, notUp);
      if (line !== null) print(line);
    },
  };
}

/** One JSON object per line on stdout. */
export function jsonReporter({ print }: Pick<Context, 'print'>): Reporter {
  const line = (object: object): void => print(jsonText({ formatVersion, ...object }));
  line({ type: 'version', version: packageVersion() });
  return {
    planned: (plan, rosterPath) => line({ ...planJson(plan, rosterPath), type: 'planned' }),
    event: (event) => {
      switch (event.type) {
        case 'start':
          line({ type: 'action_start', ...whatOf(event.action) });
          return;
        case 'result':
          line(resultJson(event.result));
          return;
        case 'holder':
          line(
            event.failure === null
              ? { type: 'holder_replaced' }
              : { type: 'diagnostic', message: holderFailure(event.failure) },
          );
      }
    },
    diagnostic: (message) => line({ type: 'diagnostic', message }),
    notUp: ({ agents, message, lines }) => line({ type: 'diagnostic', message, agents, lastLines: lines }),
    summary: (results, plan, notUp = 0) => {
      const of = (kind: ActionResult['kind']): number =>
        results.filter((result) => result.kind === kind).length;
      const { unchanged, unknown } = plan.summary;
      line({
        type: 'summary',
        done: of('done'),
        failed: of('failed'),
        gated: of('gated'),
        interrupted: of('interrupted'),
        notUp,
        unchanged: unchanged + of('settled'),
        unknown: unknown + of('unknown'),
      });
    },
  };
}

const whatOf = ({ agent, action, cost }: PlannedAction): object => ({ agent, action, ...costJson(cost) });

function resultJson(result: ActionResult): object {
  const what = whatOf(result.action);
  switch (result.kind) {
    case 'done':
      return {
        ...{ type: 'action_complete', ...what },
        ...(result.how === undefined ? {} : { message: howText(result.how) }),
      };
    case 'gated':
      return { ...actionJson(result.action), type: 'deferred' };
    case 'settled': {
      const { agent, action } = result.action;
      return { type: 'action_complete', agent, action, cost: 'none', message: settledText, unchanged: true };
    }
    case 'unknown':
      return {
        ...{ type: 'action_failed', ...what, unknown: true },
        ...{ message: `cannot tell how it is by now: ${result.message}`, lastLines: [] },
      };
    case 'interrupted':
      return {
        type: 'action_failed',
        ...what,
        message: 'interrupted before it was begun',
        lastLines: [],
      };
    case 'failed':
      return { type: 'action_failed', ...what, message: result.message, lastLines: result.lastWords };
  }
}
