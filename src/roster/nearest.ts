import { distance } from 'fastest-levenshtein';

// Beyond this length nobody mistypes a name into another one, and the comparison is quadratic.
const LONGEST = 100;

/**
 * The candidate that `name` is plausibly a slip of: at most a third of its letters differ, letter case apart.
 * Null where none is near enough to be worth a question. The first candidate wins a tie.
 */
export const nearest = (name: string, candidates: Iterable<string>): string | null => {
  if (name.length === 0 || name.length > LONGEST) return null;
  const wanted = name.toLowerCase();
  let best: string | null = null;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    if (candidate === name) return candidate;
    const allowed = Math.max(1, Math.floor(Math.max(name.length, Math.min(candidate.length, LONGEST)) / 3));
    if (Math.abs(candidate.length - name.length) > allowed) continue;
    const found = slips(wanted, candidate.toLowerCase());
    // A name of one or two letters resembles every other one.
    if (found > allowed || found >= Math.max(name.length, candidate.length)) continue;
    if (found < bestDistance) {
      best = candidate;
      bestDistance = found;
    }
  }
  return best;
};

const letters = (text: string): string => Array.from(text).sort().join('');

// Two letters swapped are one slip, though two edits.
const slips = (name: string, candidate: string): number => {
  if (name === candidate) return 0;
  return name.length === candidate.length && letters(name) === letters(candidate)
    ? 1
    : distance(name, candidate);
};
