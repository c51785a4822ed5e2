import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { processes, type Process } from '../../demo/processes.js';
import { eventually, type Outcome } from '../support/user-manager.js';
import { readTrace, type Fault, type Place } from './fault.js';
import { environmentOf } from './look.js';
import { checkout, SoakFleet } from './soak-fleet.js';

/** In the environment of everything that a command with a fault starts itself. */
const childOf = 'FLEET_TEST_CHILD_OF';
/** A controller that has done nothing for so long is at rest: it looks twice within a second where it waits. */
const restMs = 1500;

/** A life begun, as the agent's own process wrote it down. */
export interface Life {
  readonly agent: string;
  readonly pid: number;
}

/** A fleet, and a fleet command in which things go wrong. */
export class FaultyFleet extends SoakFleet {
  readonly trace = path.join(this.directory, 'trace');

  /** Runs a command that has to end so. */
  async must(codes: readonly number[], ...words: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await this.fleet(...words);
    if (!codes.includes(code)) throw new Error(`fleet ${words.join(' ')}: exit ${code}\n${stdout}${stderr}`);
  }

  /** Fleet's start file. */
  get program(): string {
    return this.cli;
  }

  /** Runs a command in which this goes wrong. */
  faulted(fault: Fault, ...words: readonly string[]): Promise<Outcome> {
    const { argv, env } = this.#faultedWords(fault, words);
    return this.node(argv, env);
  }

  /** Runs a controller in which this goes wrong, until it dies of it or has nothing more to do. */
  async faultedController(fault: Fault): Promise<Outcome> {
    const { argv, env } = this.#faultedWords(fault, ['run', '--resync', '5m']);
    const child = spawn(process.execPath, argv, {
      ...{ cwd: this.directory, env: { ...this.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 124)));
    const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
    let [passed, since] = [-1, performance.now()];
    await eventually('the controller is at rest', () => {
      const places = this.passed().length;
      if (places !== passed) [passed, since] = [places, performance.now()];
      return isOver() || (places > 0 && performance.now() - since > restMs);
    }, 60_000); // prettier-ignore
    if (!isOver()) child.kill('SIGTERM');
    return { code: await ended, stdout, stderr };
  }

  #faultedWords(
    fault: Fault,
    words: readonly string[],
  ): { readonly argv: readonly string[]; readonly env: NodeJS.ProcessEnv } {
    fs.writeFileSync(this.trace, '');
    const preload = path.join(checkout(), 'test', 'support', 'faults.cjs');
    return {
      argv: ['--require', preload, this.cli, ...words],
      env: {
        FLEET_TEST_FAULT: JSON.stringify({ ...fault, trace: this.trace }),
        [childOf]: this.places.marker,
      },
    };
  }

  /** Runs a script to its end as the operator would. */
  shell(script: string): Promise<unknown> {
    const child = spawn('bash', ['-c', script], { cwd: this.directory, env: this.env, stdio: 'ignore' });
    return once(child, 'close');
  }

  /** The places that the command with the fault has passed. */
  passed(): readonly Place[] {
    return readTrace(fs.readFileSync(this.trace, 'utf8'));
  }

  /**
   * What a command with a fault has started itself and still runs. A killed controller's waiter is no leak: it ends with the
   * server's next event, and with the controller's unit.
   */
  children(): readonly Process[] {
    return processes().filter(
      ({ pid, argv }) =>
        environmentOf(pid)?.get(childOf) === this.places.marker && !argv.join(' ').endsWith('wait-for fleet'),
    );
  }

  /** Every life begun so far, in the order of each agent. */
  lives(): readonly Life[] {
    return fs.readdirSync(this.places.diary).flatMap((agent) =>
      fs
        .readFileSync(path.join(this.places.diary, agent), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((pid) => ({ agent, pid: Number(pid) })),
    );
  }
}
