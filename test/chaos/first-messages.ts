import type { FaultedFleet } from './faulted-fleet.js';
import { isKickedOff, kickstart, members, type Member } from './members.js';

/** What is wrong with an agent's first message, where it runs: it is the first of its conversation, and said once. */
export function firstMessage(fleet: FaultedFleet, member: Member): readonly string[] {
  if (!isKickedOff(member)) return [];
  const wanted = kickstart(member.name).trim();
  const said = fleet.said(member.name).map((text) => text.trim());
  const times = said.filter((text) => text === wanted).length;
  return times === 1 && said[0] === wanted
    ? []
    : [`was told its first message ${times} times in ${JSON.stringify(said)}`];
}

/** No conversation, not even one that a fault has cut short, hears a first message twice, or after something else. */
export function repeatedFirstMessages(fleet: FaultedFleet): readonly string[] {
  const all = new Set(members.filter(isKickedOff).map(({ name }) => kickstart(name).trim()));
  return fleet.everSaid().flatMap((said) => {
    const at = said.flatMap((text, index) => (all.has(text.trim()) ? [index] : []));
    return at.some((index) => index > 0) ? [`a conversation heard ${JSON.stringify(said)}`] : [];
  });
}

/** What is wrong with the conversation of an opencode that runs: it is in the one on record, which was made for it once. */
export function preparedConversation(fleet: FaultedFleet, { name, runtime }: Member): readonly string[] {
  if (runtime !== 'opencode') return [];
  const id = fleet.conversation(name);
  const times = fleet.imported().filter((one) => one === id).length;
  return [
    ...(times === 1 ? [] : [`its conversation ${id} was made ${times} times`]),
    ...(fleet.session(name) === id ? [] : [`is in ${fleet.session(name)}, on record is ${id}`]),
  ];
}
