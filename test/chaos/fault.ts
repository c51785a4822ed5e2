/** What goes wrong, and where: as test/support/faults.cjs reads it. */
export interface Fault {
  /** The place: its number, from 1, among those whose line in the trace fits the pattern. */
  readonly at: number;
  readonly among: string;
  readonly kind: 'die' | 'die-half' | 'die-during' | 'full' | 'io' | 'denied' | 'run' | 'program';
  /** For `program`. */
  readonly how?: string;
  /** For `run`. */
  readonly script?: string;
}

/** One thing that fleet did to the host, as the trace tells. */
export interface Place {
  /** null: it is none of those that are counted. */
  readonly number: number | null;
  /** A function of Node's, or `spawn`, or `exit`. */
  readonly what: string;
  readonly on: string;
}

export function readTrace(text: string): readonly Place[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [number, what = '', ...on] = line.split(' ');
      return { number: number === '-' ? null : Number(number), what, on: on.join(' ') };
    });
}
