import type { ModelRequest } from '../support/model-server.js';
import { NAMES, type Name } from './campaign-step.js';

/** One message, by its mark. */
interface Said {
  readonly mark: string;
  /** It was seen in a request. */
  readonly seen: boolean;
  /** Answered in peace: from now on it belongs into every request of this agent. A turn that was cut off may be known or not. */
  readonly answered: boolean;
}

/** What one request showed of the conversation that it continues. */
export interface Verdict {
  /** Marks that are not there, out of order, or whose answer is not there. */
  readonly lost: readonly string[];
  /** Marks of the other agent. */
  readonly mixed: readonly string[];
  /** Marks that are there more than once. */
  readonly repeated: readonly string[];
}

/** What was said to whom, and what of it the model was told: the judge of a campaign. */
export class Histories {
  readonly #said: Readonly<Record<Name, Said[]>> = { a: [], b: [] };
  #count = 0;

  /** Turns that were cut off, and how many of them the agent knew of afterwards. */
  cut = 0;
  remembered = 0;

  /** A mark that no other contains. */
  mark(name: Name): string {
    this.#count += 1;
    return `${name}${this.#count}mark`;
  }

  answered(name: Name, mark: string): void {
    this.#said[name].push({ mark, answered: true, seen: false });
  }

  cutOff(name: Name, mark: string): void {
    this.#said[name].push({ mark, answered: false, seen: false });
    this.cut += 1;
  }

  known(name: Name): number {
    return this.#said[name].filter(({ answered }) => answered).length;
  }

  /** Judges the request by which a fresh message of the agent reached the model. What is lost is told once. */
  judge(name: Name, request: ModelRequest): Verdict {
    const texts = request.texts.join('\n');
    const answers = request.answers.join('\n');
    const times = (mark: string): number => texts.split(mark).length - 1;
    let last = -1;
    const lost: string[] = [];
    const repeated: string[] = [];
    const kept: Said[] = [];
    for (const { mark, answered, seen } of this.#said[name]) {
      const at = texts.indexOf(mark);
      if (times(mark) > 1) repeated.push(mark);
      if (at > last && (!answered || answers.includes(mark))) {
        if (!answered && !seen) this.remembered += 1;
        last = at;
        // What it knew of once it may not forget: a turn that was cut off too, but for the answer.
        kept.push({ mark, answered, seen: true });
      } else if (answered || seen) {
        const what = at < 0 ? 'all of it' : at < last ? 'its place' : 'its answer';
        lost.push(`${mark} (${what})`);
      }
    }
    this.#said[name].splice(0, Infinity, ...kept);
    const others = NAMES.filter((other) => other !== name);
    const mixed = others.flatMap((other) =>
      this.#said[other].map(({ mark }) => mark).filter((mark) => times(mark) > 0 || answers.includes(mark)),
    );
    return { lost, mixed, repeated };
  }
}
