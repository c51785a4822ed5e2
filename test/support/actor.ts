import type { Actuators } from '../../src/controller/port.js';
import { FleetKilled } from './fake-host.js';
import type { VirtualHost } from './virtual-host.js';

/** A process of fleet, controller or command, that may be killed between any two things it does. */
export class Actor {
  readonly name: string;
  /** Set by whoever judges: how often it called the host. */
  calls = 0;
  /** So many calls of the host it survives; null: all. */
  callsLeft: number | null = null;
  #isDead = false;
  readonly #atDeath: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** What the kernel does for it: locks, timers. */
  onDeath(work: () => void): void {
    this.#atDeath.push(work);
  }

  kill(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    for (const work of this.#atDeath) work();
  }

  /** What it waits for never comes once it is dead. */
  waitFor<Value>(work: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      work.then(
        (value) => {
          if (!this.#isDead) resolve(value);
        },
        (error: unknown) => {
          if (!this.#isDead) reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }

  /** The host behind its hands. What was begun in systemd goes on without it. */
  handsOn(host: VirtualHost): Actuators {
    return new Proxy<Actuators>(host, {
      get: (_, key) => {
        const member: unknown = Reflect.get(host, key, host);
        if (typeof member !== 'function') return member;
        return (...args: readonly unknown[]): unknown => {
          this.#call();
          const result: unknown = Reflect.apply(member, host, args);
          return result instanceof Promise ? this.waitFor(result) : result;
        };
      },
    });
  }

  #call(): void {
    if (this.callsLeft === 0) this.kill();
    if (this.#isDead) throw new FleetKilled();
    if (this.callsLeft !== null) this.callsLeft -= 1;
    this.calls += 1;
  }
}
