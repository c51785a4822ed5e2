import * as fs from 'node:fs';
import * as path from 'node:path';
import { resolvePaths, type Environment, type Paths } from '../host/paths.js';
import { tmuxTmpdir, type InstallRecord } from '../observers/installation.js';

interface Here {
  readonly paths: Pick<Paths, 'home' | 'roster' | 'units' | 'state'>;
  readonly env: Environment;
}

/**
 * A command of fleet as it is to be typed where this one was typed. Without the options that led here it would act on another
 * home or another roster.
 *
 * @param words e.g. `init --write`
 */
export function typed({ paths, env }: Here, words: string): string {
  const home = resolvePaths({}, env).home === paths.home ? '' : ` --mosaic-home ${shellWord(paths.home)}`;
  const found = resolvePaths({ mosaicHome: paths.home }, env).roster;
  const roster = found === paths.roster ? '' : ` --roster ${shellWord(paths.roster)}`;
  return `fleet${home}${roster} ${words}`;
}

/** The first words of every such command, for who has the rest: `fleet`, and the options that led here. */
export const fleetWord = (here: Here): string => typed(here, '').trimEnd();

/**
 * What is typed here, one command after the other, to take a fleet from what `install` has recorded to what this command has:
 * it is stopped with the one, and installed and started with the other. Of a roster that was renamed there is a copy for the stop.
 *
 * @param between what is to be done between the stop and the installation
 */
export const wayToMove = (
  here: Here,
  record: InstallRecord,
  between: readonly string[] = [],
): readonly string[] => {
  const renamed = record.roster !== here.paths.roster && !fs.existsSync(record.roster);
  const [then, now] = [shellWord(record.roster), shellWord(here.paths.roster)];
  return [
    ...(renamed ? [`cp ${now} ${then}`] : []),
    typedAsRecorded(here, record, 'stop'),
    ...(renamed ? [`rm ${then}`] : []),
    ...between,
    typed(here, 'install'),
    typed(here, 'start'),
  ];
};

function typedAsRecorded({ paths, env }: Here, record: InstallRecord, words: string): string {
  const unset = record.tmuxTmpdir === null && tmuxTmpdir(env) !== null;
  const set = {
    ...(record.tmuxTmpdir === null || record.tmuxTmpdir === tmuxTmpdir(env)
      ? {}
      : { TMUX_TMPDIR: record.tmuxTmpdir }),
    // Two directories of fleet's own stand below each of these.
    ...(record.state === paths.state ? {} : { XDG_STATE_HOME: path.dirname(path.dirname(record.state)) }),
    ...(record.units === paths.units ? {} : { XDG_CONFIG_HOME: path.dirname(path.dirname(record.units)) }),
  };
  const before = [
    ...(unset ? ['env -u TMUX_TMPDIR'] : []),
    ...Object.entries(set).map(([name, value]) => `${name}=${shellWord(value)}`),
  ];
  const there = { paths: { ...paths, home: record.home, roster: record.roster }, env: { ...env, ...set } };
  return [...before, typed(there, words)].join(' ');
}

export const shellWord = (text: string): string =>
  /^[\w@%+:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
