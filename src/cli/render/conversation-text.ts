import type { ConversationStatus } from '../../controller/conversation-status.js';
import type { EndedBy } from '../../controller/conversation.js';
import { visible } from '../../roster/visible.js';
import { ago } from './reason-text.js';

/** `ID, begun 3h ago, 12 kB, written 5m ago; continued 1h ago (restart: it was changed)` */
export function conversationText(conversation: ConversationStatus, now: number): string {
  if (conversation.kind === 'unknown') return `not known: ${visible(conversation.message)}`;
  const { id, createdAt, resumed, bytes, changedAt, holds } = conversation;
  const parts = [
    visible(id),
    ...(createdAt === null ? [] : [`begun ${ago(now - createdAt)} ago`]),
    ...(holds ? [] : ['nothing said yet']),
    ...(bytes === null ? [] : [sizeText(bytes)]),
    ...(changedAt === null ? [] : [`written ${ago(now - changedAt)} ago`]),
  ];
  const continued =
    resumed === null
      ? 'never continued'
      : `continued ${ago(now - resumed.at)} ago (${continuedText(resumed.how)})`;
  return `${parts.join(', ')}; ${continued}`;
}

/** As it is on record, `action: code of the first reason`, in an operator's words. Another version may have written others. */
export function continuedText(how: string): string {
  const [action = '', code = ''] = how.split(': ');
  const because = WORDS.get(code) ?? code;
  return visible(because === '' ? action : `${action}: ${because}`);
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['NotRunning', 'not running'],
  ['Failed', 'it had ended'],
  ['ProcessExited', 'its process had ended'],
  ['HolderReplaced', 'the holder was replaced'],
  ['OperatorWord', "the operator's word"],
  ['SpecChanged', 'it was changed'],
  ['MarkChanged', 'it was changed'],
]);

export const sizeText = (bytes: number): string =>
  bytes < 1000
    ? `${bytes} bytes`
    : bytes < 1e6
      ? `${(bytes / 1e3).toFixed(0)} kB`
      : `${(bytes / 1e6).toFixed(1)} MB`;

/** Why it is not the current one any more, in an operator's words. */
export function endedText(ended: EndedBy): string {
  switch (ended) {
    case 'fresh':
      return "ended by the operator's word";
    case 'reset':
      return 'ended by a reset';
    case 'changed':
      return 'left when the agent was changed';
    case 'in-runtime':
      return 'left in the runtime (/new or /clear)';
    case 'resume-failed':
      return 'could not be resumed';
    case 'replaced':
      return 'replaced by another one';
  }
}
