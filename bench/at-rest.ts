import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ControlledFleet, costOf, microseconds } from './controlled-fleet.js';
import { countingPath } from './counting-path.js';
import { allOf } from './measure.js';
import { Pm2 } from './pm2.js';
import type { Rivals } from './rivals.js';
import type { Row } from './row.js';
import { Supervisor } from './supervisor.js';

const pause = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** What the controller costs while nothing happens: its own processor time, that of its programs, and its memory. */
export async function atRest(
  cli: string,
  size: number,
  seconds: number,
  rivals: Rivals,
): Promise<readonly Row[]> {
  const fleet = new ControlledFleet(cli, size);
  const supervisor = rivals.supervisor === null ? null : new Supervisor(size, false);
  const pm2 = rivals.pm2 === null ? null : new Pm2(size);
  const bare = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 1e9)'], { stdio: 'ignore' });
  try {
    await fleet.up();
    await supervisor?.start();
    await pm2?.start();
    // V8 gives back what the start left behind after eight seconds, and then once more.
    await pause(20);
    const before = costOf(fleet.pid);
    const begun = microseconds();
    await pause(seconds);
    const after = costOf(fleet.pid);
    const share = (ms: number): number => (ms / ((microseconds() - begun) / 1000)) * 100;
    const node = costOf(bare.pid ?? 0);
    const beside = (value: number): { name: string; value: number } => ({ name: 'bare node', value });
    const row = { kind: 'figure', size } as const;
    const rss = { ...row, what: 'at rest: RSS, MB', value: after.rssMb } as const;
    const besideDaemon = (name: string, daemon: { readonly pid: number } | null): Row => ({
      ...{ ...rss, budget: null },
      rival: { name, value: daemon === null ? 'absent' : costOf(daemon.pid).rssMb },
    });
    return [
      { ...row, what: 'at rest: own CPU, % of a core', value: share(after.own - before.own), rival: null, budget: 0.1 },
      { ...row, what: 'at rest: CPU of its programs, %', value: share(after.children - before.children), rival: null, budget: null },
      { ...rss, rival: beside(node.rssMb), budget: 1.3 },
      besideDaemon('supervisord', supervisor),
      besideDaemon("pm2's daemon", pm2),
      { ...row, what: 'at rest: of that its own, MB', value: after.anonymousMb, rival: beside(node.anonymousMb), budget: null },
      { ...row, what: `at rest: RSS grew in ${seconds} s, MB`, value: after.rssMb - before.rssMb, rival: null, budget: null },
    ]; // prettier-ignore
  } finally {
    bare.kill();
    await allOf(
      () => pm2?.stop(),
      () => supervisor?.stop(),
      () => fleet.dispose(),
    );
  }
}

/** What the controller starts, counted: at rest, and while a roster is edited ten thousand times. */
export async function countedController(
  cli: string,
  size: number,
  { seconds, edits }: { readonly seconds: number; readonly edits: number },
): Promise<readonly Row[]> {
  const fleet = new ControlledFleet(cli, size);
  const log = path.join(fleet.directory, 'calls.log');
  const calls = (): readonly string[] => fs.readFileSync(log, 'utf8').split('\n').slice(0, -1);
  const asks = (line: string): boolean => line.includes(' list-units ');
  const lists = (line: string): boolean => line.includes(' list-sessions ');
  const reports = (line: string): boolean => line.startsWith('systemd-notify ');
  const count = (what: string, found: number, expected: number): Row => ({
    ...{ kind: 'count', what, size },
    ...{ count: found, expected },
  });
  try {
    await fleet.up(countingPath(path.join(fleet.directory, 'counting-bin'), log));
    fs.writeFileSync(log, '');
    await pause(seconds);
    const rest = calls();
    const looks = rest.filter(asks).length;
    const resyncs = Math.ceil(seconds / 15) + 1;
    const others = rest.filter((line) => !asks(line) && !lists(line) && !reports(line)).length;

    fs.writeFileSync(log, '');
    const begun = microseconds();
    for (let edit = 1; edit <= edits; edit += 1) {
      fleet.replaceRoster([`more-${edit % 2}`]);
      // Watchers are told between the edits, and not only after them.
      if (edit % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    fleet.replaceRoster(['last']);
    const burstMs = (microseconds() - begun) / 1000;
    const inBurst = calls().filter(asks).length;
    await fleet.quiet();
    const panes = await fleet.panes();
    const converged = panes.has('last') && !panes.has('more-0') && !panes.has('more-1');
    return [
      count(`at rest ${seconds} s: looks above one a resync`, Math.max(0, looks - resyncs), 0),
      count('at rest: tmux calls besides one a look', rest.filter(lists).length - looks, 0),
      count('at rest: reports above one a look', Math.max(0, rest.filter(reports).length - looks), 0),
      count('at rest: other programs', others, 0),
      { kind: 'figure', what: `${edits} edits: looks per 50 ms`, size, value: inBurst / (burstMs / 50), rival: null, budget: 1 },
      count(`${edits} edits: not as the last one says`, converged ? 0 : 1, 0),
    ]; // prettier-ignore
  } finally {
    await fleet.dispose();
  }
}
