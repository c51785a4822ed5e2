import type { CommandResult } from './command-campaign.js';
import { Foreign } from './foreign.js';
import { Random } from './random.js';
import { goodbye, Halves, unfinishedFiles } from './remains.js';
import { isChosen, turnsOf, type CommandChoice } from './turns.js';
import { VerbFleet } from './verb-fleet.js';
import { liveVerb, passedBy } from './verb-history.js';
import { verbs } from './verbs.js';

export interface VerbResult extends CommandResult {
  readonly lives: number;
  /** What the operator said after the fault, and in how many histories. */
  readonly healing: ReadonlyMap<string, number>;
}

/** Halves of files may outlive so many histories: they go with the next write beside them. */
const mostHistories = 6;

/** Lives through histories of commands that touch an agent: one thing goes wrong in each, all of them on one fleet. */
export async function verbCampaign(choice: CommandChoice, say: (line: string) => void): Promise<VerbResult> {
  const fleet = new VerbFleet();
  const foreign = await Foreign.create(fleet);
  const findings: string[] = [];
  const [faults, healings] = [new Map<string, number>(), new Map<string, number>()];
  const halves = new Halves();
  let histories = 0;
  const random = choice.kind === 'random' ? new Random(choice.seed) : null;
  try {
    await fleet.up();
    const order = random === null ? verbs : random.shuffled(verbs);
    for (const verb of order.filter(({ name }) => isChosen(choice, name))) {
      if (choice.kind === 'random' && order.indexOf(verb) >= choice.histories) break;
      const places = await passedBy(fleet, verb);
      say(`${verb.name} passes ${places.length} places`);
      for (const [kind, at] of turnsOf(choice, random, places, [order.indexOf(verb), order.length])) {
        if (findings.length >= 10) break;
        histories += 1;
        const {
          findings: wrong,
          place,
          faulted,
          healing,
          told,
        } = await liveVerb(fleet, verb, { kind, at }, histories);
        const what = `${verb.name}, ${kind.name}`;
        if (place !== null) count(faults, what);
        count(healings, healing.join(', '));
        const where =
          place === null ? 'not reached' : `${place.what} ${short(fleet, place.on).slice(0, 110)}`;
        say(`${histories} ${what} at ${at}: ${where}; exit ${faulted.code}, healed by ${healing.join(', ')}`);
        if (wrong.length > 0) say(told.join('\n'));
        const old = halves.old(unfinishedFiles(fleet), mostHistories);
        for (const line of [...wrong, ...foreign.problems(), ...old]) {
          say(`  WRONG ${short(fleet, line)}`);
          findings.push(`${what} at ${at} (${where}): ${short(fleet, line)}`);
        }
      }
    }
    const lives = fleet.lives().length;
    findings.push(...(await goodbye(fleet, foreign)).map((line) => `at the end: ${line}`));
    return { findings, histories, faults, lives, healing: healings };
  } finally {
    foreign.end();
    await fleet.dispose();
  }
}

const count = (counts: Map<string, number>, what: string): unknown =>
  counts.set(what, (counts.get(what) ?? 0) + 1);

const short = (fleet: VerbFleet, text: string): string =>
  text.replaceAll(`${fleet.directory}/`, '').slice(0, 600);
