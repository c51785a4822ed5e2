import { packageVersion, programFile } from '../host/assets.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';

/** Set in the operator's shell, these decide how programs behave and where fleet looks. */
const taken = /^(LANG|LANGUAGE|LC_[A-Z]+|TZ|TMUX_TMPDIR|XDG_(STATE|CONFIG|DATA|CACHE)_HOME)$/;

/** What `install` records: an agent's command then resolves as in the operator's shell. */
export function recordedEnvironment(
  { paths, env }: Context,
  roster: Roster,
): Readonly<Record<string, string>> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => taken.test(entry[0]) && entry[1] !== undefined && entry[1] !== '',
  );
  return {
    PATH: searchPath(env['PATH'] ?? ''),
    ...Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    MOSAIC_HOME: paths.home,
    MOSAIC_FLEET_ROSTER: paths.roster,
    MOSAIC_FLEET_SOCKET: roster.socketName,
    MOSAIC_FLEET_HOLDER: roster.holderSession,
    MOSAIC_FLEET_STATE: paths.state,
    MOSAIC_FLEET_UNITS: paths.units,
    MOSAIC_FLEET_NODE: process.execPath,
    MOSAIC_FLEET_CLI: programFile(),
    MOSAIC_FLEET_VERSION: packageVersion(),
  };
}

/** Relative entries mean another place in every directory, and npm's own entries vanish with the `npx` that set them. */
function searchPath(value: string): string {
  const entries = value
    .split(':')
    .filter((entry) => entry.startsWith('/') && !`${entry}/`.includes('/node_modules/'));
  return [...new Set(entries)].join(':');
}
