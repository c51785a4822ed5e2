import { unitOf } from '../../demo/processes.js';
import { eventually, type Outcome } from '../support/user-manager.js';
import type { Place } from './fault.js';
import type { FaultKind } from './fault-kinds.js';
import type { FaultedFleet } from './faulted-fleet.js';
import { firstMessage, preparedConversation, repeatedFirstMessages } from './first-messages.js';
import { environmentOf, living, look, strays, type Look } from './look.js';
import {
  declaredIn,
  hasConversation,
  keepsConversation,
  members,
  type Member,
  type Side,
} from './members.js';

/** What one history is: on the way to the other roster this goes wrong at a place, then somebody applies once more. */
export interface History {
  readonly to: Side;
  readonly kind: FaultKind;
  readonly at: number;
}

export interface Judgement {
  /** What was wrong, a line each. */
  readonly findings: readonly string[];
  /** Where it went wrong; null: the command ended before that place. */
  readonly place: Place | null;
  /** What the faulted command made of it. */
  readonly faulted: Outcome;
  /** How many applies it took until there was nothing left to do. */
  readonly applies: number;
}

/** More are never needed: one for what the fault left, one for what had to be waited for. */
const mostApplies = 3;

interface Before {
  readonly lives: ReadonlyMap<string, number>;
  readonly conversations: ReadonlyMap<string, string>;
  readonly said: ReadonlyMap<string, readonly string[]>;
  readonly contexts: number;
}

/** Lives through one history. The fleet is at rest before it, as the roster of the other side says, and after it. */
export async function live(fleet: FaultedFleet, history: History): Promise<Judgement> {
  const before = snapshot(fleet);
  const { to, kind, at } = history;
  fleet.declare(to);
  const fault = { ...kind.fault(fleet), at, among: kind.places.among };
  const faulted = await (kind.by === 'apply'
    ? fleet.faulted(fault, 'apply')
    : fleet.faultedController(fault));
  const place = fleet.passed().find(({ number }) => number === at) ?? null;
  const findings = crashText(faulted);
  if (kind.repair !== undefined) {
    // Whoever is at work meanwhile ends first.
    await childless(fleet);
    await fleet.shell(kind.repair(fleet));
  }
  const applies = await heal(fleet, to, findings);
  findings.push(...(await judge(fleet, history, before)));
  return { findings, place, faulted, applies };
}

function snapshot(fleet: FaultedFleet): Before {
  const known = members.filter(hasConversation).map(({ name }) => name);
  return {
    lives: countLives(fleet),
    conversations: new Map(known.map((name) => [name, fleet.conversation(name)])),
    said: new Map(known.map((name) => [name, fleet.said(name)])),
    contexts: fleet.contexts(),
  };
}

function countLives(fleet: FaultedFleet): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { agent } of fleet.lives()) counts.set(agent, (counts.get(agent) ?? 0) + 1);
  return counts;
}

/** A failure is told in words; a stack is a bug. */
const crashText = ({ stderr, stdout }: Outcome): string[] =>
  /^ {4}at /m.test(stderr + stdout)
    ? [`it crashed: ${stderr.trim().split('\n').slice(0, 3).join(' | ')}`]
    : [];

interface PlannedJson {
  readonly agent: string;
  readonly action: string;
  readonly gate: string;
  readonly gateMessage?: string;
}

/** Applies until there is nothing left to do but what waits for the operator. @returns how often */
async function heal(fleet: FaultedFleet, to: Side, findings: string[]): Promise<number> {
  let last = '';
  for (let applies = 1; applies <= mostApplies; applies += 1) {
    const { code, stdout, stderr } = await fleet.fleet('apply');
    last = `exit ${code}: ${`${stdout}${stderr}`.trim().split('\n').slice(-3).join(' | ')}`;
    // Nobody else is there to hold a lock.
    if (![0, 4, 6].includes(code)) findings.push(`the apply after it: ${last}`);
    const open = await leftToDo(fleet, to);
    if (open.length === 0) return applies;
    last = `${last}; ${open.map(({ agent, action, gate, gateMessage }) => `${agent} ${action} ${gate} ${gateMessage ?? ''}`).join(', ')}`;
  }
  findings.push(`${mostApplies} applies after it have not healed it: ${last}`);
  return mostApplies;
}

async function leftToDo(fleet: FaultedFleet, to: Side): Promise<readonly PlannedJson[]> {
  const { code, stdout, stderr } = await fleet.fleet('plan', '--json');
  if (code !== 0) return [{ agent: 'plan', action: `exit ${code}`, gate: stderr.trim() }];
  const plan = JSON.parse(stdout) as { actions: readonly PlannedJson[]; summary: { unknown: number } };
  if (plan.summary.unknown > 0) return [{ agent: 'plan', action: 'is', gate: 'unknown' }];
  return plan.actions.filter(({ agent, gate }) => {
    const role = members.find(({ name }) => name === agent)?.role;
    return !(
      to === 'a' &&
      ((role === 'waits' && gate === 'needs-approval') || (role === 'held' && gate === 'held'))
    );
  });
}

/** Waits until what was started beside units has ended; what does not is left for the judge. */
const childless = (fleet: FaultedFleet): Promise<unknown> =>
  eventually('what fleet started has ended', () => fleet.children().length === 0, 30_000).catch(
    () => undefined,
  );

async function judge(fleet: FaultedFleet, history: History, before: Before): Promise<readonly string[]> {
  await childless(fleet);
  const seen = await look(fleet);
  return [
    ...fleet.children().map(({ pid, argv }) => `process ${pid} is left: ${argv.join(' ').slice(0, 120)}`),
    ...strays(seen, fleet.places.marker).map(
      ({ pid, argv }) =>
        `process ${pid} is left in ${unitOf(pid) || 'no unit'}: ${argv.join(' ').slice(0, 120)}`,
    ),
    ...members.flatMap((member) => judgeMember(fleet, member, history, before, seen)),
    ...repeatedFirstMessages(fleet),
  ];
}

function judgeMember(
  fleet: FaultedFleet,
  member: Member,
  { to, kind: { ends } }: History,
  before: Before,
  seen: Look,
): readonly string[] {
  const { name, role } = member;
  const findings: string[] = [];
  const wrong = (text: string): number => findings.push(`${name}: ${text}`);
  const runs = declaredIn(to).includes(member);
  const sessions = seen.sessions.filter(({ agent }) => agent === name);
  const unit = seen.units.get(name) ?? 'inactive dead';
  const session = living(seen, name);
  // A session whose pane is dead is nobody: the next start takes its name.
  if (!runs && (sessions.some(({ dead }) => !dead) || unit !== 'inactive dead'))
    wrong(`should not be there: ${unit}`);
  if (runs && (session === null || sessions.length !== 1 || unit !== 'active running'))
    wrong(`should run: ${unit}, ${sessions.length} sessions`);
  if (session !== null && unitOf(session.pid) !== `mosaic-agent@${name}.service`)
    wrong(`is in ${unitOf(session.pid) || 'no unit'}`);
  const side = session === null ? undefined : environmentOf(session.pid)?.get('SIDE');
  if (runs && role === 'restarted' && side !== to) wrong(`runs as ${side ?? 'none'}, declared is ${to}`);

  const begun = (countLives(fleet).get(name) ?? 0) - (before.lives.get(name) ?? 0);
  const [least, most] = livesOf(member, to);
  const more = ends.filter((one) => one === name).length;
  if (begun < least || begun > most + more)
    wrong(`began ${begun} lives, ${least} to ${most + more} were planned`);

  if (runs)
    for (const line of [...firstMessage(fleet, member), ...preparedConversation(fleet, member)]) wrong(line);
  if (!hasConversation(member)) {
    // In its runtime, or by a new process.
    if (fleet.contexts() <= before.contexts && begun === 0) wrong('was not reset');
    return findings;
  }
  const id = before.conversations.get(name);
  if (!keepsConversation(member)) {
    if (fleet.conversation(name) === id) wrong(`is in the conversation of before, ${id}`);
    return findings;
  }
  if (fleet.conversation(name) !== id) wrong(`lost its conversation ${id}: ${fleet.conversation(name)}`);
  const said = fleet.said(name);
  if (said.join('\n') !== before.said.get(name)?.join('\n')) wrong(`was told ${JSON.stringify(said)}`);
  return findings;
}

/** How many lives an agent may begin on the way, least and most. */
function livesOf({ role, only }: Member, to: Side): readonly [number, number] {
  switch (role) {
    case 'stays':
    case 'updated':
    case 'waits':
    case 'held':
      return [0, 0];
    case 'restarted':
    case 'renewed':
      return [1, 1];
    case 'comes and goes':
      return only === to ? [1, 1] : [0, 0];
    case 'reset':
      return [0, 1];
  }
}
