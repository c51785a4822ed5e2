import * as fs from 'node:fs';
import * as path from 'node:path';
import { readText, stampOf } from '../host/atomic-file.js';
import { assetDirectories, homeOfUnit, hostAssets, type Asset } from '../host/assets.js';
import type { Paths } from '../host/paths.js';
import type { ParseEnvironment } from './agent-files.js';

/** What `fleet install` recorded for the units and for every later command. */
export interface InstallRecord {
  readonly home: string;
  readonly roster: string;
  readonly socketName: string;
  readonly holderSession: string;
  readonly state: string;
  /** The directory of the units. */
  readonly units: string;
  /** null: tmux's default. */
  readonly tmuxTmpdir: string | null;
  readonly path: string;
  /** What the units of agents take from it: all lines, the operator's own over fleet's. */
  readonly environment: Readonly<Record<string, string>>;
  readonly version: string;
}

export interface Installation {
  readonly record: InstallRecord | null;
  /** Assets that are missing or differ from this version's. */
  readonly stale: readonly Asset[];
  /** All of them: nothing was installed. */
  readonly missing: boolean;
  /** The home that the installed units belong to, where it is another one. */
  readonly otherHome: string | null;
  /** Why what is installed, and for whom, cannot be told: not the same as nothing. */
  readonly unreadable: string | null;
}

/** Whose fleet is installed. */
export type Owner = Pick<Installation, 'record' | 'otherHome' | 'unreadable'>;

/**
 * For who looks again and again: what has not changed, here or in the package, is not read again.
 *
 * @returns observes the installation
 */
export function rememberedInstallation(paths: Paths, parse: ParseEnvironment): () => Installation {
  let before: { readonly stamp: string; readonly installation: Installation } | null = null;
  let files: readonly string[] = [];
  return () => {
    const stamp = files.length === 0 ? null : stampOf(...files);
    if (before !== null && stamp === before.stamp) return before.installation;
    const installation = observeInstallation(paths, parse);
    const sources = assetDirectories().flatMap((directory) => [directory, ...filesIn(directory)]);
    files = [...sources, ...hostAssets(paths).map(({ target }) => target), paths.environment];
    const after = stampOf(...files);
    before = after === null ? null : { stamp: after, installation };
    return installation;
  };
}

const filesIn = (directory: string): readonly string[] =>
  fs.existsSync(directory) ? fs.readdirSync(directory).map((name) => path.join(directory, name)) : [];

/** Two files, where all of them are read for what is in force. */
export function observeOwner(paths: Paths, parse: ParseEnvironment): Owner {
  const unit = readText(path.join(paths.units, 'mosaic-agent@.service'));
  const recorded = readText(paths.environment);
  const unitHome = unit.state === 'present' ? homeOfUnit(unit.text) : null;
  const [unreadable = null] = [recorded, unit].flatMap((file) =>
    file.state === 'unknown' ? file.message : [],
  );
  return {
    record: recorded.state === 'present' ? recordIn(recorded.text, paths, parse) : null,
    otherHome: unitHome !== null && unitHome !== paths.home ? unitHome : null,
    unreadable,
  };
}

export function observeInstallation(paths: Paths, parse: ParseEnvironment): Installation {
  const assets = hostAssets(paths);
  const stale = assets.filter(({ target, content }) => {
    const found = readText(target);
    return found.state !== 'present' || found.text !== content;
  });
  const unit = readText(path.join(paths.units, 'mosaic-agent@.service'));
  return {
    ...observeOwner(paths, parse),
    stale,
    missing: unit.state === 'absent' || assets.every(({ target }) => !fs.existsSync(target)),
  };
}

function recordIn(text: string, paths: Paths, parse: ParseEnvironment): InstallRecord | null {
  const { managed, site } = parse(text);
  const [home, roster, socketName, holderSession] = [
    managed['MOSAIC_HOME'],
    managed['MOSAIC_FLEET_ROSTER'],
    managed['MOSAIC_FLEET_SOCKET'],
    managed['MOSAIC_FLEET_HOLDER'],
  ];
  if (home === undefined || roster === undefined || socketName === undefined || holderSession === undefined)
    return null;
  return {
    home,
    roster,
    socketName,
    holderSession,
    state: managed['MOSAIC_FLEET_STATE'] ?? paths.state,
    units: managed['MOSAIC_FLEET_UNITS'] ?? paths.units,
    tmuxTmpdir: tmuxTmpdir({ ...managed, ...site }),
    path: site['PATH'] ?? managed['PATH'] ?? '',
    environment: { ...managed, ...site },
    version: managed['MOSAIC_FLEET_VERSION'] ?? 'unknown',
  };
}

/** tmux takes an empty TMUX_TMPDIR, and one that does not exist, for /tmp. */
export function tmuxTmpdir(env: Readonly<Record<string, string | undefined>>): string | null {
  const value = (env['TMUX_TMPDIR'] ?? '').replace(/(.)\/+$/, '$1');
  return value === '' || value === '/tmp' ? null : value;
}
