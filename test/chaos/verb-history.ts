import { eventually, type Outcome } from '../support/user-manager.js';
import type { CommandFault } from './command-faults.js';
import { said } from './command-judge.js';
import type { Place } from './fault.js';
import { livingPids, look } from './look.js';
import type { Sight, VerbFleet } from './verb-fleet.js';
import { always, livesBegun, receiptOf, toldTruly, unfulfilled } from './verb-judge.js';
import type { Verb } from './verbs.js';

export interface VerbJudgement {
  readonly findings: readonly string[];
  /** Where it went wrong; null: the command ended before that place. */
  readonly place: Place | null;
  readonly faulted: Outcome;
  /** What the operator said until all was well. */
  readonly healing: readonly string[];
  /** What the commands said to that, one after another. */
  readonly told: readonly string[];
}

const never = { at: Number.MAX_SAFE_INTEGER, among: '', kind: 'die' } as const;

/** Goes through a command once, undisturbed. @returns every place it passes */
export async function passedBy(fleet: VerbFleet, verb: Verb): Promise<readonly Place[]> {
  await fleet.prepare(verb);
  const outcome = await fleet.faulted(never, ...verb.words(fleet, `${verb.name}, undisturbed`));
  if (outcome.code !== 0) throw new Error(`${verb.name}, undisturbed: ${said(outcome)}`);
  return fleet.passed();
}

/** Something goes wrong at a place of a command; then the operator says it once more, or lets what waits be delivered. */
export async function liveVerb(
  fleet: VerbFleet,
  verb: Verb,
  { kind, at }: { readonly kind: CommandFault; readonly at: number },
  turn: number,
): Promise<VerbJudgement> {
  const findings: string[] = [];
  const told: string[] = [];
  await fleet.prepare(verb);
  const killed = kind.fault.kind.startsWith('die');
  let before = await settled(fleet, (line) => findings.push(`before it: ${line}`));
  /** @param own whether it is the command itself */
  const step = async (
    when: string,
    say: () => Promise<Outcome>,
    { own, killed }: { readonly own: boolean; readonly killed: boolean },
  ): Promise<Outcome> => {
    const fulfilled = unfulfilled(fleet, { verb, outcome: nothing, before, after: before }).length === 0;
    const outcome = await say();
    told.push(`${when}: exit ${outcome.code}\n${outcome.stdout}${outcome.stderr}`);
    const after = await settled(fleet, (line) => findings.push(`${when}: ${line}`));
    const made = { verb, own, outcome, killed, before, after };
    const lines = [
      ...always(fleet, made),
      ...livesBegun(made, fulfilled),
      ...(own && outcome.code === 0 ? unfulfilled(fleet, made) : []),
    ];
    findings.push(...lines.map((line) => `${when}: ${line}`));
    before = after;
    return outcome;
  };
  const [first, second] = [`${verb.name} ${turn}.1.`, `${verb.name} ${turn}.2.`];
  const faulted = await step(
    'after it',
    () => fleet.faulted({ ...kind.fault, at, among: kind.among }, ...verb.words(fleet, first)),
    { own: true, killed },
  );
  const place = fleet.passed().find(({ number }) => number === at) ?? null;
  if (verb.says) findings.push(...toldTruly(fleet, first, faulted, { killed, over: false }));

  const healing: string[] = [];
  const say = (what: string, own: boolean, words: readonly string[]): Promise<Outcome> => {
    healing.push(what);
    return step(`after ${what}`, () => fleet.fleet(...words), { own, killed: false });
  };
  const again = (what: string, ...more: readonly string[]): Promise<Outcome> =>
    say(what, verb.then === null, verb.then ?? [...verb.words(fleet, second), ...more]);
  let healed = await again('again');
  // What a message left in the composer is the operator's to clear.
  const drafted = ['drafted', 'unknown'].includes(receiptOf(faulted) ?? '');
  if (verb.says && drafted && healed.code === 4 && /draft/i.test(healed.stdout + healed.stderr))
    healed = await again('again, the draft cleared', '--clear-draft');
  // Fleet's own message stands in the composer, which is told along with how to deliver it.
  if (healed.code === 4 && before.outbox.some((entry) => entry.startsWith(`${verb.agent}/`))) {
    await say('outbox', false, ['agent', 'outbox', verb.agent, '--deliver']);
    healed = await again('again, once more');
  }
  // Nobody can talk to, or reset, who does not run.
  if (healed.code === 4 && !before.pids.has(verb.agent)) {
    await say('apply', false, ['apply']);
    healed = await again('again, once more');
  }
  const over = await fleet.sight();
  const wrong = (lines: readonly string[]): unknown =>
    findings.push(...lines.map((line) => `in the end: ${line}`));
  if (healed.code !== 0) wrong([said(healed)]);
  if (verb.says) {
    wrong(toldTruly(fleet, first, faulted, { killed, over: true }));
    if (verb.then === null) wrong(toldTruly(fleet, second, healed, { killed: false, over: true }));
  }
  // Whether a message that ended with its process had arrived is for the operator to find out.
  const waits = over.outbox.filter((entry) => !(verb.says && killed && fleet.isParked(entry)));
  wrong(waits.map((entry) => `${entry} waits`));
  return { findings, place, faulted, healing, told };
}

const nothing: Outcome = { code: 0, stdout: '', stderr: '' };

/** How the world is once whatever the command started itself has ended. */
async function settled(fleet: VerbFleet, wrong: (line: string) => unknown): Promise<Sight> {
  await eventually('what it started has ended', () => fleet.children().length === 0, 30_000).catch(() => {
    for (const { pid, argv } of fleet.children()) wrong(`process ${pid} is left: ${argv.join(' ')}`);
  });
  // A process tells which conversation it is in a moment after it is there.
  const seen = await look(fleet);
  for (const [agent, pid] of livingPids(seen)) {
    if (agent === 'chat') continue;
    await eventually('it is in a conversation', () => fleet.within(pid), 10_000).catch(() =>
      wrong(`${agent} is in no conversation`),
    );
  }
  return fleet.sight();
}
