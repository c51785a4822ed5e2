import type { Plan } from '../../controller/action.js';
import type { ApplyEvent } from '../../controller/apply.js';
import type { Sight } from '../../controller/reconciler.js';
import type { Meter, TurnResult } from '../../controller/turn.js';
import type { Roster } from '../../roster/types.js';
import { MetricsFile } from './metrics-file.js';
import type { MetricsWanted } from './metrics-options.js';
import { MetricsServer } from './metrics-server.js';
import { Prometheus } from './prometheus.js';

/** Tells of a standing trouble once, and of its end. */
export interface MetricsTeller {
  well(message: string): void;
  trouble(message: string): void;
}

export interface MetricsSurroundings {
  readonly version: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** The file is written, and a port in use tried again, at most so often. Milliseconds. */
  readonly intervalMs: number;
  readonly say: (priority: 4 | 5, message: string) => void;
}

/**
 * Metrics on request. Loaded only when somebody asked, together with the library behind it: no other command pays for
 * either. Losing them is never a reason to stop reconciling.
 */
export class Metrics implements Meter {
  readonly #prometheus: Prometheus;
  readonly #file: MetricsFile | null;
  readonly #server: MetricsServer | null;
  readonly #intervalMs: number;
  #lastTurn = -Infinity;
  #closed = false;

  constructor({ file, address }: MetricsWanted, { version, now, intervalMs, say }: MetricsSurroundings) {
    this.#prometheus = new Prometheus(version, now);
    this.#intervalMs = intervalMs;
    this.#file = file === null ? null : new MetricsFile(file, teller(say));
    this.#server =
      address === null ? null : new MetricsServer(address.host, address.port, this.#prometheus, teller(say));
  }

  /** Resolves once metrics are served, or it was told why not. */
  async open(): Promise<void> {
    await this.#server?.listen();
  }

  rosterState(problem: string | null, roster: Roster | null): void {
    this.#prometheus.rosterState(problem, roster);
  }

  looked(seen: Sight, plan: Plan): void {
    this.#prometheus.looked(seen, plan);
  }

  observed(seconds: number, failures: Parameters<Meter['observed']>[1]): void {
    this.#prometheus.observed(seconds, failures);
  }

  event(event: ApplyEvent): void {
    this.#prometheus.event(event);
  }

  passed(seconds: number, result: TurnResult): void {
    this.#prometheus.passed(seconds, result);
    const now = performance.now();
    if (now - this.#lastTurn < this.#intervalMs) return;
    this.#lastTurn = now;
    void this.#server?.listen();
    void this.#write();
  }

  /** The controller ends: what it told is not true any more. */
  async close(): Promise<void> {
    await this.#server?.close();
    this.#closed = true;
    this.#file?.remove();
  }

  async #write(): Promise<void> {
    if (this.#file === null) return;
    const text = await this.#prometheus.text();
    if (!this.#closed) this.#file.write(text);
  }
}

function teller(say: MetricsSurroundings['say']): MetricsTeller {
  let last: string | null = null;
  const once =
    (priority: 4 | 5) =>
    (message: string): void => {
      if (message !== last) say(priority, message);
      last = message;
    };
  return { well: once(5), trouble: once(4) };
}
