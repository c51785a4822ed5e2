import * as fs from 'node:fs';
import * as path from 'node:path';
import type { BenchFleet } from './bench-fleet.js';
import { countingPath } from './counting-path.js';
import { ended } from './measure.js';
import type { Row } from './row.js';

/** What cannot depend on the machine: processes, writes and reloads of a pass that finds nothing to do. */
export async function counts(fleet: BenchFleet, size: number): Promise<readonly Row[]> {
  const log = path.join(fleet.directory, 'calls.log');
  const env = { ...fleet.env, PATH: countingPath(path.join(fleet.directory, 'counting-bin'), log) };
  const calls = async (command: string): Promise<readonly string[]> => {
    fs.writeFileSync(log, '');
    await ended({ ...fleet.fleet(command), env });
    return fs
      .readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  };
  const count = (what: string, found: number, expected: number): Row => ({
    ...{ kind: 'count', what, size },
    ...{ count: found, expected },
  });
  const observation = await calls('plan');
  const before = snapshot(fleet.places);
  const pass = await calls('apply');
  const after = snapshot(fleet.places);
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (file) => before.get(file) !== after.get(file),
  );
  return [
    count('processes of one observation', observation.length, 2),
    count('processes of an apply, nothing to do', pass.length, 2),
    count('files it wrote', changed.length, 0),
    count('unit reloads it asked for', pass.filter((call) => call.includes('daemon-reload')).length, 0),
  ];
}

/** Mode, inode, times and size of everything below some directories: any write shows. */
function snapshot(directories: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const directory of directories.filter((place) => fs.existsSync(place))) {
    for (const name of ['', ...fs.readdirSync(directory, { recursive: true, encoding: 'utf8' })]) {
      const file = path.join(directory, name);
      const { mode, ino, mtimeNs, ctimeNs, size } = fs.lstatSync(file, { bigint: true });
      found.set(file, [mode, ino, mtimeNs, ctimeNs, size].join(' '));
    }
  }
  return found;
}
