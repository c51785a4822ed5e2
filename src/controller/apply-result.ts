import type { PlannedAction } from './action.js';
import type { ApplyPort } from './apply.js';
import { assess } from './assess.js';
import type { Actuators, Outcome } from './port.js';
import type { Situation } from './situation.js';
import type { Withdrawal } from './still-due.js';
import { verdictOf } from './verdict.js';

/** How a live agent got its fresh conversation. */
export type ResetManner =
  | { readonly in: 'runtime' }
  /** Its process was ended, for this reason. */
  | { readonly in: 'process'; readonly because: string };

/** What became of one planned action. */
export type ActionResult =
  | { readonly kind: 'done'; readonly action: PlannedAction; readonly how?: ResetManner }
  /** `late`: it was ready when it was planned, and not any more when its turn came. */
  | { readonly kind: 'gated'; readonly action: PlannedAction; readonly late?: true }
  /** Ready when it was planned; when its turn came nothing was left to be done for it, and nothing was. */
  | { readonly kind: 'settled'; readonly action: PlannedAction }
  /** The same, but nothing could be told of it any more. */
  | { readonly kind: 'unknown'; readonly action: PlannedAction; readonly message: string }
  /** Not begun, since the operator asked to stop. */
  | { readonly kind: 'interrupted'; readonly action: PlannedAction }
  | {
      readonly kind: 'failed';
      readonly action: PlannedAction;
      readonly message: string;
      /** The last lines the agent printed, sanitized; empty where none are known. */
      readonly lastWords: readonly string[];
    };

/** A unit that is just ending shows for some milliseconds as neither this nor that. */
const settleMs = 100;
const settleTries = 30;

/** What has become of the agents acted upon, once none of them is on its way from one state to another. */
export async function readBack(
  begun: ReadonlySet<string>,
  port: Pick<ApplyPort, 'observe' | 'pause'>,
): Promise<ReadonlyMap<string, Situation>> {
  for (let tries = 1; ; tries += 1) {
    const { agents, unknownSources } = assess(await port.observe());
    const moving = agents.some(({ agent, situation }) => begun.has(agent) && isTransient(situation));
    if (!moving || unknownSources.length > 0 || tries >= settleTries) {
      return new Map(agents.map(({ agent, situation }) => [agent, situation]));
    }
    await port.pause(settleMs);
  }
}

function isTransient(situation: Situation): boolean {
  switch (situation.kind) {
    case 'starting':
    case 'stopping':
    case 'exited':
    case 'hollow':
    case 'unknown':
      return true;
    case 'live':
    case 'stopped':
    case 'foreign':
    case 'unmarked':
      return false;
  }
}

/** An agent that neither roster, systemd nor tmux knows any more. */
export const gone: Situation = { kind: 'stopped', failed: false };

/** What became of one that was not begun when its turn came. */
export function withdrawnResult(action: PlannedAction, withdrawal: Withdrawal): ActionResult {
  switch (withdrawal.kind) {
    case 'gated':
      return { kind: 'gated', action: withdrawal.action, late: true };
    case 'settled':
      return { kind: 'settled', action };
    case 'unknown':
      return { kind: 'unknown', action, message: withdrawal.message };
  }
}

/** @param situation as found afterwards; null where the action was not begun */
export function resultOf(
  action: PlannedAction,
  situation: Situation | null,
  failure: Outcome,
  how: ResetManner | undefined,
  { actuators, startedAt }: { readonly actuators: Actuators; readonly startedAt: number },
): ActionResult {
  if (action.gate.kind !== 'ready') return { kind: 'gated', action };
  if (situation === null) {
    return failure === null
      ? { kind: 'interrupted', action }
      : { kind: 'failed', action, message: `not attempted: ${failure}`, lastWords: [] };
  }
  const verdict = verdictOf(action, situation, how?.in === 'runtime');
  if (verdict === null) return { kind: 'done', action, ...(how === undefined ? {} : { how }) };
  return {
    kind: 'failed',
    action,
    message: failure === null ? verdict : `${verdict}: ${failure}`,
    lastWords: action.action === 'stop' ? [] : actuators.lastWords(action.agent, startedAt),
  };
}
