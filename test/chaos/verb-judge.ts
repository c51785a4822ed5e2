import * as fs from 'node:fs';
import * as path from 'node:path';
import { unitOf } from '../../demo/processes.js';
import type { Outcome } from '../support/user-manager.js';
import { crashText, heldLocks, said } from './command-judge.js';
import { living, strays } from './look.js';
import { kickstart } from './members.js';
import type { Sight, VerbFleet } from './verb-fleet.js';
import type { Verb } from './verbs.js';

/** A command that was said, what it made of it, and the world before and after. */
export interface Step {
  readonly verb: Verb;
  /** Its promise holds; else it is a command that only helps. */
  readonly own: boolean;
  readonly outcome: Outcome;
  /** It was to die. */
  readonly killed: boolean;
  readonly before: Sight;
  readonly after: Sight;
}

/** Of the contract; of those that a host can bring about. */
const exitCodes = [0, 1, 4, 5, 6, 69];
/** Only so many former conversations are kept; those at the end may go. */
const surelyKept = 40;

/** What is wrong after any command, whatever went wrong in it. */
export function always(fleet: VerbFleet, step: Step): readonly string[] {
  const { verb, outcome, killed, before, after } = step;
  const { code, stdout, stderr } = outcome;
  const mute = code !== 0 && !killed && `${stdout}${stderr}`.trim() === '';
  return [
    ...crashText(outcome),
    ...(mute ? [`exit ${code} without a word`] : []),
    ...(exitCodes.includes(code) || (killed && code === 124) ? [] : [said(outcome)]),
    ...heldLocks(fleet),
    ...tornFiles(fleet),
    ...strays(after.seen, fleet.places.marker).map(
      ({ pid, argv }) => `process ${pid} is left in ${unitOf(pid) || 'no unit'}: ${argv.join(' ')}`,
    ),
    ...[...before.records.keys()].flatMap((name) =>
      name === verb.agent ? twice(after, name) : untouched(fleet, name, before, after),
    ),
    ...lostConversations(before, after),
    ...(verb.conversation === 'same' ? moved(verb, before, after) : []),
    ...(killed || code === 0 ? [] : worse(step)),
  ];
}

/** What is not as the command promises, and has said by its exit code. */
export function unfulfilled(
  fleet: VerbFleet,
  { verb, outcome, before, after }: Omit<Step, 'killed' | 'own'>,
): readonly string[] {
  const { agent, runs, hold, conversation } = verb;
  const session = living(after.seen, agent);
  const unit = after.seen.units.get(agent) ?? 'inactive dead';
  const findings: string[] = [];
  if (!runs && (session !== null || unit !== 'inactive dead')) findings.push(`should not run: ${unit}`);
  if ((after.holds.get(agent) ?? null) !== hold)
    findings.push(`is held by ${after.holds.get(agent) ?? 'nobody'}, not by ${hold ?? 'nobody'}`);
  if (!runs) return findings;
  if (session === null || unit !== 'active running') return [...findings, `should run: ${unit}`];
  if (unitOf(session.pid) !== `mosaic-agent@${agent}.service`)
    findings.push(`is in ${unitOf(session.pid) || 'no unit'}`);
  if (verb.lives === 'none' && before.pids.get(agent) !== session.pid) findings.push('is another process');
  const id = after.records.get(agent)?.current ?? '';
  if (agent !== 'chat' && fleet.within(session.pid) !== id)
    findings.push(`is in ${fleet.within(session.pid)}, on record is ${id}`);
  if (conversation === 'chosen' && id !== fleet.chosen) findings.push(`is in ${id}, not in the chosen one`);
  if (conversation === 'new' && !isNew(verb, before, after)) findings.push('has no new conversation');
  const waits = outcome.stderr.includes('its first message waits');
  return waits ? findings : [...findings, ...firstMessage(fleet, agent)];
}

function isNew({ agent }: Verb, before: Sight, after: Sight): boolean {
  if (agent === 'chat') return after.chats.length > before.chats.length;
  const { current, former } = before.records.get(agent) ?? { current: '', former: [] };
  return ![current, ...former].includes(after.records.get(agent)?.current ?? '');
}

function firstMessage(fleet: VerbFleet, agent: string): readonly string[] {
  const wanted = kickstart(agent).trim();
  const all = fleet.said(agent).map((text) => text.trim());
  return all[0] === wanted && all.lastIndexOf(wanted) === 0
    ? []
    : [`its first message is not the first, once, in ${JSON.stringify(all)}`];
}

/** One session at most. */
const twice = ({ seen }: Sight, name: string): readonly string[] => {
  const { length } = seen.sessions.filter(({ agent, dead }) => agent === name && !dead);
  return length > 1 ? [`${name} has ${length} sessions`] : [];
};

function untouched(fleet: VerbFleet, name: string, before: Sight, after: Sight): readonly string[] {
  const pid = after.pids.get(name);
  const unit = after.seen.units.get(name);
  return [
    ...(pid === before.pids.get(name) && before.lives.get(name) === after.lives.get(name)
      ? []
      : [`${name} was ${before.pids.get(name) ?? 'not there'} and is ${pid ?? 'not there'}`]),
    ...(unit === before.seen.units.get(name) ? [] : [`${name} is ${unit ?? 'not listed'}`]),
    ...(JSON.stringify(before.records.get(name)) === JSON.stringify(after.records.get(name))
      ? []
      : [`${name} is in another conversation`]),
    ...(before.holds.get(name) === after.holds.get(name) ? [] : [`${name} is held otherwise`]),
    ...(name === 'chat' || pid === undefined || fleet.within(pid) === after.records.get(name)?.current
      ? []
      : [`${name} is in ${fleet.within(pid)}`]),
  ];
}

/** What was on record and held something is on record still, and nothing of what was said is gone. */
function lostConversations(before: Sight, after: Sight): readonly string[] {
  const offRecord = [...before.records].flatMap(([name, { current, former }]) => {
    const now = after.records.get(name);
    const known = new Set([now?.current, ...(now?.former ?? [])]);
    return [current, ...former]
      .slice(0, surelyKept)
      .filter((id) => before.conversations.has(id) && !known.has(id))
      .map((id) => `${name}: conversation ${id} is not on record any more`);
  });
  const cut = [...before.conversations].flatMap(([id, text]) =>
    after.conversations.get(id)?.startsWith(text) === true ? [] : [`conversation ${id} has lost something`],
  );
  const gone = before.chats.some((texts, index) =>
    texts.some((text, place) => after.chats[index]?.[place] !== text),
  );
  return [...offRecord, ...cut, ...(gone ? ['a conversation of the chat has lost something'] : [])];
}

function moved({ agent }: Verb, before: Sight, after: Sight): readonly string[] {
  const [was, is] = [before, after].map(({ records }) => records.get(agent)?.current);
  return was === is ? [] : [`${agent} was in ${was ?? '-'}, on record is ${is ?? '-'}`];
}

/** A failed command leaves no other hold than was or was to be. */
function worse({ verb: { agent, hold }, before, after }: Step): readonly string[] {
  const by = after.holds.get(agent) ?? null;
  return by === hold || by === (before.holds.get(agent) ?? null) ? [] : [`is held by ${by ?? 'nobody'}`];
}

/** How many lives the command began, where that is too many, or other than it said. */
export function livesBegun(
  { verb, own, outcome, before, after }: Step,
  fulfilled: boolean,
): readonly string[] {
  const { agent, lives } = verb;
  const begun = (after.lives.get(agent) ?? 0) - (before.lives.get(agent) ?? 0);
  const wrong = (wanted: string): readonly string[] => [`began ${begun} lives, not ${wanted}`];
  const wasDead = !before.pids.has(agent);
  if (!own) return begun > (wasDead ? 1 : 0) ? wrong(wasDead ? 'one at most' : 'none') : [];
  const done = outcome.code === 0;
  switch (lives) {
    case 'none':
      return begun === 0 ? [] : wrong('none');
    case 'maybe':
      return begun <= 1 ? [] : wrong('one at most');
    case 'one':
      return begun > 1 || (done && begun !== 1) ? wrong('one') : [];
    case 'missing':
      return begun > (fulfilled ? 0 : 1) || (done && !fulfilled && begun !== 1)
        ? wrong(fulfilled ? 'none' : 'one')
        : [];
  }
}

function tornFiles({ state, home }: VerbFleet): readonly string[] {
  return [state, path.join(home, 'fleet', 'agents')].flatMap((directory) =>
    fs
      .readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json') && !path.basename(name).startsWith('.'))
      .flatMap((name) => {
        try {
          JSON.parse(fs.readFileSync(path.join(directory, name), 'utf8'));
          return [];
        } catch (error) {
          return [`${name} is torn: ${String(error)}`];
        }
      }),
  );
}

/** What a sender was told; null: nothing. */
export function receiptOf({ stdout }: Outcome): string | null {
  const line = stdout.split('\n').find((one) => one.startsWith('{'));
  return line === undefined ? null : (JSON.parse(line) as { status: string }).status;
}

/**
 * Whether what a sender was told of a text is true.
 *
 * @param over whether whatever waited was delivered since
 */
export function toldTruly(
  fleet: VerbFleet,
  text: string,
  outcome: Outcome,
  { killed, over }: { readonly killed: boolean; readonly over: boolean },
): readonly string[] {
  const times = fleet.times(text);
  const receipt = receiptOf(outcome);
  const wrong = [`was told ${JSON.stringify(text)} ${times} times; ${said(outcome)}`];
  const isGood = receipt === 'delivered' || receipt === 'queued' || (over && receipt === 'left');
  if (isGood) return times === 1 ? [] : wrong;
  const untyped = receipt === 'refused' || (receipt === null && !(killed && outcome.code === 124));
  return times > (untyped ? 0 : 1) ? wrong : [];
}
