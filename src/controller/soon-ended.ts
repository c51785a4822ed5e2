import type { Conversation } from './conversation.js';
import type { LastEnd } from './observed.js';

/** An end so soon after the start is the start's own failure, milliseconds. */
const soonMs = 10_000;

export const endedSoon = ({ id }: Conversation, end: LastEnd | null): boolean =>
  end?.conversation?.id === id && end.ranMs !== null && end.ranMs < soonMs;

/** Whether a start was to resume a conversation, and the runtime itself ended soon, with a failure. */
export const endedOnResume = ({ conversation, reason, status, ranMs }: LastEnd): boolean =>
  conversation?.how === 'resume' && reason === 'exited' && status !== 0 && ranMs !== null && ranMs < soonMs;
