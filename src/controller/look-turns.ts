export interface LookTurnsPort {
  /** A clock that no one sets, milliseconds. */
  readonly now: () => number;
  /** Calls back once after so many milliseconds; the returned function cancels. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

/**
 * Looks at the host, one turn after another: their starts lie at least `gapMs` apart, whoever asks for them, and the first
 * after a pause begins at once. Who asks while a look waits for its turn shares it: it shows what is the case later.
 */
export class LookTurns<Seen> {
  readonly #port: LookTurnsPort;
  readonly #gapMs: number;
  readonly #look: (where: string) => Promise<Seen>;
  readonly #waiting = new Map<string, Promise<Seen>>();
  /** Before this moment no look begins. */
  #notBefore = -Infinity;

  /** @param look at the host; `where` names what part of it, and only looks at the same one are shared */
  constructor(port: LookTurnsPort, gapMs: number, look: (where: string) => Promise<Seen>) {
    this.#port = port;
    this.#gapMs = gapMs;
    this.#look = look;
  }

  take(where: string): Promise<Seen> {
    const waiting = this.#waiting.get(where);
    if (waiting !== undefined) return waiting;
    const now = this.#port.now();
    const at = Math.max(now, this.#notBefore);
    this.#notBefore = at + this.#gapMs;
    if (at <= now) return this.#look(where);
    const turn = new Promise<void>((resolve) => {
      this.#port.after(at - now, resolve);
    }).then(() => {
      this.#waiting.delete(where);
      return this.#look(where);
    });
    this.#waiting.set(where, turn);
    return turn;
  }
}
