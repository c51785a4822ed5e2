import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { processes } from '../../demo/processes.js';
import { eventually, run, systemctl } from '../support/user-manager.js';
import { Chooser } from './chooser.js';
import { rosterText } from './declared.js';
import { Hands } from './hands.js';
import { Ledger } from './ledger.js';
import { alive, livingPids, look } from './look.js';
import { Meter } from './meter.js';
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
  const findings = [...halves(fleet)];
  for (const { id } of hands.strangers.values()) await fleet.tmux('kill-session', '-t', id);
  await hands.command([0], 'stop');
  findings.push(...hands.findings.splice(0), ...foreign.problems());
  const own = new Set(foreign.family());
  const strangers = (): readonly string[] =>
    processes()
      .filter(({ pid, parent }) => !foreign.before.has(pid) && !own.has(pid) && parent !== process.pid)
      .filter(({ argv }) => argv.length > 0 && !/dbus-daemon|sd-pam/.test(argv.join(' ')))
      .map(({ pid, argv }) => `process ${pid} is left: ${argv.join(' ').slice(0, 150)}`);
  await eventually('every process has ended', () => strangers().length === 0, 5000).catch(() => undefined);
  findings.push(...strangers());
  await hands.command([0], 'uninstall', '--purge');
  findings.push(...hands.findings.splice(0));
  const { server } = await look(fleet);
  if (server !== null) findings.push(`the tmux server ${server} is left`);
  return findings;
}

/** Files that somebody began to write. */
function halves(fleet: SoakFleet): readonly string[] {
  return [path.join(fleet.home, 'fleet'), fleet.state].flatMap((directory) =>
    fs
      .readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(tmp|swp|new)$|^\.[0-9]/.test(path.basename(name)))
      .map((name) => `half a file is left: ${path.join(directory, name)}`),
  );
}

/** What has nothing to do with fleet and must live through everything. */
class Foreign {
  /** Who was there before fleet was. */
  readonly before: ReadonlySet<number>;
  readonly #pids: readonly number[];

  private constructor(before: ReadonlySet<number>, pids: readonly number[]) {
    this.before = before;
    this.#pids = pids;
  }

  static async create({ places: { socket } }: SoakFleet): Promise<Foreign> {
    const before = new Set(processes().map(({ pid }) => pid));
    const { stdout } = await run('tmux', ['-L', `${socket}-other`, 'new-session', '-d', '-P', '-F', '#{pid} #{pane_pid}', 'sleep 1000000']); // prettier-ignore
    const unit = spawn('systemd-run', ['--user', '--quiet', '--unit=other.service', 'sleep', '1000001'], { stdio: 'ignore' }); // prettier-ignore
    await new Promise((resolve) => unit.once('close', resolve));
    const shown = await run('systemctl', ['--user', 'show', '--value', '-p', 'MainPID', 'other.service']);
    return new Foreign(before, [...stdout.trim().split(' ').map(Number), Number(shown.stdout)]);
  }

  family(): readonly number[] {
    return this.#pids;
  }

  problems(): readonly string[] {
    return this.#pids
      .filter((pid) => !alive(pid))
      .map((pid) => `process ${pid}, which is not fleet's, was ended`);
  }

  end(): void {
    for (const pid of this.#pids) if (pid > 0 && alive(pid)) process.kill(pid, 'SIGTERM');
  }
}
