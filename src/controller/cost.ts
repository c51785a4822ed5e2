import { isDisruptive, type ActionKind, type Cost, type Live } from './action.js';
import { isAtStake, type BarredCode, type ConversationOutlook } from './continuation.js';

/** What an action costs the conversation of an agent. */
export function costOf(
  action: ActionKind,
  live: Live | null,
  { now, next }: ConversationOutlook,
  { disposable, inRoster }: { readonly disposable: boolean; readonly inRoster: boolean },
): Cost {
  if (!isDisruptive(action) || live === null || now.kind === 'none') return { kind: 'none' };
  // What is known and holds nothing has nothing to lose.
  const empty = now.kind === 'known' && !now.holds;
  const kept: Cost =
    live.busy && !empty ? { kind: 'loses-turn' } : { kind: empty ? 'none' : 'keeps-conversation' };
  // Out of the roster it stays on record, and the same agent put back continues it.
  if (!inRoster && now.kind === 'known') return kept;
  switch (next.kind) {
    case 'same':
      // Into another one, out of one that nobody could come back to.
      if (now.kind === 'known') return kept;
      return isAtStake(now) ? { kind: 'loses-conversation', because: 'its id is unknown' } : { kind: 'none' };
    case 'plain':
    case 'fresh': {
      if (empty) return { kind: 'none' };
      if (disposable) return { kind: 'loses-conversation', because: 'disposable slot' };
      const unknown = now.kind === 'unreadable' ? 'its record cannot be read' : 'its id is unknown';
      const because = next.because ?? (now.kind === 'known' ? 'it begins anew' : unknown);
      return { kind: 'loses-conversation', because };
    }
    case 'barred':
      return { kind: 'loses-conversation', because: barredBecause[next.code] };
  }
}

const barredBecause: Readonly<Record<BarredCode, string>> = {
  unreadable: 'its record cannot be read',
  gone: 'its file is gone',
  'in-use': 'another agent has it',
};
