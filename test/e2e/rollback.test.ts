import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli, countingPath, FleetSandbox, run, sleeper, snapshot, until } from '../support/fleet-sandbox.js';
import { withOwnMounts } from '../support/own-mounts.js';

let fleet: FleetSandbox;
beforeEach(async () => {
  fleet = new FleetSandbox();
  fleet.writeRoster([sleeper('a')]);
  await fleet.expect(0, 'install');
});
afterEach(() => fleet.dispose());

const roster = (): string => fs.readFileSync(fleet.roster, 'utf8');

test('an edit is taken back and applied, forwards and backwards, and no agent is touched that did not change', async () => {
  fs.appendFileSync(fleet.roster, '# my own note\n');
  const first = roster();
  await fleet.expect(0, 'apply');
  fleet.writeRoster([sleeper('a', ', env: { TOKEN: s3cret }'), sleeper('b')]);
  const second = roster();
  await fleet.expect(0, 'apply', '--now');
  const { a, b } = await fleet.pids();

  const dry = await fleet.expect(0, 'rollback', '--dry-run');
  expect(dry.stdout).toContain('-  - { name: b, ');
  expect(dry.stdout).toContain('+# my own note');
  expect(dry.stdout).toContain('Would write revision 1 (');
  expect(dry.stdout).not.toContain('s3cret');
  expect(roster()).toBe(second);

  const back = await fleet.expect(0, 'rollback');
  expect(back.stdout).toMatch(
    /roster\.yaml is that of revision 1 \(.*\) again\.\nApply it with: fleet apply\n$/,
  );
  expect(roster()).toBe(first);
  await fleet.expect(0, 'apply', '--now');
  expect(Object.keys(await fleet.pids())).toEqual(['a']);
  expect((await fleet.pids())['a']).not.toBe(a);
  // And forwards again: the one before is now the other.
  await fleet.expect(0, 'rollback');
  expect(roster()).toBe(second);
  expect((await fleet.expect(0, 'rollback', '--list')).stdout).toMatch(
    /^ {5}3 {2}.{7} {2}applied .* ago {2}\(in force\)\n {5}2 {2}.{7} {2}applied .*\(what the roster says now\)\n$/,
  );
  expect(b).toBeGreaterThan(0);
});

test('a roster broken in the middle of an edit goes back to the one in force, and the broken text is kept', async () => {
  await fleet.expect(0, 'apply');
  const good = roster();
  const real = path.join(fleet.directory, 'dotfiles.yaml');
  const broken = `${good}  - { name: b, runtime: sleeper, env: { T: s3cret }, command: [\n`;
  fs.renameSync(fleet.roster, real);
  fs.symlinkSync(real, fleet.roster);
  fs.writeFileSync(real, broken);
  fs.chmodSync(real, 0o640);
  await fleet.expect(78, 'apply');
  const { stdout } = await fleet.expect(0, 'rollback');
  expect(stdout).toContain('What it said before is kept as revision 2.');
  expect(stdout).not.toContain('s3cret');
  expect(roster()).toBe(good);
  expect(fs.lstatSync(fleet.roster).isSymbolicLink()).toBe(true);
  expect(fs.statSync(real).mode & 0o777).toBe(0o640);
  expect((await fleet.expect(0, 'apply')).stdout).toContain('No changes.');

  const listed = JSON.parse((await fleet.expect(0, 'rollback', '--list', '--json')).stdout) as {
    revisions: { number: number; kind: string; valid: boolean; file: string; inForce: boolean }[];
  };
  expect(listed.revisions.map(({ number, kind, valid, inForce }) => [number, kind, valid, inForce])).toEqual([
    [2, 'set-aside', false, false],
    [1, 'applied', true, true],
  ]);
  expect(fs.readFileSync(listed.revisions[0]?.file ?? '', 'utf8')).toBe(broken);
  const refused = await fleet.expect(78, 'rollback', '2');
  expect(refused.stderr).toContain('revision 2: ');
  expect(refused.stderr).toContain(`nothing was changed\nThe text itself: ${listed.revisions[0]?.file}`);
  expect(roster()).toBe(good);
});

test('a template that has changed since is named, and put back only when asked', async () => {
  const template = path.join(fleet.home, 'fleet', 'k.md');
  fs.writeFileSync(template, 'then\n');
  fleet.writeRoster([sleeper('a', ', kickstart_template: k.md')]);
  await fleet.expect(0, 'apply');
  fleet.writeRoster([sleeper('a')]);
  await fleet.expect(0, 'apply');
  fs.writeFileSync(template, 'now\n');
  const named = await fleet.expect(0, 'rollback', '1');
  expect(named.stderr).toContain(
    'kickstart templates that have changed since stay as they are: k.md\nTo put them back, too: --templates',
  );
  expect(fs.readFileSync(template, 'utf8')).toBe('now\n');
  fs.rmSync(template);
  expect((await fleet.expect(78, 'rollback', '1')).stderr).toContain(
    'With its templates of then: --templates',
  );
  // What could not be kept is not replaced.
  const latin = Buffer.from('café\n', 'latin1');
  fs.writeFileSync(template, latin);
  expect((await fleet.expect(1, 'rollback', '1', '--templates')).stderr).toContain('k.md cannot be read');
  expect(fs.readFileSync(template)).toEqual(latin);
  fs.writeFileSync(template, 'now\n');
  await fleet.expect(0, 'rollback', '1', '--templates');
  expect(fs.readFileSync(template, 'utf8')).toBe('then\n');
  const files = fs.readdirSync(path.join(fleet.state, 'revisions')).filter((name) => name.endsWith('.json'));
  const texts = files.map((name) => fs.readFileSync(path.join(fleet.state, 'revisions', name), 'utf8'));
  expect(texts.some((text) => text.includes('"k.md":"now\\n"'))).toBe(true);
});

test('a roster that is not UTF-8 is invalid, and stays as it is', async () => {
  await fleet.expect(0, 'apply');
  const latin = Buffer.from(roster().replace('agents:', '# café\nagents:'), 'latin1');
  fs.writeFileSync(fleet.roster, latin);
  for (const words of [['validate'], ['plan'], ['apply'], ['rollback']])
    expect((await fleet.expect(78, ...words)).stderr).toMatch(/roster\.yaml: line \d+ is not UTF-8; convert/);
  expect(fs.readFileSync(fleet.roster)).toEqual(latin);
});

test('words that name no revision, another installation, and nothing to go back to are refused', async () => {
  expect((await fleet.expect(1, 'rollback')).stderr).toContain('no roster has been applied yet');
  await fleet.expect(0, 'apply');
  expect((await fleet.expect(1, 'rollback')).stderr).toContain('no other roster than that in');
  expect((await fleet.expect(64, 'rollback', 'nosuch')).stderr).toContain('no kept roster is called nosuch');
  expect((await fleet.expect(64, 'rollback', '--json')).stderr).toContain('--json goes with --list');
  // Who names a roster wants it back; a list alone would read as done.
  for (const word of ['1', '--dry-run', '--templates'])
    expect(await fleet.expect(64, 'rollback', word, '--list')).toMatchObject({
      stdout: '',
      stderr: '--list goes with --json alone; it puts nothing back\n',
    });
  expect((await fleet.expect(0, 'rollback', '1')).stdout).toContain('already. Nothing was changed.');
  const strange = path.join(fleet.directory, 'strange.yaml');
  fs.copyFileSync(fleet.roster, strange);
  expect((await fleet.expect(69, '--roster', strange, 'rollback', '1')).stderr).toContain(
    'installed for other values',
  );
});

test('a no-op apply of a kept roster spawns two processes and writes nothing; a full disk stops no apply', async () => {
  await fleet.expect(0, 'apply');
  const counting = countingPath(fleet.directory);
  const files = snapshot(fleet.home, fleet.state, fleet.units);
  await fleet.fleetWith({ env: { PATH: counting.path } }, 'apply');
  expect(counting.calls()).toHaveLength(2);
  expect(snapshot(fleet.home, fleet.state, fleet.units)).toEqual(files);

  fleet.writeRoster([sleeper('a'), sleeper('b')]);
  const revisions = path.join(fleet.state, 'revisions');
  const script =
    'mount -t tmpfs -o size=4k tmpfs "$1" && (head -c 8192 /dev/zero >"$1/filler"; true) 2>/dev/null && shift && exec "$@"';
  const [program, ...apart] = withOwnMounts;
  const full = await run(
    program,
    [...apart, 'bash', '-c', script, 'sh', revisions, process.execPath, cli, 'apply'],
    { env: fleet.env },
  );
  expect(full.stderr).toContain('the roster was not kept for fleet rollback: ');
  expect(full.stderr).toContain('no space left on the disk');
  expect([full.code, Object.keys(await fleet.pids()).toSorted()]).toEqual([0, ['a', 'b']]);
  // The next apply has nothing to do, and sees that it is not kept yet.
  await fleet.expect(0, 'apply');
  expect((await fleet.expect(0, 'rollback', '--list')).stdout).toContain('     2  ');
});

test('beside a controller a rollback is applied by itself', async () => {
  await fleet.expect(0, 'apply');
  const controller = spawn(process.execPath, [cli, 'run'], {
    env: { ...process.env, ...fleet.env },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => controller.on('exit', resolve));
  try {
    fleet.writeRoster([sleeper('a'), sleeper('b')]);
    await until('b runs', async () => (await fleet.pids())['b']);
    await until('both are kept', async () =>
      (await fleet.fleet('rollback', '--list')).stdout.includes('     2  '),
    );
    const { a } = await fleet.pids();
    const { stdout } = await fleet.expect(0, 'rollback');
    expect(stdout).toContain(`The controller (pid ${controller.pid}) applies it by itself`);
    await until('b is gone', async () => (await fleet.pids())['b'] === undefined);
    expect(await fleet.pids()).toEqual({ a });
  } finally {
    controller.kill('SIGKILL');
    await ended;
  }
});
