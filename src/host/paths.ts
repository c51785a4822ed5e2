import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** Every place on the host that fleet reads or writes. All absolute. */
export interface Paths {
  /** The operator's home directory, for `~`. */
  readonly userHome: string;
  readonly home: string;
  readonly fleet: string;
  readonly agents: string;
  readonly environment: string;
  readonly fleetTools: string;
  readonly tmuxTools: string;
  readonly units: string;
  readonly state: string;
  readonly lock: string;
  readonly roster: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws Error where no home directory is known at all */
export function resolvePaths(flags: { mosaicHome?: string; roster?: string }, env: Environment): Paths {
  const userHome = path.resolve(present(env['HOME']) ?? os.userInfo().homedir);
  const config = absolute(env['XDG_CONFIG_HOME']) ?? path.join(userHome, '.config');
  const home = path.resolve(
    present(flags.mosaicHome) ?? present(env['MOSAIC_HOME']) ?? path.join(userHome, '.config', 'mosaic'),
  );
  const state = absolute(env['XDG_STATE_HOME']) ?? path.join(userHome, '.local', 'state');
  const fleet = path.join(home, 'fleet');
  return {
    userHome,
    home,
    fleet,
    agents: path.join(fleet, 'agents'),
    environment: path.join(fleet, 'environment'),
    fleetTools: path.join(home, 'tools', 'fleet'),
    tmuxTools: path.join(home, 'tools', 'tmux'),
    units: path.join(config, 'systemd', 'user'),
    state: path.join(state, 'mosaic', 'fleet'),
    lock: path.join(state, 'mosaic', 'fleet', 'locks', 'pass'),
    roster: path.resolve(present(flags.roster) ?? installedRoster(home, env) ?? defaultRoster(fleet)),
  };
}

/** Agent names hold no slash (the roster's alphabet), so these stay inside their directories. */
export const agentFile = (paths: Paths, agent: string, kind: 'env' | 'json' | 'launch'): string =>
  `${paths.agents}/${agent}.${kind}`;

export const limitsFile = (paths: Paths, agent: string): string =>
  path.join(paths.units, `mosaic-agent@${agent}.service.d`, '50-fleet.conf');

/** How agents ended last, a file each, replaced as a whole. */
export const exitsDirectory = ({ state }: Paths): string => path.join(state, 'exits');

export const exitFile = (paths: Paths, agent: string): string => path.join(exitsDirectory(paths), agent);

/** Held by the one controller. */
export const controllerLock = ({ state }: Paths): string => path.join(state, 'locks', 'controller');

/** What was left for an agent, a file each. */
export const outboxDirectory = (paths: Paths, agent: string): string =>
  path.join(paths.state, 'outbox', agent);

/** Which conversations an agent has. */
export const conversationFile = ({ state }: Pick<Paths, 'state'>, agent: string): string =>
  `${state}/conversations/${agent}.json`;

/** The id of the conversation to which a message of an agent's was delivered last. */
export const acceptedFile = ({ state }: Pick<Paths, 'state'>, agent: string): string =>
  `${state}/conversations/${agent}.accepted`;

/** Who types into an agent holds this lock meanwhile. */
export const talkLock = (paths: Paths, agent: string): string =>
  path.join(paths.state, 'locks', `talk-${agent}`);

/**
 * In fleet's own units and panes: the roster that `install` has recorded. The controller is started without words, and an agent that
 * talks to its colleagues says none.
 */
function installedRoster(home: string, env: Environment): string | undefined {
  const own = present(env['MOSAIC_HOME']);
  return own !== undefined && path.resolve(own) === home ? absolute(env['MOSAIC_FLEET_ROSTER']) : undefined;
}

/** Where the roster is looked for, the first that is there being the one. */
export const defaultRosters = (fleet: string): readonly string[] =>
  ['roster.yaml', 'roster.yml', 'roster.json'].map((name) => path.join(fleet, name));

function defaultRoster(fleet: string): string {
  return defaultRosters(fleet).find((file) => fs.existsSync(file)) ?? path.join(fleet, 'roster.yaml');
}

/** "If an implementation encounters a relative path in any of these variables it should consider the path invalid and ignore it." */
const absolute = (value: string | undefined): string | undefined =>
  value !== undefined && path.isAbsolute(value) ? value : undefined;

const present = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

/** A path as an operator writes it: `~/…` below the home directory. */
export function displayPath(file: string, userHome: string): string {
  return file === userHome ? '~' : file.startsWith(`${userHome}/`) ? `~${file.slice(userHome.length)}` : file;
}
