import * as fs from 'node:fs';
import * as path from 'node:path';

/** Why the history itself ended, or may end, an agent's life. */
export type Cause =
  /** The agent or its session was ended behind fleet's back. */
  | 'killed'
  | 'server killed'
  /** The operator said stop or restart, or took it out of the roster, or suspended it. */
  | 'ordered'
  /** A change that means a restart, once the agent is idle and nobody is attached. */
  | 'changed';

interface Life {
  readonly what: 'started' | 'ended';
  readonly pid: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly workedMs: number;
}

/** So long an agent must have been at work, or watched, before its restart is a mistake: the order may have crossed it. */
const crossingMs = 1500;

/**
 * Knows which ends of agents' lives the history accounts for. Every life is counted by the agent itself, in its diary, so
 * that one lost between two looks is seen, too.
 */
export class Ledger {
  readonly #diary: string;
  readonly #read = new Map<string, number>();
  readonly #causes = new Map<string, Cause[]>();
  readonly #attached: { readonly agent: string; readonly from: number; to: number }[] = [];
  #alive: ReadonlyMap<string, number> = new Map();
  readonly #known = new Set<string>();
  lives = 0;
  losses = 0;
  unneeded = 0;

  constructor(diary: string) {
    this.#diary = diary;
  }

  /** Names that the roster has held. Others may come of half a file, and lose nothing when they go. */
  know(agents: readonly string[]): void {
    for (const agent of agents) this.#known.add(agent);
  }

  expect(agent: string, cause: Cause): void {
    this.#causes.set(agent, [...(this.#causes.get(agent) ?? []), cause]);
  }

  /** Whether a change was made in this episode that means a restart; it may not have come yet. */
  mayChange(agent: string): boolean {
    return this.#causes.get(agent)?.includes('changed') === true;
  }

  /** @returns to be called when the human leaves; after that it tells nothing new */
  attached(agent: string): () => void {
    const time = { agent, from: Date.now(), to: Infinity };
    this.#attached.push(time);
    return () => {
      // `script` ends two seconds after the client that it was asked to end, and a restart that waited for him need not.
      time.to = Math.min(time.to, Date.now());
    };
  }

  /** Closes the books of an episode. @returns what is wrong, a line each */
  close(alive: ReadonlyMap<string, number>): readonly string[] {
    const names = fs.existsSync(this.#diary) ? fs.readdirSync(this.#diary) : [];
    const findings = names
      .filter((name) => this.#known.has(name))
      .flatMap((agent) => this.#judge(agent, alive));
    this.#causes.clear();
    this.#attached.length = 0;
    this.#alive = alive;
    return findings;
  }

  #judge(agent: string, alive: ReadonlyMap<string, number>): readonly string[] {
    const entries = this.#news(agent);
    const started = entries.filter(({ what }) => what === 'started');
    const [before, after] = [this.#alive.get(agent), alive.get(agent)];
    const ends = started.length + (before === undefined ? 0 : 1) - (after === undefined ? 0 : 1);
    const causes = this.#causes.get(agent) ?? [];
    this.lives += started.length;
    this.losses += ends;
    const unneeded = Math.max(0, ends - causes.length);
    this.unneeded += unneeded;
    const story = [before ?? '-', ...started.map(({ pid }) => pid)].join(' → ');
    const findings: string[] = [];
    if (unneeded > 0)
      findings.push(
        `${agent} lost ${ends} contexts, the history accounts for ${causes.length} (${causes.join(', ') || 'none'}): pids ${story}`,
      );
    // Where nothing but a change ended it, it must have waited for its moment.
    if (causes.length === 0 || causes.some((cause) => cause !== 'changed')) return findings;
    for (const { what, pid, at, workedMs } of entries) {
      if (what !== 'ended') continue;
      const watched = this.#attached.some(
        (time) => time.agent === agent && at > time.from + crossingMs && at < time.to,
      );
      if (workedMs > crossingMs)
        findings.push(`${agent} (${pid}) was restarted after ${workedMs} ms of work`);
      if (watched) findings.push(`${agent} (${pid}) was restarted while somebody was attached`);
    }
    return findings;
  }

  #news(agent: string): readonly Life[] {
    const text = fs.readFileSync(path.join(this.#diary, agent), 'utf8');
    const from = this.#read.get(agent) ?? 0;
    this.#read.set(agent, text.length);
    return text
      .slice(from)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [what = '', pid, at, workedMs] = line.split(' ');
        return {
          what: what === 'started' ? what : 'ended',
          pid: Number(pid),
          at: Number(at),
          workedMs: Number(workedMs),
        };
      });
  }
}
