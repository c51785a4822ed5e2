import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { processes, type Process } from '../../demo/processes.js';
import { eventually, type Outcome } from '../support/user-manager.js';
import { readTrace, type Fault, type Place } from './fault.js';
import { environmentOf, look } from './look.js';
import { checkout, SoakFleet } from './soak-fleet.js';

/** Two rosters, each a plan of every kind away from the other: to go from one to the other is a history, in either direction. */
export type Side = 'a' | 'b';
export const other = (side: Side): Side => (side === 'a' ? 'b' : 'a');

/** What becomes of an agent when the other roster is applied. */
export type Role = 'stays' | 'updated' | 'restarted' | 'comes and goes' | 'reset' | 'waits' | 'held';

export interface Member {
  readonly name: string;
  readonly role: Role;
  /** In which roster it stands; null: in both. */
  readonly only: Side | null;
}

export const members: readonly Member[] = [
  { name: 'stay', role: 'stays', only: null },
  { name: 'quiet', role: 'updated', only: null },
  { name: 'moved', role: 'restarted', only: null },
  { name: 'in.a', role: 'comes and goes', only: 'a' },
  { name: 'in.b', role: 'comes and goes', only: 'b' },
  { name: 'slot', role: 'reset', only: null },
  { name: 'asks', role: 'waits', only: null },
  { name: 'kept', role: 'held', only: null },
];

export const declaredIn = (side: Side): readonly Member[] =>
  members.filter(({ only }) => only === null || only === side);

/** Whether it has one conversation for good, which fleet knows by its id. */
export const hasConversation = ({ role }: Member): boolean => role !== 'reset';

/** In the environment of everything that a command with a fault starts itself. */
const childOf = 'FLEET_TEST_CHILD_OF';
/** A controller that has done nothing for so long is at rest: it looks twice within a second where it waits. */
const restMs = 1500;

/** A life begun, as the agent's own process wrote it down. */
export interface Life {
  readonly agent: string;
  readonly pid: number;
}

/** A fleet of demo agents with conversations, no controller, and a fleet command in which things go wrong. */
export class FaultedFleet extends SoakFleet {
  readonly trace = path.join(this.directory, 'trace');
  readonly #conversations = path.join(this.directory, 'demo-home');

  rosterOf(side: Side): string {
    const demo = path.join(this.directory, 'package', 'framework', 'demo', 'agent.mjs');
    const begin = ['bash', '-c', 'echo "$$" >>"$0/$MOSAIC_AGENT_NAME"; exec "$@"', this.places.diary];
    const agents = declaredIn(side).map(({ name, role }) => {
      const changes = role === 'restarted' || role === 'waits' || role === 'held';
      const words = role === 'reset' ? ['--session', this.#slot] : ['{conversation}'];
      return {
        ...{ name, runtime: 'demo', command: [...begin, process.execPath, demo, '--think', '0', ...words] },
        env: {
          ...{ DEMO_AGENT_DIR: this.#conversations, SOAK_RUN: this.places.marker },
          ...(changes ? { SIDE: side } : {}),
        },
        ...(role === 'updated' ? { resources: { tasks_max: side === 'a' ? 500 : 501 } } : {}),
        // Limits that come and go with it.
        ...(role === 'comes and goes' ? { resources: { tasks_max: 400 } } : {}),
        ...(role === 'waits' ? { disruption: 'ask' } : {}),
        ...(role === 'reset'
          ? { reset_between_tasks: true, disruption: 'when-idle', persistent_persona: `persona ${side}` }
          : {}),
      };
    });
    return `${JSON.stringify({
      ...{ version: 1, transport: 'tmux', tmux: { socket_name: this.places.socket } },
      defaults: {
        ...{ working_directory: this.places.work, idle_after: '0s', stop_grace: '1s' },
        // Those that a fault has ended are started at once.
        backoff: { base: '100ms', max: '100ms', reset_after: '100ms', stall_after: 1000 },
        // Histories follow upon each other within the brake's minute.
        max_disruption: '100%',
      },
      agents,
    })}\n`;
  }

  get #slot(): string {
    return path.join(this.directory, 'slot.jsonl');
  }

  declare(side: Side): void {
    fs.writeFileSync(`${this.roster}.swp`, this.rosterOf(side));
    fs.renameSync(`${this.roster}.swp`, this.roster);
  }

  /** Everything runs as `a` declares, each with something said in its conversation, one held. */
  async up(): Promise<void> {
    this.declare('b');
    await this.must([0], 'install');
    for (const side of ['b', 'a'] as const) {
      this.declare(side);
      // Who asks waits with side b for good, and so does who is held.
      await this.must(side === 'b' ? [0] : [6], 'apply');
      for (const member of declaredIn(side))
        if (this.said(member.name).length === 0) await this.#greet(member);
      if (side === 'b') await this.must([0], 'hold', 'kept');
    }
  }

  async #greet({ name }: Member): Promise<void> {
    await eventually(`${name} shows its composer`, async () => {
      const seen = (await look(this)).sessions.find(({ agent }) => agent === name);
      if (seen === undefined) return false;
      return /^>( |$)/m.test((await this.tmux('capture-pane', '-p', '-t', seen.pane)).stdout);
    }, 30_000); // prettier-ignore
    await this.must([0], 'agent', 'send', name, '--no-preamble', '--message', `hello ${name}`);
  }

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

  /** Id of the conversation on record; '' where there is none. */
  conversation(name: string): string {
    const file = path.join(this.state, 'conversations', `${name}.json`);
    if (!fs.existsSync(file)) return '';
    const record = JSON.parse(fs.readFileSync(file, 'utf8')) as { current: { id: string } | null };
    return record.current?.id ?? '';
  }

  /** What was said to an agent in the conversation on record; to the slot, since it was reset last. */
  said(name: string): readonly string[] {
    const member = members.find((one) => one.name === name);
    const file =
      member?.role === 'reset'
        ? this.#slot
        : path.join(this.#conversations, 'conversations', `${this.conversation(name)}.jsonl`);
    if (!fs.existsSync(file)) return [];
    let said: string[] = [];
    for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
      if (line === '') continue;
      const entry = JSON.parse(line) as { type: string; text?: string };
      if (entry.type === 'conversation') said = [];
      else if (entry.type === 'user') said.push(entry.text ?? '');
    }
    return said;
  }

  /** How many conversations the slot has begun. */
  contexts(): number {
    if (!fs.existsSync(this.#slot)) return 0;
    return fs
      .readFileSync(this.#slot, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"type":"conversation"')).length;
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
