import * as fs from 'node:fs';
import type { SoakFleet } from './soak-fleet.js';

/** What the controller costs, over all its lives: processor time, memory, programs started. */
export class Meter {
  readonly #fleet: SoakFleet;
  readonly #begun = performance.now();
  #pid = 0;
  #ticks = { own: 0, children: 0 };
  #before = { own: 0, children: 0 };
  #rss: number[] = [];
  lives = 0;

  constructor(fleet: SoakFleet) {
    this.#fleet = fleet;
  }

  async sample(): Promise<void> {
    const pid = await this.#fleet.controllerPid();
    if (pid === 0) return;
    if (pid !== this.#pid) {
      this.#before = {
        own: this.#before.own + this.#ticks.own,
        children: this.#before.children + this.#ticks.children,
      };
      this.#pid = pid;
      this.lives += 1;
    }
    const now = costOf(pid);
    if (now === null) return;
    this.#ticks = now;
    this.#rss.push(now.rssKb);
  }

  calls(): number {
    return fs.readFileSync(this.#fleet.calls, 'utf8').split('\n').length - 1;
  }

  /** In seconds of a processor. */
  get ownSeconds(): number {
    return (this.#before.own + this.#ticks.own) / 100;
  }

  get childSeconds(): number {
    return (this.#before.children + this.#ticks.children) / 100;
  }

  get seconds(): number {
    return (performance.now() - this.#begun) / 1000;
  }

  text(): string {
    const mb = (kb: number | undefined): string => ((kb ?? 0) / 1024).toFixed(1);
    const share = ((this.ownSeconds / this.seconds) * 100).toFixed(2);
    return [
      `controller: ${this.lives} lives, CPU ${this.ownSeconds.toFixed(2)} s (${share} % of a core), its programs ${this.childSeconds.toFixed(2)} s`,
      `RSS ${mb(this.#rss[0])} MB at first, ${mb(this.#rss.at(-1))} at last, ${mb(Math.max(...this.#rss))} at most`,
      `${this.calls()} programs started in ${this.seconds.toFixed(0)} s`,
    ].join('; ');
  }
}

/** Ticks (hundredths of a second, USER_HZ) and kilobytes of a process; null where it has ended. */
export function costOf(pid: number): { own: number; children: number; rssKb: number } | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
    const rssKb = Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    // A zombie has none.
    if (Number.isNaN(rssKb)) return null;
    return { own: user + system, children: childUser + childSystem, rssKb };
  } catch {
    return null;
  }
}
