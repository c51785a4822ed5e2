import type { Gate, Plan, PlannedAction, Reason } from '../../controller/action.js';
import { holderJson } from './holder-text.js';
import { costJson, gateText, outlookText, reasonText } from './reason-text.js';

export const formatVersion = '1.0';

/** The document that `plan --json` prints and `plan --out` saves. */
export function planJson(plan: Plan, rosterPath: string): object {
  return {
    formatVersion,
    roster: { path: rosterPath, revision: plan.rosterRevision },
    observed: { revision: plan.observedRevision, unknown: plan.unknownSources },
    actions: plan.actions.map(actionJson),
    unknown: plan.unknownAgents,
    notes: plan.notes,
    summary: plan.summary,
    ...(plan.holder === undefined ? {} : { holder: holderJson(plan.holder) }),
  };
}

export function actionJson(planned: PlannedAction): object {
  const { agent, action, gate, reasons, cost, live, applied, desired } = planned;
  return {
    agent,
    action,
    gate: gate.kind,
    ...gateDetail(gate),
    reasons: reasons.map(reasonJson),
    ...costJson(cost, outlookText(planned)),
    ...(live === null ? {} : { live }),
    hashes: { applied, desired },
  };
}

function gateDetail(gate: Gate): object {
  const message = gateText(gate);
  return message === null
    ? {}
    : { gateMessage: message, ...(gate.kind === 'blocked' ? { gateReason: gate.code } : {}) };
}

function reasonJson(reason: Reason): object {
  return { code: reason.code, message: reasonText(reason), ...('field' in reason ? fieldJson(reason) : {}) };
}

/** `from` and `to` are left out where values are never shown. */
function fieldJson({ field, from, to, policy }: Extract<Reason, { field: string }>): object {
  return from === null && to === null ? { field, policy } : { field, from, to, policy };
}
