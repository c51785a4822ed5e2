import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acquireLock } from '../../src/host/lock.js';
import { cli, countingPath, FleetSandbox } from '../support/fleet-sandbox.js';
import { show } from '../support/user-manager.js';

let fleet: FleetSandbox;
beforeEach(async () => {
  fleet = new FleetSandbox();
  fleet.writeRoster(['a', 'b'].map((name) => `{ name: ${name}, runtime: demo, command: [sleep, infinity] }`));
  await fleet.expect(0, 'install');
});
afterEach(() => fleet.dispose());

describe('an apply that acts', () => {
  test('looks, looks again under the lock, starts everything by one call, and reads back', async () => {
    const counting = countingPath(fleet.directory);
    expect((await fleet.fleetWith({ env: { PATH: counting.path } }, 'apply')).code).toBe(0);
    const verbs = counting
      .calls()
      .map((call) => call.replace(/^(tmux|systemctl.*?(list-units|start)) .*/, '$1'));
    expect(verbs.toSorted()).toEqual([
      'systemctl --user --no-pager --no-ask-password --no-block start',
      ...['systemctl --user --no-pager --no-ask-password start', 'systemctl --user list-units'],
      ...['systemctl --user list-units', 'systemctl --user list-units', 'tmux', 'tmux', 'tmux'],
    ]);
    await fleet.expect(0, 'verify');
  });

  test('does what is to be done then, not what was to be done when it began to look', async () => {
    // What this apply is shown is from before another one has started everything.
    const bin = path.join(fleet.directory, 'bin');
    const once = path.join(fleet.directory, 'once');
    fs.mkdirSync(bin);
    const real = 'PATH=${PATH#*:}';
    const script = (name: string, lines: readonly string[]): void =>
      fs.writeFileSync(path.join(bin, name), ['#!/bin/bash', ...lines, ''].join('\n'), { mode: 0o755 });
    script('systemctl', [`${real} systemctl "$@"; status=$?`, `touch '${once}.listed'`, 'exit $status']);
    script('tmux', [
      `[[ -e '${once}' ]] && ${real} exec tmux "$@"`,
      `touch '${once}'`,
      `${real} tmux "$@"; status=$?`,
      `until [[ -e '${once}.listed' ]]; do ${real} sleep 0.01; done`,
      `${real} '${process.execPath}' '${cli}' apply >'${once}.out' 2>&1`,
      'exit $status',
    ]);
    const result = await fleet.fleetWith({ env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` } }, 'apply');
    expect(fs.readFileSync(`${once}.out`, 'utf8')).toContain('2 to start');
    expect(result).toEqual({ code: 0, stdout: 'No changes. 2 agents match the roster.\n', stderr: '' });
  });

  test('sees an agent half that begins or ends meanwhile, and looks again', async () => {
    await fleet.expect(0, 'apply');
    const main = Number((await show('mosaic-agent@a.service', 'MainPID'))['MainPID']);
    // Its session has ended, and its unit follows only once this apply has looked twice.
    process.kill(main, 'SIGSTOP');
    await fleet.tmux('kill-session', '-t', '=a:');
    const bin = path.join(fleet.directory, 'bin');
    const looks = path.join(fleet.directory, 'looks');
    fs.mkdirSync(bin);
    const real = 'PATH=${PATH#*:}';
    const lines = [
      `[[ "$*" == *list-units* ]] && echo look >>'${looks}' && [[ $(<'${looks}') == *look*look ]] && kill -CONT ${main}`,
      `${real} exec systemctl "$@"`,
    ];
    fs.writeFileSync(path.join(bin, 'systemctl'), ['#!/bin/bash', ...lines, ''].join('\n'), { mode: 0o755 });
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    const result = await fleet.fleetWith({ env }, 'apply');
    expect([result.code, result.stdout, result.stderr]).toEqual([
      0,
      expect.stringContaining('1 started'),
      '',
    ]);
    await fleet.expect(0, 'verify');
  });
});

describe('an uninstall', () => {
  test('takes nothing from under agents that were started since it began to look', async () => {
    const bin = path.join(fleet.directory, 'bin');
    const once = path.join(fleet.directory, 'once');
    fs.mkdirSync(bin);
    const real = 'PATH=${PATH#*:}';
    const lines = [
      `${real} systemctl "$@"; status=$?`,
      `mkdir '${once}' 2>/dev/null && ${real} '${process.execPath}' '${cli}' apply >&2`,
      'exit $status',
    ];
    fs.writeFileSync(path.join(bin, 'systemctl'), ['#!/bin/bash', ...lines, ''].join('\n'), { mode: 0o755 });
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    const result = await fleet.fleetWith({ env }, 'uninstall');
    expect([result.code, result.stderr]).toEqual([1, expect.stringContaining('still running: a, b')]);
    await fleet.expect(0, 'verify');
  });

  test('waits for who is at work', async () => {
    const held = await acquireLock(path.join(fleet.state, 'locks', 'pass'), 'a test', 0);
    expect((await fleet.expect(5, 'uninstall')).stderr).toContain('a test (pid ');
    if (held.kind === 'acquired') held.lock.release();
    await fleet.expect(0, 'uninstall');
  });
});
