import * as fs from 'node:fs';
import * as path from 'node:path';
import { systemctl } from '../support/user-manager.js';
import type { CommandFleet } from './command-fleet.js';
import { restoreTree, type FileTree } from './file-tree.js';

/** A command of the operator's that touches no agent. */
export interface Command {
  readonly name: string;
  /** Whether the fleet and its controller run meanwhile. */
  readonly runs: boolean;
  readonly words: (fleet: CommandFleet) => readonly string[];
  /**
   * Brings the host, which was in order, to where all that the command can do is to be done. Always the same, but for what is
   * to be kept by it.
   */
  readonly prepare: (fleet: CommandFleet, turn: number) => Promise<unknown>;
}

const unit = (fleet: CommandFleet, name: string): string => path.join(fleet.units, name);
const tool = (fleet: CommandFleet, name: string): string => path.join(fleet.tools, 'fleet', name);
const replaceIn = (file: string, what: RegExp, by: string): void => {
  const text = fs.readFileSync(file, 'utf8');
  if (!what.test(text)) throw new Error(`${file} has no ${String(what)}`);
  fs.writeFileSync(file, text.replace(what, by));
};

/** As an older version would have left it. */
async function older(fleet: CommandFleet): Promise<void> {
  for (const name of ['mosaic-agent@.service', 'mosaic-fleet.service'])
    fs.appendFileSync(unit(fleet, name), '# of before\n');
  fs.rmSync(path.join(fleet.tools, 'tmux', 'send-message.sh'));
  fs.chmodSync(tool(fleet, 'record.sh'), 0o600);
  fs.writeFileSync(tool(fleet, 'gone.sh'), '# of before\n');
  replaceIn(fleet.manifest, /"files": \[/, `"files": [\n  ${JSON.stringify(tool(fleet, 'gone.sh'))},`);
  replaceIn(fleet.environment, /MOSAIC_FLEET_VERSION=.*/, 'MOSAIC_FLEET_VERSION=0.0.1');
  fs.rmSync(unit(fleet, 'default.target.wants/mosaic-fleet.service'));
  await systemctl('daemon-reload');
}

/** A roster that is none, and says something that it never said before. */
const brokenRoster = (fleet: CommandFleet, turn: number): string =>
  `${fleet.rosterText}# edit ${turn}\nagents: twice\n`;

/** @param revision of the roster in force, as the history names it */
export const commandsOf = (revision: string): readonly Command[] => [
  { name: 'install', runs: true, words: () => ['install', '--enable'], prepare: older },
  {
    ...{ name: 'rollback', runs: true, words: () => ['rollback', revision, '--templates'] },
    prepare: (fleet, turn) => {
      fs.writeFileSync(fleet.template, 'You were {name}.\n');
      fs.writeFileSync(fleet.roster, brokenRoster(fleet, turn));
      return Promise.resolve();
    },
  },
  {
    ...{ name: 'export', runs: true, words: (fleet) => ['export', '--write', fleet.roster, '--force'] },
    prepare: (fleet, turn) => {
      fs.writeFileSync(fleet.roster, brokenRoster(fleet, turn));
      return Promise.resolve();
    },
  },
  {
    ...{ name: 'init', runs: false, words: () => ['init', '--profile', 'software-factory', '--write'] },
    prepare: (fleet) => {
      fs.rmSync(fleet.roster);
      return Promise.resolve();
    },
  },
  {
    name: 'uninstall',
    runs: false,
    words: () => ['uninstall', '--purge'],
    prepare: () => systemctl('daemon-reload'),
  },
  {
    ...{ name: 'first install', runs: false, words: () => ['install', '--enable'] },
    prepare: async (fleet) => {
      await fleet.must([0], 'uninstall', '--purge');
      fs.rmSync(fleet.tools, { recursive: true, force: true });
    },
  },
];

/** Makes the host's files again what they were while everything was in order. */
export async function inOrder(fleet: CommandFleet, runs: boolean, order: FileTree): Promise<void> {
  restoreTree(fleet.files(runs), order);
  await systemctl('daemon-reload');
}
