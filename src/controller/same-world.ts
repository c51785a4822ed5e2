import type { Plan } from './action.js';
import type { World } from './assess.js';

/**
 * Whether two looks showed the very same, by identity: whoever looks again and again gets the same value for what has not
 * changed. When they were made is not compared.
 */
export function isSameWorld(a: World, b: World): boolean {
  const [one, other] = [a.observed, b.observed];
  return (
    a.roster === b.roster &&
    a.desired === b.desired &&
    one.units === other.units &&
    one.tmux === other.tmux &&
    one.files === other.files &&
    one.obstacles === other.obstacles &&
    one.ends === other.ends &&
    one.memory === other.memory &&
    // Told anew at each look. What their files hold, which is no part of the text, decides nothing where nothing is due.
    JSON.stringify([...one.conversations]) === JSON.stringify([...other.conversations])
  );
}

/**
 * Whether nothing is to be done and nothing is in doubt. Time alone then brings nothing: it opens and closes gates, and
 * where there is no action there is no gate. So the plan of such a world is its plan for as long as the world is the same.
 */
export const isQuiet = ({ actions, unknownAgents, unknownSources, holder }: Plan): boolean =>
  actions.length + unknownAgents.length + unknownSources.length === 0 && holder === undefined;
