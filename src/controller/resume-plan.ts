import { isWholeId, resumabilityOf } from '../roster/conversation.js';
import { profileOf } from '../roster/profile.js';
import type { AgentSpec } from '../roster/types.js';
import type { Plan } from './action.js';
import type { World } from './assess.js';
import { findConversation, noConversations, type Conversation } from './conversation.js';
import { costOf } from './cost.js';
import { isInIt, othersIn } from './occupants.js';
import { operatorPlan } from './operator-plan.js';

/** The conversation that an operator means, or why there is none that this agent could continue. */
export type Chosen =
  | { readonly ok: true; readonly conversation: Conversation }
  | { readonly ok: false; readonly message: string };

/**
 * @param text an id, or the first characters of one on record
 * @param held whether the runtime's own files hold something by an id that is on no record: it was begun by a human
 */
export function chooseConversation(
  world: World,
  agent: string,
  text: string,
  held: (id: string) => boolean = () => false,
): Chosen {
  const refused = (message: string): Chosen => ({ ok: false, message });
  const desired = world.desired.get(agent);
  if (desired?.kind !== 'resolved') return refused(desired?.message ?? `${agent} is not in the roster`);
  const { spec, site } = desired;
  const can = resumabilityOf(spec, site);
  if (can.kind !== 'can')
    return refused(
      can.kind === 'none' ? `${spec.runtime} has no conversations that fleet knows of` : can.because,
    );
  const sight = world.observed.conversations.get(agent);
  if (sight?.record.known === false) return refused(sight.record.message);
  const record = sight?.record.value ?? noConversations;
  const all = [...(record.current === null ? [] : [record.current]), ...record.former];
  const near = all.filter(({ id }) => id.startsWith(text) || (id.split('/').at(-1) ?? '').startsWith(text));
  if (near.length > 1 && findConversation(record, text) === undefined)
    return refused(`${near.length} conversations of ${agent} begin with that`);
  const unrecorded = near.length === 0 && isWholeId(can.shape, text) && held(text);
  const conversation =
    findConversation(record, text) ?? near[0] ?? (unrecorded ? humans(text, spec) : undefined);
  if (conversation === undefined)
    return refused(
      `${agent} has no such conversation on record, and ${spec.runtime} keeps none by that whole id; ` +
        `see: fleet agent conversations ${agent}`,
    );
  if (conversation.runtime !== spec.runtime)
    return refused(`it was begun with ${conversation.runtime}, and ${agent} is a ${spec.runtime} now`);
  if (!can.shape.elsewhere && conversation.directory !== spec.workingDirectory)
    return refused(`${spec.runtime} can only resume it in ${conversation.directory}`);
  const [other] = othersIn(world, conversation.id, agent);
  if (other === undefined) return { ok: true, conversation };
  return refused(
    isInIt(other, conversation.id)
      ? `${other.agent} is in it`
      : `${other.agent} is in another one of the same directory: what is written there last would be taken for either's`,
  );
}

/** One that fleet knows by an operator's word alone. It cannot be told where it was begun: here, or the runtime will refuse it. */
const humans = (id: string, { runtime, workingDirectory }: AgentSpec): Conversation => ({
  ...{ id, runtime, directory: workingDirectory, origin: 'learnt', createdAt: 0 },
  ...{ accepted: true, unit: null, resumed: null },
});

/** The plan behind `agent resume`: a restart, or a start, into another conversation of the agent's. */
export function resumePlan(world: World, agent: string, conversation: Conversation, at: number): Plan {
  const plan = operatorPlan(world, 'restart --fresh', [agent], at);
  const spec = world.desired.get(agent)?.spec;
  if (spec === undefined || profileOf(spec).conversation === null) return plan;
  const strange = isOn(world, agent, conversation) ? {} : { strange: whose(world, conversation) };
  const actions = plan.actions.map((action) => {
    const { now } = action.conversation;
    const outlook = { now, next: { kind: 'same', conversation, resumes: true, ...strange } } as const;
    const cost = costOf(action.action, action.live, outlook, { disposable: false, inRoster: true });
    return {
      ...action,
      ...{ conversation: outlook, cost },
      reasons: [{ code: 'OperatorWord', command: 'agent resume' } as const],
    };
  });
  return { ...plan, actions };
}

/** Whether it is on an agent's record. In doubt it is. */
function isOn({ observed }: World, agent: string, { id }: Conversation): boolean {
  const record = observed.conversations.get(agent)?.record;
  return record?.known === false || findConversation(record?.value ?? noConversations, id) !== undefined;
}

const whose = (world: World, conversation: Conversation): string | null =>
  [...world.observed.conversations].find(
    ([agent, { record }]) => record.known && isOn(world, agent, conversation),
  )?.[0] ?? null;
