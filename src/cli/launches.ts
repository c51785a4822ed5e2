import type { Desired } from '../controller/desired.js';
import type { Launch } from '../observers/obstacles.js';
import { expandHome } from '../roster/effective.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';

/**
 * What each agent needs on the host to be launched.
 *
 * @param recordedPath PATH as `install` recorded it; null where nothing is installed
 */
export function launches(
  { paths, env }: Context,
  { agents }: Roster,
  desired: ReadonlyMap<string, Desired>,
  recordedPath: string | null,
): readonly Launch[] {
  const fallback = recordedPath ?? env['PATH'] ?? '';
  return agents.flatMap(({ name }) => {
    const wanted = desired.get(name);
    const program = wanted?.kind === 'resolved' ? wanted.effective.argv[0] : undefined;
    if (wanted?.kind !== 'resolved' || program === undefined) return [];
    const { workingDirectory, env: own } = wanted.effective;
    return [
      {
        agent: name,
        directory: expandHome(workingDirectory, paths.userHome),
        program,
        path: own['PATH'] ?? fallback,
      },
    ];
  });
}
