import { Foreign } from './foreign.js';
import { kinds, type FaultKind } from './fault-kinds.js';
import { live, type History } from './fault-history.js';
import { FaultedFleet } from './faulted-fleet.js';
import { other, type Side } from './members.js';
import { Random } from './random.js';
import { goodbye, Halves, unfinishedFiles } from './remains.js';

/** Which histories are lived. */
export type Choice =
  /** So many, invented from a seed. */
  | { readonly kind: 'random'; readonly seed: number; readonly histories: number }
  /** Every place of these kinds, one after another; all kinds where none is named. From this place on, every so many. */
  | {
      readonly kind: 'every';
      readonly names: readonly string[];
      readonly from: number;
      readonly step: number;
    };

export interface CampaignResult {
  /** What was wrong, a line each, with how to see it again. */
  readonly findings: readonly string[];
  readonly histories: number;
  /** Of how many something did go wrong: the others ended before the place. */
  readonly faults: ReadonlyMap<string, number>;
  readonly lives: number;
}

/** Halves of files may outlive so many histories: they go with the next write beside them. */
const mostHistories = 6;

/** Lives through histories in which one thing goes wrong in each, one after another on one fleet. */
export async function campaign(choice: Choice, say: (line: string) => void): Promise<CampaignResult> {
  const fleet = new FaultedFleet();
  const foreign = await Foreign.create(fleet);
  const findings: string[] = [];
  const faults = new Map<string, number>();
  let [histories, side]: [number, Side] = [0, 'a'];
  const halves = new Halves();
  /** @returns whether the place was reached */
  const perform = async (kind: FaultKind, at: number): Promise<boolean> => {
    side = other(side);
    const history: History = { to: side, kind, at };
    const told = `${kind.name} at ${at} to ${side}`;
    const { findings: wrong, place, faulted, applies } = await live(fleet, history);
    histories += 1;
    if (place !== null) faults.set(kind.name, (faults.get(kind.name) ?? 0) + 1);
    const where = place === null ? 'not reached' : `${place.what} ${short(fleet, place.on).slice(0, 110)}`;
    say(`${histories} ${told}: ${where}; exit ${faulted.code}, healed by ${applies}`);
    // A controller's claim goes with the next controller.
    const counted = unfinishedFiles(fleet).filter(
      (file) => kind.by === 'run' || !file.includes('/locks/controller/'),
    );
    const old = halves.old(counted, mostHistories);
    for (const line of [...wrong, ...foreign.problems(), ...old]) {
      say(`  WRONG ${short(fleet, line)}`);
      findings.push(`${told} (${where}): ${short(fleet, line)}`);
    }
    return place !== null;
  };
  try {
    await fleet.up();
    await chosen(choice, perform, () => findings.length < 10);
    const lives = fleet.lives().length;
    findings.push(...(await goodbye(fleet, foreign)).map((line) => `at the end: ${line}`));
    return { findings, histories, faults, lives };
  } finally {
    foreign.end();
    await fleet.dispose();
  }
}

async function chosen(
  choice: Choice,
  perform: (kind: FaultKind, at: number) => Promise<boolean>,
  goOn: () => boolean,
): Promise<void> {
  if (choice.kind === 'random') {
    const random = new Random(choice.seed);
    for (let lived = 0; lived < choice.histories && goOn(); lived += 1) {
      const kind = random.pick(kinds);
      if (kind !== null) await perform(kind, random.whole(1, kind.places.most));
    }
    return;
  }
  for (const kind of kinds.filter(({ name }) => choice.names.length === 0 || choice.names.includes(name))) {
    for (let at = choice.from; goOn() && (await perform(kind, at)); at += choice.step);
  }
}

const short = (fleet: FaultedFleet, text: string): string =>
  text.replaceAll(`${fleet.directory}/`, '').slice(0, 600);
