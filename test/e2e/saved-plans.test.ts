import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { demoAgent, FleetSandbox, sleeper } from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

/** Agents are idle as soon as they run. */
const settings = (): string => `defaults: { idle_after: 0s, working_directory: ${fleet.work} }`;
test('a saved plan is applied while it is true, and refused once roster or processes moved', async () => {
  fleet.writeRoster([sleeper('a')], settings());
  await fleet.expect(0, 'install');
  const file = path.join(fleet.directory, 'plan.json');
  await fleet.expect(0, 'plan', '--out', file);
  fleet.writeRoster([sleeper('a'), sleeper('b')], settings());
  expect((await fleet.expect(3, 'apply', file)).stderr).toContain('the roster has changed');
  await fleet.expect(0, 'plan', '--out', file);
  await fleet.expect(0, 'apply', file);
  const pids = await fleet.pids();
  expect((await fleet.expect(3, 'apply', file)).stderr).toContain(
    'units, sessions or processes have changed',
  );
  expect(await fleet.pids()).toEqual(pids);
  fs.writeFileSync(file, '{"half":');
  expect((await fleet.expect(1, 'apply', file)).stderr).toContain('is not a saved plan');
});

test('nothing but a plan is written over with a plan, and nobody is told to', async () => {
  fleet.writeRoster([sleeper('a')], settings());
  const text = fs.readFileSync(fleet.roster, 'utf8');
  const { stderr } = await fleet.expect(1, 'apply', fleet.roster);
  expect(stderr).toContain('is not a saved plan\nWrite one with: fleet plan --out FILE\n');
  const link = path.join(fleet.directory, 'link.yaml');
  fs.linkSync(fleet.roster, link);
  for (const name of [fleet.roster, link, path.relative(os.homedir(), fleet.roster)])
    expect((await fleet.expect(64, 'plan', '--out', name)).stderr).toContain('is the roster');
  expect((await fleet.expect(64, 'plan', '--out', '-')).stderr).toContain('fleet plan --json');
  const notes = path.join(fleet.directory, 'notes.txt');
  fs.writeFileSync(notes, 'days of work');
  expect((await fleet.expect(64, 'plan', '--out', notes)).stderr).toContain('no saved plan');
  expect(fs.readFileSync(notes, 'utf8')).toBe('days of work');
  fs.writeFileSync(notes, '');
  await fleet.expect(0, 'plan', '--out', notes);
  const file = path.join(fleet.directory, 'printed.json');
  fs.writeFileSync(file, (await fleet.expect(0, 'plan', '--json')).stdout);
  await fleet.expect(0, 'plan', '--out', file);
  // It is a plan like any other, though nothing is installed by which it could be applied.
  expect((await fleet.expect(69, 'apply', file)).stderr).toContain('fleet install');
  expect(fs.readFileSync(fleet.roster, 'utf8')).toBe(text);
});

test('what somebody has said since is not lost by a plan that knew of nothing to lose', async () => {
  const command = JSON.stringify([process.execPath, demoAgent, '{conversation}']);
  const write = (runtime: string): void =>
    fleet.writeRoster(
      [`{ name: a, runtime: ${runtime}, command: ${command}, disruption: immediate }`],
      `${settings()}\nruntimes: { ${runtime}: { conversation: { new: [--session-id, "{id}"], resume: [--resume, "{id}"] } } }`,
    );
  write('demo');
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  write('demo2');
  const file = path.join(fleet.directory, 'plan.json');
  expect((await fleet.expect(0, 'plan', '--out', file)).stdout).not.toContain('LOSES');
  await fleet.expect(0, 'agent', 'send', 'a', '--message', 'hello', '--timeout', '15s');
  const pids = await fleet.pids();
  expect((await fleet.expect(3, 'apply', file)).stderr).toContain('a got a conversation to lose');
  expect(await fleet.pids()).toEqual(pids);
  expect((await fleet.expect(0, 'plan', '--out', file)).stdout).toContain('LOSES the conversation');
  await fleet.expect(0, 'apply', file);
});

test('an approval is void once an edit was seen by an apply of a plan that had become stale', async () => {
  const edit = (value: string): void =>
    fleet.writeRoster(
      [`{ name: a, runtime: sleeper, command: [sleep, infinity], disruption: ask, env: { X: "${value}" } }`],
      settings(),
    );
  edit('0');
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  edit('1');
  const file = path.join(fleet.directory, 'plan.json');
  await fleet.expect(0, 'plan', '--out', file);
  await fleet.expect(0, 'approve', '--all');
  expect((await fleet.expect(0, 'plan')).stdout).not.toContain('needs approval');
  edit('2');
  await fleet.expect(3, 'apply', file);
  edit('1');
  expect((await fleet.expect(0, 'plan')).stdout).toContain('needs approval');
});
