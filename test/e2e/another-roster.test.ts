import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FleetSandbox } from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

test('the roster that was applied last is in force for no other file, and no other home', async () => {
  fleet.writeRoster(['{ name: a, runtime: sleeper, command: [sleep, infinity] }']);
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  const looks = [['agent', 'roster'], ['agent', 'tail', 'a'], ['top'], ['status'], ['explain', 'a']];
  const typo = path.join(fleet.directory, 'typo');
  const slips = [
    [
      `The fleet is installed for ${fleet.roster}: give it with --roster`,
      '--roster',
      path.join(fleet.directory, 'typo.yaml'),
    ],
    [`fleet --mosaic-home ${typo} init`, '--mosaic-home', typo],
  ] as const;
  for (const [advice, ...slip] of slips) {
    for (const words of looks) {
      const { stdout, stderr } = await fleet.expect(78, ...slip, ...words);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^no roster to read: ~/);
      expect(stderr).toContain(advice);
    }
  }
  // Its own, by either name.
  fs.rmSync(fleet.roster);
  expect((await fleet.expect(0, 'agent', 'roster')).stdout).toContain('a');
  expect((await fleet.expect(0, '--roster', fleet.roster, 'agent', 'roster')).stdout).toContain('a');
  // Nobody is told to write an example in its place, and what is told helps.
  for (const words of [['plan'], ['apply'], ['doctor']]) {
    const { stdout, stderr } = await fleet.fleet(...words);
    expect(stdout + stderr).toContain('fleet rollback');
    expect(stdout + stderr).not.toContain('fleet init');
  }
  expect((await fleet.expect(78, 'validate', path.join(fleet.directory, 'typo.yaml'))).stderr).not.toContain(
    'fleet init',
  );
  await fleet.expect(0, 'rollback');
  expect((await fleet.expect(0, 'plan')).stdout).toContain('No changes.');
});

test('verify names an agent that runs and is to be stopped, and what to do where another home is installed', async () => {
  const agent = (more: string): string => `{ name: a, runtime: sleeper, command: [sleep, infinity]${more} }`;
  fleet.writeRoster([agent('')]);
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  fleet.writeRoster([agent(', suspend: true')]);
  const suspended = await fleet.expect(1, 'verify');
  expect(suspended.stdout).toMatch(/✗ a +runs, but is suspended in the roster\n +→ fleet plan\n/);
  await fleet.expect(0, 'hold', 'a');
  await fleet.expect(0, 'verify');
  const other = path.join(fleet.directory, 'other');
  fs.cpSync(path.dirname(fleet.roster), path.join(other, 'fleet'), { recursive: true });
  const { stdout } = await fleet.expect(1, '--mosaic-home', other, 'verify');
  expect(stdout).toContain(`the units are installed for another home: ${fleet.home}`);
  expect(stdout).toContain(`→ Use --mosaic-home ${fleet.home}, or uninstall there first`);
});
