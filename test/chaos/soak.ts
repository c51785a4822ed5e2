import * as fs from 'node:fs';
import { systemctl } from '../support/user-manager.js';
import { Chooser } from './chooser.js';
import { rosterText } from './declared.js';
import { Foreign } from './foreign.js';
import { Hands } from './hands.js';
import { Ledger } from './ledger.js';
import { livingPids, look } from './look.js';
import { Meter } from './meter.js';
import { remainingProcesses, unfinishedFiles } from './remains.js';
import { rest } from './rest.js';
import { SoakFleet } from './soak-fleet.js';
import { describe } from './step.js';

export interface SoakOptions {
  readonly seed: number;
  readonly agents: number;
  /** Asked before each episode, with the number of those lived. */
  readonly goOn: (episodes: number) => boolean;
  readonly say: (line: string) => void;
}

export interface SoakResult {
  /** What was wrong, a line each, with episode and step. */
  readonly findings: readonly string[];
  readonly episodes: number;
  readonly steps: number;
  /** Lives that agents began, contexts that ended, and those of them that the history does not account for. */
  readonly lives: number;
  readonly losses: number;
  readonly unneeded: number;
  readonly controller: string;
}

/** Lives through one history, and leaves nothing behind, whatever happened. */
export async function soak({ seed, agents, goOn, say }: SoakOptions): Promise<SoakResult> {
  const fleet = new SoakFleet();
  const foreign = await Foreign.create(fleet);
  try {
    const chooser = new Chooser(seed, agents);
    const ledger = new Ledger(fleet.places.diary);
    const hands = new Hands(fleet, ledger, chooser.agents);
    const meter = new Meter(fleet);
    const findings: string[] = [];
    fs.writeFileSync(fleet.roster, rosterText(chooser.agents, chooser.layout(), fleet.places));
    await fleet.install();
    await fleet.controllerStarted();
    const settle = async (where: string): Promise<void> => {
      await hands.detach();
      await fleet.controllerStarted();
      const { findings: open, seen } = await rest(fleet, hands, (line) => say(`${where}   ${line}`));
      await meter.sample();
      const wrong = [
        ...hands.findings.splice(0),
        ...open,
        ...ledger.close(livingPids(seen)),
        ...foreign.problems(),
      ];
      for (const line of wrong) say(`${where} WRONG ${line}`);
      if (wrong.length > 0) say(fleet.controllerLog(60));
      findings.push(...wrong.map((line) => `episode ${where}: ${line}`));
    };
    await settle('0');
    let [episodes, steps] = [0, 0];
    while (findings.length === 0 && goOn(episodes)) {
      episodes += 1;
      for (const step of chooser.episode()) {
        steps += 1;
        say(`${episodes}.${steps} ${describe(step)}`);
        await hands.perform(step);
        await meter.sample();
      }
      await settle(String(episodes));
    }
    await meter.sample();
    const controller = meter.text();
    findings.push(...(await goodbye(fleet, hands, foreign)).map((line) => `at the end: ${line}`));
    const { lives, losses, unneeded } = ledger;
    return { findings, episodes, steps, lives, losses, unneeded, controller };
  } finally {
    foreign.end();
    await fleet.dispose();
  }
}

/** Stops everything as an operator would. @returns what is left that should not be */
async function goodbye(fleet: SoakFleet, hands: Hands, foreign: Foreign): Promise<readonly string[]> {
  await systemctl('stop', 'mosaic-fleet.service');
  // Somebody who died with a lock in his hands keeps nobody waiting; what he left half written goes with the next write.
  await hands.command([0, 6], 'restart');
  const findings = unfinishedFiles(fleet).map((file) => `half a file is left: ${file}`);
  for (const { id } of hands.strangers.values()) await fleet.tmux('kill-session', '-t', id);
  await hands.command([0], 'stop');
  findings.push(...hands.findings.splice(0), ...foreign.problems());
  findings.push(...(await remainingProcesses(foreign)));
  await hands.command([0], 'uninstall', '--purge');
  findings.push(...hands.findings.splice(0));
  const { server } = await look(fleet);
  if (server !== null) findings.push(`the tmux server ${server} is left`);
  return findings;
}
