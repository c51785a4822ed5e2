import type { DeclaredAgent, Layout } from './declared.js';
import { Random } from './random.js';
import type { FleetWord, Step, Writing } from './step.js';

/**
 * Invents what happens to a fleet. It knows what it has declared and ordered itself, and never looks at the host: the same
 * seed invents the same history on any machine, however slow.
 */
export class Chooser {
  readonly #random: Random;
  #agents: readonly DeclaredAgent[];
  /** Held by the operator's word. */
  readonly #held = new Set<string>();
  #names = 0;
  #site = 0;
  #episode = 0;
  #serverKilled = 0;

  constructor(seed: number, size: number) {
    this.#random = new Random(seed);
    // One that asks, one whose name tmux cannot hold, and plain ones.
    this.#agents = Array.from({ length: size }, (_, index) =>
      declared(index === 0 ? 'lead' : index === 1 ? 'v1.2' : `coder${index}`, index === 0),
    );
  }

  get agents(): readonly DeclaredAgent[] {
    return this.#agents;
  }

  layout(): Layout {
    const style = this.#random.pick(['flow', 'block', 'block', 'json'] as const) ?? 'flow';
    return { style, order: this.#random.whole(1, 1_000_000), comments: this.#random.chance(0.5) };
  }

  /** What happens before the next time of rest. */
  episode(): readonly Step[] {
    this.#episode += 1;
    const steps: Step[] = [];
    const count = this.#random.whole(1, 5);
    for (let index = 0; index < count; index += 1) {
      const step = this.#step(index);
      if (step === null) continue;
      steps.push(step);
      if (this.#random.chance(0.6)) steps.push({ kind: 'pause', ms: this.#random.whole(0, 900) });
    }
    return steps;
  }

  #step(index: number): Step | null {
    const random = this.#random;
    const kind = random.weighted(
      [
        ...[['edit', 10] as const, ['word', 6] as const, ['agent', 7] as const, ['busy', 2] as const],
        ...[['apply', 2] as const, ['controller', 3] as const, ['manager', 1] as const],
        ...[['stranger', 1] as const, ['server', 1] as const, ['site', 1] as const],
      ],
      'edit',
    );
    switch (kind) {
      case 'edit':
        return this.#edit();
      case 'word':
        return this.#word();
      case 'apply':
        return { kind: 'apply', times: random.whole(1, 2) };
      case 'agent': {
        const agent = random.pick(this.#running());
        const acts = ['crash', 'crash', 'kill', 'kill', 'kill-session', 'fork', 'deaf', 'attach'] as const;
        const moves = ['rename-session', 'join-pane', 'swap-pane'] as const;
        const act = random.pick(random.chance(0.15) ? moves : acts) ?? 'kill';
        return agent === null ? null : { kind: 'agent', act, agent };
      }
      case 'busy': {
        const agent = random.pick(this.#running());
        return agent === null ? null : { kind: 'busy', agent, seconds: random.whole(2, 4) };
      }
      case 'controller':
        return {
          kind: 'controller',
          act: random.pick(['kill', 'kill', 'restart', 'stop', 'reload'] as const) ?? 'kill',
        };
      case 'manager':
        return {
          kind: 'manager',
          act: random.pick(['daemon-reload', 'daemon-reexec'] as const) ?? 'daemon-reload',
        };
      case 'stranger':
        return { kind: 'stranger', session: `human${this.#names++}` };
      case 'server':
        // The holder's start limit, ten in five minutes, is not what is tried here.
        if (this.#serverKilled !== 0 && this.#episode - this.#serverKilled < 10) return this.#edit();
        this.#serverKilled = this.#episode;
        return { kind: 'server-killed' };
      case 'site': {
        // First of an episode, at rest: an editor that races with fleet for the file would lose its own line.
        const agent = random.pick(this.#running());
        if (index > 0 || agent === null) return null;
        return { kind: 'site', agent, value: ++this.#site };
      }
    }
  }

  #running(): readonly string[] {
    return this.#agents.filter(({ suspend }) => !suspend).map(({ name }) => name);
  }

  #word(): Step | null {
    const random = this.#random;
    const held = random.pick([...this.#held]);
    if (held !== null && random.chance(0.6)) {
      this.#held.delete(held);
      return { kind: 'fleet', command: random.pick(['release', 'start'] as const) ?? 'release', agent: held };
    }
    const words: readonly FleetWord[] = ['hold', 'stop', 'restart', 'approve', 'start'];
    const command = random.pick(words) ?? 'restart';
    const free = this.#running().filter((name) => !this.#held.has(name));
    const agent = command === 'approve' ? 'lead' : random.pick(free);
    if (agent === null || !this.#agents.some(({ name }) => name === agent)) return null;
    if (command === 'hold' || command === 'stop') this.#held.add(agent);
    return { kind: 'fleet', command, agent };
  }

  #edit(): Step {
    const what = this.#change();
    const layout = this.layout();
    return { kind: 'edit', edit: { agents: this.#agents, layout, how: this.#writing(), what } };
  }

  /** Changes what is declared. @returns in words */
  #change(): string {
    const random = this.#random;
    const kind = random.weighted(
      [
        ...[['nothing', 3] as const, ['version', 5] as const, ['quiet', 2] as const, ['add', 3] as const],
        ...[['remove', 3] as const, ['suspend', 2] as const, ['several', 1] as const],
      ],
      'nothing',
    );
    const free = this.#agents.filter(({ name }) => !this.#held.has(name));
    const one = random.pick(kind === 'version' || kind === 'quiet' ? this.#agents : free);
    if (kind === 'nothing' || one === null) return 'nothing, only written otherwise';
    switch (kind) {
      case 'version':
        return this.#replace(one, { version: one.version + 1 }, `${one.name} changes`);
      case 'quiet':
        return this.#replace(one, { quiet: one.quiet + 1 }, `class and limit of ${one.name}`);
      case 'suspend':
        return this.#replace(one, { suspend: !one.suspend }, `${one.suspend ? 'un' : ''}suspend ${one.name}`);
      case 'add': {
        const gone = ['lead', 'v1.2'].find((name) => !this.#agents.some((agent) => agent.name === name));
        const name = gone ?? `scout${this.#names++}`;
        this.#agents = [...this.#agents, declared(name, name === 'lead')];
        return `add ${name}`;
      }
      case 'remove':
        if (this.#agents.length <= 3) return 'nothing, only written otherwise';
        this.#agents = this.#agents.filter(({ name }) => name !== one.name);
        return `remove ${one.name}`;
      case 'several': {
        const chosen = new Set(random.shuffled(this.#agents).slice(0, random.whole(2, this.#agents.length)));
        this.#agents = this.#agents.map((agent) =>
          chosen.has(agent) ? { ...agent, version: agent.version + 1 } : agent,
        );
        return `${chosen.size} change at once`;
      }
    }
  }

  #replace(one: DeclaredAgent, change: Partial<DeclaredAgent>, what: string): string {
    this.#agents = this.#agents.map((agent) => (agent === one ? { ...agent, ...change } : agent));
    return what;
  }

  #writing(): Writing {
    const random = this.#random;
    const kind =
      random.pick(['rename', 'rename', 'in-place', 'twice', 'torn', 'broken'] as const) ?? 'rename';
    switch (kind) {
      case 'rename':
      case 'in-place':
        return { kind };
      case 'twice':
        return { kind, pause: random.whole(0, 400), second: this.layout() };
      case 'torn':
        return {
          ...{ kind, lines: random.chance(0.5), pause: random.whole(0, 500) },
          // The end is where half a file is most like a whole one.
          part: random.chance(0.5) ? random.next() : 0.85 + random.next() * 0.15,
        };
      case 'broken': {
        const texts = [null, '', 'version: 1\ntransport: tmux\nagents: []\n', '{', 'agents: [*no]\n'];
        return { kind, text: random.pick(texts), pause: random.whole(50, 2500) };
      }
    }
  }
}

const declared = (name: string, ask: boolean): DeclaredAgent => ({
  ...{ name, version: 1, quiet: 0, ask, suspend: false },
});
