import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli, FleetSandbox, run } from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

/** Types in a shell what a message has said, as it was said. */
async function type(commands: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const bin = path.join(fleet.directory, 'bin');
  fs.mkdirSync(bin, { recursive: true });
  fs.writeFileSync(path.join(bin, 'fleet'), `#!/bin/sh\nexec "${process.execPath}" "${cli}" "$@"\n`, {
    mode: 0o755,
  });
  const here = { ...fleet.env, ...env, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  for (const command of commands) {
    const { code, stdout, stderr } = await run('bash', ['-c', command], { env: here });
    // Of the start of a fleet in which somebody is held.
    expect([0, 6], `${command}\n${stdout}\n${stderr}`).toContain(code);
  }
}

const said = (text: string, before: string): string => {
  const line = text.split('\n').find((one) => one.includes(before)) ?? '';
  return line.slice(line.indexOf(before) + before.length);
};

// `fleet stop` with the new values was refused with the words "fleet stop, fleet install, fleet start".
test('what a refused command says about a move moves the fleet: TMUX_TMPDIR and roster', async () => {
  await fleet.upSleepers();
  const sockets = path.join(fleet.directory, 'so ck');
  fs.mkdirSync(sockets, { mode: 0o700 });
  const roster = path.join(fleet.directory, "it's here.yaml");
  fs.copyFileSync(fleet.roster, roster);
  const env = { TMUX_TMPDIR: sockets };
  const { code, stderr } = await fleet.fleetWith({ env }, '--roster', roster, 'apply');
  expect(code).toBe(69);
  const way = said(stderr, 'To move the fleet there: ');
  const installing = await fleet.fleetWith({ env }, '--roster', roster, 'install');
  expect([installing.code, said(installing.stderr, 'Move it with: ')]).toEqual([69, way]);
  await type(way.split(', '), env);
  const status = await fleet.fleetWith({ env }, '--roster', roster, 'status');
  expect([status.code, status.stdout]).toEqual([0, expect.stringMatching(/^a +sleeper +worker +Running/m)]);
  const moved = await fleet.fleetWith({ env }, '--roster', roster, 'apply');
  expect([moved.code, moved.stdout]).toEqual([0, 'No changes. 2 agents match the roster.\n']);

  // And back, to where none of it is said.
  const back = await fleet.expect(69, 'apply');
  await type(said(back.stderr, 'To move the fleet there: ').split(', '), {});
  await fleet.expect(0, 'apply');
});

test('what is said of a roster that was renamed moves the fleet to its new name', async () => {
  await fleet.upSleepers();
  const other = `${fleet.roster.slice(0, -'.yaml'.length)}.yml`;
  fs.renameSync(fleet.roster, other);
  const { stderr } = await fleet.expect(69, 'apply');
  await type(said(stderr, 'To move the fleet there: ').split(', '), {});
  expect((await fleet.expect(0, 'apply')).stdout).toBe('No changes. 2 agents match the roster.\n');
  expect([fs.existsSync(fleet.roster), fs.existsSync(other)]).toEqual([false, true]);
});

test('what install says about another state directory moves the fleet with it', async () => {
  await fleet.upSleepers();
  await fleet.expect(0, 'hold', 'b');
  const env = { XDG_STATE_HOME: path.join(fleet.directory, 'other') };
  const { code, stderr } = await fleet.fleetWith({ env }, 'install');
  expect(code).toBe(69);
  await type(said(stderr, 'Move it with: ').split(', '), env);
  const status = await fleet.fleetWith({ env }, 'status');
  expect(status.stdout).toMatch(/^a +sleeper +worker +Running/m);
  expect(status.stdout).toMatch(/^b +sleeper +worker +Held/m);
});

// `--force` without the roster that was named would have replaced another one.
test('what is said about a roster or a home that was named holds for that one', async () => {
  await fleet.upSleepers();
  const live = fs.readFileSync(fleet.roster, 'utf8');
  const other = path.join(fleet.directory, 'other.yaml');
  fs.writeFileSync(other, '{}\n');
  const roster = await fleet.expect(1, '--roster', other, 'init', '--write');
  await type([said(roster.stderr, 'Replace it with: ')], {});
  expect(fs.readFileSync(other, 'utf8')).toContain('coder0');

  const home = path.join(fleet.directory, 'second');
  fs.mkdirSync(path.join(home, 'fleet'), { recursive: true });
  const file = path.join(home, 'fleet', 'roster.yaml');
  fs.writeFileSync(file, '{}\n');
  const second = await fleet.expect(1, '--mosaic-home', home, 'init', '--write');
  await type([said(second.stderr, 'Replace it with: ')], {});
  expect(fs.readFileSync(file, 'utf8')).toContain('coder0');
  expect(fs.readFileSync(fleet.roster, 'utf8')).toBe(live);
});

test('a home that was named is the one that is installed, and whose roster is written', async () => {
  const home = path.join(fleet.directory, 'second');
  const missing = await fleet.expect(78, '--mosaic-home', home, 'plan');
  await type([said(missing.stderr, 'Write one with: ')], {});
  const refused = await fleet.expect(69, '--mosaic-home', home, 'apply');
  await type([said(refused.stderr, 'Run: ')], {});
  expect(fs.existsSync(path.join(home, 'tools', 'fleet', 'agent-run.sh'))).toBe(true);
  expect(fs.existsSync(path.join(fleet.home, 'tools'))).toBe(false);
  for (const [word, hint] of [
    [['plan'], 'To go on with coder0: '],
    [['explain', 'coder0'], 'go on with: '],
  ] as const) {
    await fleet.expect(0, '--mosaic-home', home, 'hold', 'coder0');
    const told = await fleet.expect(0, '--mosaic-home', home, ...word);
    expect(told.stdout).toContain('held: by the operator');
    await type([said(told.stdout, hint)], {});
    expect((await fleet.expect(0, '--mosaic-home', home, 'plan')).stdout).not.toContain('held');
  }
  await fleet.expect(0, '--mosaic-home', home, 'uninstall');
});
