import type { Plan } from '../../controller/action.js';
import { holderGateText } from '../render/holder-text.js';
import { costJson, gateText, reasonText } from '../render/reason-text.js';

/** journald's priorities: 3 error, 4 warning, 5 notice, 6 information. */
export type Priority = 3 | 4 | 5 | 6;

export interface Line {
  readonly priority: Priority;
  readonly type: string;
  readonly details: object;
}

/** Something that is so for a while: told when it begins, and when it is over. */
export interface StandingFact {
  readonly begins: Line;
  readonly over: Line;
  /** The agent it is about; null: the fleet. */
  readonly agent: string | null;
  /** It comes and goes while an agent ends, and is told only once it has lasted. */
  readonly passing?: true;
}

/**
 * What stands after a look, by what makes it the same at the next.
 *
 * @param working agents that are being acted upon: that they are neither this nor that for a moment is no news
 */
export function standingFacts(
  plan: Plan,
  refusal: string | null,
  working: ReadonlySet<string>,
): ReadonlyMap<string, StandingFact> {
  const facts = new Map<string, StandingFact>();
  if (refusal !== null) {
    facts.set(`refusal ${refusal}`, {
      agent: null,
      begins: { priority: 3, type: 'refused', details: { message: refusal } },
      over: {
        priority: 5,
        type: 'accepted',
        details: { message: 'the installation is as it should be again' },
      },
    });
  }
  for (const { source, message } of plan.unknownSources) {
    facts.set(`source ${source} ${message}`, {
      agent: null,
      begins: { priority: 4, type: 'unknown', details: { source, message } },
      over: { priority: 5, type: 'known', details: { source, message: `${source} answers again` } },
    });
  }
  // With a source unknown every agent is, for that one reason.
  for (const { agent, message } of plan.unknownSources.length > 0 ? [] : plan.unknownAgents) {
    if (working.has(agent)) continue;
    facts.set(`agent ${agent} ${message}`, {
      agent,
      passing: true,
      begins: { priority: 4, type: 'unknown', details: { agent, message } },
      over: { priority: 5, type: 'known', details: { agent, message: 'can be told again' } },
    });
  }
  for (const { agent, action, gate, reasons, cost, desired } of plan.actions) {
    if (gate.kind === 'ready') continue;
    const details = { agent, action, gate: gate.kind };
    // Seconds in a text would make every look a new fact; another edit is one.
    facts.set(`gate ${agent} ${action} ${gate.kind} ${desired}`, {
      agent,
      begins: {
        priority: 5,
        type: 'deferred',
        details: {
          ...{ ...details, message: gateText(gate) },
          ...{ reasons: reasons.map(reasonText), ...costJson(cost) },
        },
      },
      over: { priority: 6, type: 'cleared', details },
    });
  }
  const { holder } = plan;
  if (holder !== undefined) {
    facts.set(`holder ${holder.serverPid} ${holder.gate.kind}`, {
      begins: {
        priority: 5,
        type: 'holder',
        details: { gate: holder.gate.kind, message: holderGateText(holder) },
      },
      over: { priority: 6, type: 'cleared', details: { holder: holder.session, gate: holder.gate.kind } },
      agent: null,
    });
  }
  return facts;
}
