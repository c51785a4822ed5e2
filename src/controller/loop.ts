/**
 * The controller's heart: passes, one at a time, their starts at least `gapMs` apart, at the latest after `resyncMs`.
 *
 *          wake                 gap over                 done
 *   idle ────────► due ───────────────────► passing ───────────► idle
 *     ▲  time is up │                          │  wake
 *     └─────────────┘                          ▼
 *                                        passing-dirty ──done──► due
 *
 * Whoever wakes it says nothing but "look": a hundred wake-ups during a pass are one more pass.
 */
export type LoopState = 'idle' | 'due' | 'passing' | 'passing-dirty' | 'stopped';

export interface PassOutcome {
  /** Milliseconds after which the next pass is due at the latest; null: at the resync. */
  readonly nextMs: number | null;
}

export interface LoopTimings {
  /** The next pass starts at least this long after the last one's start. Milliseconds. */
  readonly gapMs: number;
  /** A pass is due after this long without one, milliseconds, plus up to a tenth. */
  readonly resyncMs: number;
}

export interface LoopPort {
  /** One pass. Never rejects. */
  readonly pass: () => Promise<PassOutcome>;
  /** A clock that no one sets, milliseconds. */
  readonly now: () => number;
  /** Calls back once after so many milliseconds; the returned function cancels. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export class Loop {
  readonly #port: LoopPort;
  readonly #timings: LoopTimings;
  readonly #finished: Promise<void>;
  #state: LoopState = 'idle';
  /** Before this moment no pass begins. */
  #notBefore = -Infinity;
  #cancelTimer: () => void = () => undefined;
  #finish: () => void = () => undefined;

  constructor(port: LoopPort, timings: LoopTimings) {
    this.#port = port;
    this.#timings = timings;
    this.#finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get state(): LoopState {
    return this.#state;
  }

  /** Asks for a pass. */
  wake(): void {
    switch (this.#state) {
      case 'idle':
        this.#becomeDue();
        return;
      case 'passing':
        this.#state = 'passing-dirty';
        return;
      case 'due':
      case 'passing-dirty':
      case 'stopped':
    }
  }

  /** No further pass begins; resolves once the one under way has ended. */
  async stop(): Promise<void> {
    const underWay = this.#state === 'passing' || this.#state === 'passing-dirty';
    const again = this.#state === 'stopped';
    this.#cancelTimer();
    this.#state = 'stopped';
    if (!underWay && !again) this.#finish();
    await this.#finished;
  }

  #becomeDue(): void {
    this.#state = 'due';
    this.#cancelTimer();
    const gap = this.#notBefore - this.#port.now();
    this.#cancelTimer = this.#port.after(Math.max(0, gap), () => void this.#pass());
  }

  async #pass(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'passing';
    const started = this.#port.now();
    const { nextMs } = await this.#port.pass();
    this.#notBefore = started + this.#timings.gapMs;
    switch (this.#state as LoopState) {
      case 'stopped':
        this.#finish();
        return;
      case 'passing-dirty':
        this.#becomeDue();
        return;
      case 'passing':
      case 'idle':
      case 'due': {
        this.#state = 'idle';
        const resync = this.#timings.resyncMs * (1 + this.#port.random() / 10);
        const wait = nextMs === null ? resync : Math.min(resync, Math.max(0, nextMs));
        this.#cancelTimer = this.#port.after(wait, () => this.wake());
      }
    }
  }
}
