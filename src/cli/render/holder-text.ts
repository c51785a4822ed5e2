import type { HolderReplacement } from '../../controller/holder.js';
import { visible } from '../../roster/visible.js';
import { costJson, costText } from './reason-text.js';
import type { Style } from './style.js';

const why = "started by the predecessor's unit: nothing restarts it, and what it holds is not contained";

/** Why the predecessor's holder is not replaced yet, or that it is about to be. */
export function holderGateText({ session, gate }: HolderReplacement): string {
  switch (gate.kind) {
    case 'ready':
      return 'approved: every agent is stopped, the holder replaced, and they are started again';
    case 'needs-approval':
      return `needs approval: it ends every session on the server (fleet approve ${session})`;
    case 'blocked':
      return `blocked: ${visible(gate.message)}`;
  }
}

/** The holder's own lines below a plan: it is in no roster, so it is no change. */
export function holderLines(holder: HolderReplacement, style: Style): readonly string[] {
  const head = `  ${style.warn('-/+')} ${holder.session}  ${style.warn('restart')}  `;
  const indent = ' '.repeat(2 + 3 + 1 + holder.session.length + 2 + 'restart'.length + 2);
  return [
    '',
    `${head}${why}`,
    `${indent}${holderGateText(holder)}`,
    ...holder.costs.map(
      ({ agent, cost }) =>
        `${indent}${agent}: ${costText(cost) ?? 'restarted, with no conversation to lose'}`,
    ),
  ];
}

export const holderJson = (holder: HolderReplacement): object => ({
  session: holder.session,
  action: 'restart',
  serverPid: holder.serverPid,
  gate: holder.gate.kind,
  ...(holder.gate.kind === 'ready' ? {} : { gateMessage: holderGateText(holder) }),
  reasons: [{ code: 'PredecessorHolder', message: why }],
  agents: holder.costs.map(({ agent, cost }) => ({ agent, ...costJson(cost) })),
});

export const holderFailure = (failure: string): string =>
  `the holder was not replaced: ${visible(failure)}; approve it again to try again`;

export const holderResult = (failure: string | null, style: Style): string =>
  failure === null
    ? `  ${style.good('✓')} the holder was replaced`
    : `  ${style.bad('✗')} ${holderFailure(failure)}`;
