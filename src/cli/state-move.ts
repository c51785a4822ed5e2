import { keptIn, type Kept } from '../observers/kept-state.js';
import { shellWord } from './typed.js';

/** A state directory that was recorded, whose place another one is to take. */
export interface StateMove {
  readonly from: string;
  readonly to: string;
  /** What would be left behind: the other one has nothing of the kind. */
  readonly left: readonly Kept[];
  /** What takes it along, for a shell. */
  readonly command: string;
}

/** @returns null where nothing is lost */
export function stateMove(from: string, to: string, now: number): StateMove | null {
  if (from === to) return null;
  const there = keptIn(to, now);
  const left = keptIn(from, now).filter((kind) => !there.includes(kind));
  const [old, target] = [from, to].map(shellWord);
  // The other one may be there already, if only for a lock.
  return left.length === 0
    ? null
    : { from, to, left, command: `mkdir -p ${target} && cp -a ${old}/. ${target} && rm -r ${old}` };
}
