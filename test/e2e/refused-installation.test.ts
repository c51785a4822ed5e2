import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FleetSandbox, sleeper, snapshot } from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

test('what neither apply nor the controller will do is told as such', async () => {
  fleet.writeRoster([sleeper('a')]);
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  const unit = path.join(fleet.units, 'mosaic-agent@.service');
  fs.appendFileSync(unit, '\n# edited\n');
  // While nothing is to be done, there is nothing to refuse.
  expect((await fleet.expect(0, 'status')).stderr).toBe('');
  expect((await fleet.expect(0, 'explain', 'a')).stdout).not.toContain('refused');

  fleet.writeRoster([sleeper('a'), sleeper('b')]);
  await fleet.expect(69, 'apply');
  const explained = (await fleet.expect(0, 'explain', 'b')).stdout;
  expect(explained).toContain('to be done: start');
  expect(explained).toContain('refused: installed files are missing or not of this version of fleet:');
  expect(explained).toContain('Run: fleet install');
  expect(explained).not.toContain('by the next apply');
  const status = await fleet.expect(0, 'status');
  expect(status.stderr).toContain('apply and the controller refuse: installed files are missing or not of');
  expect(status.stderr).toContain(unit);

  // As after an upgrade: one line for each of them would bury what is to be done.
  const tools = path.join(fleet.home, 'tools', 'fleet');
  const edited = fs.readdirSync(tools).map((name) => path.join(tools, name));
  for (const file of edited) fs.appendFileSync(file, '\n# edited\n');
  const many = (await fleet.expect(69, 'apply')).stderr;
  expect(many.match(/^ {2}.*$/gm)?.slice(3)).toEqual([`  and ${edited.length + 1 - 3} more`]);

  await fleet.expect(0, 'install');
  expect((await fleet.expect(0, 'status')).stderr).toBe('');
  expect((await fleet.expect(0, 'explain', 'b')).stdout).toContain('by the next apply');
});

test('what the fleet is installed for, and cannot be read, is not told as nothing', async () => {
  fleet.writeRoster([sleeper('a')]);
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  const before = await fleet.pids();
  const file = path.join(fleet.home, 'fleet', 'environment');
  fs.renameSync(file, `${file}.away`);
  fs.mkdirSync(file);
  const problem = `${file}: is a directory; a file is expected`;
  const files = snapshot(fleet.home, fleet.state, fleet.units);
  expect((await fleet.expect(0, 'plan')).stderr).toContain(
    `apply would refuse: what the fleet is installed for cannot be told: ${problem}`,
  );
  for (const words of [
    ['restart', 'a'],
    ['hold', 'a'],
    ['stop'],
    ['agent', 'send', 'a', '--later', '--message', 'x'],
    ['uninstall'],
  ]) {
    const { stdout, stderr } = await fleet.expect(69, ...words);
    expect([stdout, stderr]).toEqual([
      '',
      `what the fleet is installed for cannot be told: ${problem}\nRepair it, or move it away and run: fleet install\n`,
    ]);
  }
  expect((await fleet.expect(69, 'install')).stderr).toBe(
    `nothing was installed: ${problem}\nRepair it, or move it away and run this again\n`,
  );
  expect(snapshot(fleet.home, fleet.state, fleet.units)).toEqual(files);
  expect(await fleet.pids()).toEqual(before);
  fs.rmdirSync(file);
  fs.renameSync(`${file}.away`, file);
  await fleet.expect(0, 'verify');
});
