import * as fs from 'node:fs';
import * as path from 'node:path';
import { FaultyFleet } from './faulty-fleet.js';
import { livingPids, look, type Look } from './look.js';
import { kickstart } from './members.js';
import { contextsIn } from './spoken.js';
import type { Verb } from './verbs.js';

/** Ids, '' for none; the former ones newest first. */
export interface Recorded {
  readonly current: string;
  readonly former: readonly string[];
}

/** Everything that a command could have changed, as the kernel, tmux, systemd and the agents' own files show it. */
export interface Sight {
  readonly seen: Look;
  readonly pids: ReadonlyMap<string, number>;
  readonly lives: ReadonlyMap<string, number>;
  readonly holds: ReadonlyMap<string, string>;
  readonly records: ReadonlyMap<string, Recorded>;
  /** By id: the file of every conversation that an agent of the demo's own home was ever in. */
  readonly conversations: ReadonlyMap<string, string>;
  /** What was said in each conversation of the chat's, one after another. */
  readonly chats: readonly (readonly string[])[];
  readonly outbox: readonly string[];
}

const names = ['one', 'slot', 'chat', 'beside'];

/** Demo agents with conversations and first messages, all at rest, no controller; one of them stands beside. */
export class VerbFleet extends FaultyFleet {
  readonly #demos = path.join(this.directory, 'demo-home');
  readonly #chats = path.join(this.directory, 'chats');
  /** Id of the conversation that is to be resumed. */
  chosen = '';

  async up(): Promise<void> {
    fs.mkdirSync(this.#chats);
    fs.writeFileSync(path.join(path.dirname(this.roster), 'kick.md'), kickstart('{name}'));
    const roster = {
      ...{ version: 1, transport: 'tmux', tmux: { socket_name: this.places.socket } },
      defaults: {
        ...{ working_directory: this.places.work, idle_after: '0s', stop_grace: '1s' },
        backoff: { base: '100ms', max: '100ms', reset_after: '100ms', stall_after: 1000 },
        max_disruption: '100%',
      },
      agents: names.map((name) => this.#agent(name)),
    };
    fs.writeFileSync(this.roster, `${JSON.stringify(roster)}\n`);
    await this.must([0], 'install');
    await this.must([0], 'apply');
    await this.must([0], 'restart', 'one', '--fresh');
  }

  #agent(name: string): object {
    const demo = path.join(this.directory, 'package', 'framework', 'demo', 'agent.mjs');
    const begin = 'echo "$$" >>"$0/$MOSAIC_AGENT_NAME"; exec "$@"';
    // The chat's conversation is none that fleet knows, and begins with each process.
    const chats = `${begin} --session "$0/../chats/$EPOCHREALTIME.jsonl"`;
    const words = name === 'chat' ? [] : ['{conversation}'];
    const start = name === 'chat' ? chats : begin;
    return {
      ...{ name, runtime: 'demo', kickstart_template: 'kick.md' },
      command: ['bash', '-c', start, this.places.diary, process.execPath, demo, '--think', '0', ...words],
      env: { DEMO_AGENT_DIR: this.#demos, SOAK_RUN: this.places.marker },
      ...(name === 'slot' || name === 'chat' ? { reset_between_tasks: true } : {}),
    };
  }

  /** Brings everybody to where a command finds them. */
  async prepare({ agent, from, conversation }: Verb): Promise<void> {
    const { pids, holds, outbox } = await this.sight();
    if (!pids.has(agent) || (holds.has(agent) && from !== 'stopped')) await this.must([0], 'start', agent);
    for (const left of outbox) await this.#settle(path.dirname(left), path.basename(left));
    if (from === 'stopped') await this.must([0], 'stop', agent);
    if (from === 'held') await this.must([0], 'hold', agent);
    if (conversation === 'chosen') this.chosen = this.#record(agent).former[0] ?? '';
  }

  /** What nobody can tell about is given up, as an operator would. */
  async #settle(agent: string, name: string): Promise<void> {
    await this.fleet('agent', 'outbox', agent, '--deliver');
    const id = /-([^-]+)\.json$/.exec(name)?.[1] ?? '';
    if (this.#outbox().includes(`${agent}/${name}`))
      await this.must([0], 'agent', 'outbox', agent, '--drop', id);
  }

  async sight(): Promise<Sight> {
    const seen = await look(this);
    const lives = new Map<string, number>();
    for (const { agent } of this.lives()) lives.set(agent, (lives.get(agent) ?? 0) + 1);
    const directory = path.join(this.#demos, 'conversations');
    const files = fs.existsSync(directory) ? fs.readdirSync(directory) : [];
    return {
      ...{ seen, lives, pids: livingPids(seen), holds: this.#holds(), outbox: this.#outbox() },
      records: new Map(names.map((name) => [name, this.#record(name)])),
      conversations: new Map(
        files.map((name) => [
          path.basename(name, '.jsonl'),
          fs.readFileSync(path.join(directory, name), 'utf8'),
        ]),
      ),
      chats: fs
        .readdirSync(this.#chats)
        .toSorted()
        .flatMap((name) => contextsIn(path.join(this.#chats, name))),
    };
  }

  /** Id of the conversation that a process says it is in; '' where it says none yet. */
  within(pid: number): string {
    const file = path.join(this.#demos, 'sessions', `${pid}.json`);
    const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
    return /"sessionId":"([^"]+)"/.exec(text)?.[1] ?? '';
  }

  /** What was said to an agent in the conversation that is its own now. */
  said(name: string): readonly string[] {
    if (name === 'chat') {
      const last = fs.readdirSync(this.#chats).toSorted().at(-1);
      return last === undefined ? [] : (contextsIn(path.join(this.#chats, last)).at(-1) ?? []);
    }
    const file = path.join(this.#demos, 'conversations', `${this.#record(name).current}.jsonl`);
    return contextsIn(file).at(-1) ?? [];
  }

  /** How often a text was ever said to anybody. */
  times(text: string): number {
    const directory = path.join(this.#demos, 'conversations');
    const all = [directory, this.#chats].flatMap((place) =>
      fs.readdirSync(place).flatMap((name) => contextsIn(path.join(place, name)).flat()),
    );
    return all.filter((one) => one.includes(text)).length;
  }

  /** Whether it is told of an entry that nobody can tell what became of it. */
  isParked(entry: string): boolean {
    const text = fs.readFileSync(path.join(this.state, 'outbox', entry), 'utf8');
    return (JSON.parse(text) as { readonly parked: string | null }).parked !== null;
  }

  #record(name: string): Recorded {
    const file = path.join(this.state, 'conversations', `${name}.json`);
    if (!fs.existsSync(file)) return { current: '', former: [] };
    const { current, former } = JSON.parse(fs.readFileSync(file, 'utf8')) as {
      readonly current: { readonly id: string } | null;
      readonly former: readonly { readonly id: string }[];
    };
    return { current: current?.id ?? '', former: former.map(({ id }) => id) };
  }

  #holds(): ReadonlyMap<string, string> {
    const file = path.join(this.state, 'holds.json');
    if (!fs.existsSync(file)) return new Map();
    const { agents } = JSON.parse(fs.readFileSync(file, 'utf8')) as {
      readonly agents: Readonly<Record<string, { readonly by: string }>>;
    };
    return new Map(Object.entries(agents).map(([name, { by }]) => [name, by]));
  }

  /** What waits, as `AGENT/FILE`, what is parked included. */
  #outbox(): readonly string[] {
    const directory = path.join(this.state, 'outbox');
    return fs.existsSync(directory)
      ? fs
          .readdirSync(directory, { recursive: true, encoding: 'utf8' })
          .filter((name) => /^[^/]+\/[^./][^/]*\.json$/.test(name))
      : [];
  }
}
