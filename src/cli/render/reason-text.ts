import type { Cost, Gate, PlannedAction, Reason } from '../../controller/action.js';
import type { ResetManner } from '../../controller/apply-result.js';
import { isAtStake, type NextStart } from '../../controller/continuation.js';
import { formatDuration } from '../../roster/duration.js';
import { visible } from '../../roster/visible.js';
import { endText } from './end-text.js';

/** One reason in an operator's words. */
export function reasonText(reason: Reason): string {
  switch (reason.code) {
    case 'NotRunning':
      return 'not running';
    case 'Failed':
      return `not running: ${reason.how === null ? 'its unit failed' : endText(reason.how)}`;
    case 'ProcessExited':
      return 'its process has ended';
    case 'NotInRoster':
      return 'not in the roster';
    case 'Suspended':
      return 'suspended in the roster';
    case 'Unmarked':
      return "runs under its unit without fleet's marks";
    case 'HolderReplaced':
      return 'the holder is replaced';
    case 'OperatorWord':
      return `fleet ${reason.command}`;
    case 'SpecChanged':
    case 'ContextChanged':
    case 'SettingChanged':
      return reason.from === null && reason.to === null
        ? `${reason.field} changed`
        : `${reason.field}: ${changeText(reason.from, reason.to)}`;
    case 'MarkChanged':
      return reason.mark === 'spec'
        ? 'runs with another configuration; which field changed is not on record'
        : 'its context changed; which field is not on record';
  }
}

const SHOWN = 60;

/**
 * Two values from the roster on one line: no control characters, no endless commands. A long one is shown where it begins to
 * differ: of two commands that were both cut at their ends, nobody could tell what had changed.
 */
function changeText(from: string | null, to: string | null): string {
  const [before, after] = [Array.from(visible(from ?? '')), Array.from(visible(to ?? ''))];
  const differs = before.findIndex((character, at) => character !== after[at]);
  const start = Math.max(0, (differs === -1 ? before.length : differs) - SHOWN / 3);
  const shown = (value: string | null, characters: readonly string[]): string =>
    value === null ? '(none)' : cut(characters, start > SHOWN / 3 ? start : 0);
  return `${shown(from, before)} → ${shown(to, after)}`;
}

function cut(characters: readonly string[], start: number): string {
  if (characters.length <= SHOWN) return characters.join('');
  const head = start > 0 ? '…' : '';
  const room = SHOWN - head.length;
  const rest = characters.slice(start);
  return `${head}${rest.length > room ? `${rest.slice(0, room - 1).join('')}…` : rest.join('')}`;
}

/** Whose word a hold is, and until when. */
export function holdText({ hold, fleet }: Pick<Extract<Gate, { kind: 'held' }>, 'hold' | 'fleet'>): string {
  const by = hold.by === 'stop' ? 'stopped by the operator' : 'by the operator';
  const until = hold.until === null ? '' : ` until ${new Date(hold.until).toISOString()}`;
  const reason = hold.reason === null ? '' : ` (${visible(hold.reason)})`;
  return `${fleet ? 'fleet ' : ''}${by}${until}${reason}`;
}

/** Why an action waits, or null where it does not. */
export function gateText(gate: Gate): string | null {
  switch (gate.kind) {
    case 'ready':
      return null;
    case 'deferred':
      return `deferred: ${deferralText(gate)}`;
    case 'needs-approval':
      return approvalText(gate.why);
    case 'held':
      return `held: ${holdText(gate)}`;
    case 'backing-off':
      return `backing off: ${gate.tried === true ? 'tried' : 'ended'} ${gate.count} times in a row, next try in ${formatDuration(Math.ceil(gate.inMs / 1000) * 1000)}`;
    case 'stalled':
      if (gate.resume !== undefined)
        return `stalled: its conversation ${visible(gate.resume)} could not be resumed, ${gate.count} times in a row; nothing of it is lost`;
      return `stalled: ${gate.tried === true ? 'tried' : 'ended'} ${gate.count} times in a row; given up`;
    case 'braked':
      return `braked: ${gate.count} of ${gate.live} agents within a minute, limit ${gate.limit}`;
    case 'blocked':
      return `blocked: ${visible(gate.message)}`;
  }
}

function approvalText(why: Extract<Gate, { kind: 'needs-approval' }>['why']): string {
  switch (why) {
    case 'persistent-persona':
      return 'needs approval: persistent persona';
    case 'ask':
      return 'needs approval: disruption is ask';
    case 'loses-conversation':
      return 'needs approval: its conversation would end';
    case 'unsaid':
      return 'needs --fresh: its conversation would end';
  }
}

function deferralText(gate: Extract<Gate, { kind: 'deferred' }>): string {
  switch (gate.why) {
    case 'attached':
      return 'somebody is attached';
    case 'busy':
      return `busy, last output ${gate.idleSeconds}s ago`;
    case 'screen':
      return visible(gate.message);
  }
}

/** How a reset was done. */
export const howText = (how: ResetManner): string =>
  how.in === 'runtime' ? 'in its runtime' : `by ending its process and starting it afresh: ${how.because}`;

/** What an action costs, or null where it costs nothing worth a line. */
export function costText(cost: Cost): string | null {
  switch (cost.kind) {
    case 'none':
      return null;
    case 'keeps-conversation':
      return 'keeps the conversation';
    case 'loses-turn':
      return 'keeps the conversation, loses the turn in progress';
    case 'loses-conversation':
      return `LOSES the conversation (${visible(cost.because)})`;
  }
}

/** The same as members of an object: the kind, and the words where there are any. @param otherwise what to say where it costs nothing */
export function costJson(cost: Cost, otherwise: string | null = null): object {
  const costMessage = costText(cost) ?? otherwise;
  return { cost: cost.kind, ...(costMessage === null ? {} : { costMessage }) };
}

/** What a start makes of an agent's conversation where that costs nothing, or null where it is not worth a line. */
export function outlookText({ action, live, conversation: { now, next } }: PlannedAction): string | null {
  if (action !== 'start' && action !== 'restart' && action !== 'reset') return null;
  if (next.kind === 'same' && next.strange !== undefined)
    return `goes into a conversation ${next.strange === null ? 'that is on no record of it' : `of ${next.strange}’s`}`;
  if (live !== null) {
    const back = next.kind === 'same' && next.resumes && !isAtStake(now);
    return back ? 'goes back to its earlier conversation' : null;
  }
  if (now.kind !== 'known' || !now.holds) return next.kind === 'plain' ? wordlessText(next) : null;
  switch (next.kind) {
    case 'same':
      return 'continues its conversation';
    case 'fresh':
    case 'plain':
      return `begins a new conversation${next.because === null ? '' : ` (${visible(next.because)})`}; the earlier one is kept: fleet agent conversations`;
    case 'barred':
      return null;
  }
}

/** What an agent starts without, where nobody chose that. */
function wordlessText({ wordless }: Extract<NextStart, { kind: 'plain' }>): string | null {
  if (wordless === undefined) return null;
  switch (wordless) {
    case 'agent':
      return 'has no resumable conversation: put the word {conversation} into its command';
    case 'site':
      return 'has no resumable conversation: MOSAIC_AGENT_COMMAND in its env file cannot be given one';
  }
}

/** How to lift a gate, as a command. @param fleet how fleet is typed, e.g. with the options that led to this roster */
export function gateHint(gate: Gate, agent: string, fleet = 'fleet'): string | null {
  switch (gate.kind) {
    case 'ready':
      return null;
    case 'blocked':
      return gate.code === 'ForeignSession' && gate.message.endsWith('was not created by fleet')
        ? `end that session, or take it into the fleet: ${fleet} export --adopt ${agent}`
        : null;
    case 'stalled':
      return gate.resume === undefined
        ? `${fleet} start ${agent}`
        : `try again: ${fleet} release ${agent}; another conversation: ${fleet} agent resume ${agent} ID; a new one: ${fleet} restart ${agent} --fresh`;
    case 'backing-off':
      return `${fleet} start ${agent}`;
    case 'deferred':
      // An agent with a dialog or a draft on its screen is idle, and nobody need be attached.
      return gate.why === 'screen'
        ? `${fleet} apply once its screen shows that no more, or at once: ${fleet} apply --now`
        : `${fleet} apply once it is idle and nobody is attached, or at once: ${fleet} apply --now`;
    case 'needs-approval':
      return gate.why === 'unsaid' ? `${fleet} restart ${agent} --fresh` : `${fleet} approve ${agent}`;
    case 'held':
      return gate.hold.by === 'stop'
        ? `${fleet} start${gate.fleet ? '' : ` ${agent}`}`
        : `${fleet} release ${agent}`;
    case 'braked':
      return `${fleet} approve --all, or ${fleet} apply --confirm`;
  }
}

export const ago = (ms: number): string => formatDuration(Math.max(0, Math.floor(ms / 1000) * 1000));
