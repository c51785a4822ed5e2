import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  countingPath,
  FleetSandbox,
  processesWith,
  run,
  sleeper,
  snapshot,
  until,
} from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

describe('from a roster to a running fleet', () => {
  test('plan tells, apply does, a second apply does nothing at all', async () => {
    fleet.writeRoster([sleeper('a'), sleeper('b')]);
    const before = await fleet.expect(0, 'plan');
    expect(before.stdout).toContain('Plan: 2 to start; 0 unchanged.');
    expect(before.stderr).toContain('fleet install');
    await fleet.expect(69, 'apply');
    await fleet.expect(0, 'install');
    await fleet.expect(2, 'plan', '--detailed-exitcode');
    const applied = await fleet.expect(0, 'apply');
    expect(applied.stdout).toContain('Applied: 2 started.');
    const pids = await fleet.pids();
    expect(Object.keys(pids)).toEqual(['a', 'b']);

    const files = snapshot(fleet.directory, fleet.units);
    const counting = countingPath(fs.mkdtempSync(path.join(process.env['TMPDIR'] ?? '/tmp', 'count-')));
    const again = await fleet.fleetWith({ env: { PATH: counting.path } }, 'apply');
    expect(again).toEqual({ code: 0, stdout: 'No changes. 2 agents match the roster.\n', stderr: '' });
    expect(counting.calls()).toHaveLength(2);
    expect(counting.calls().filter((call) => call.startsWith('tmux'))).toHaveLength(1);
    expect(counting.calls().filter((call) => call.startsWith('systemctl --user list-units'))).toHaveLength(1);
    expect(snapshot(fleet.directory, fleet.units)).toEqual(files);
    expect(await fleet.pids()).toEqual(pids);
    await fleet.expect(0, 'plan', '--detailed-exitcode');
    await fleet.expect(0, 'verify');
  });

  test('an edit touches only the agents whose own configuration changed', async () => {
    fleet.writeRoster(
      [sleeper('a'), sleeper('b'), sleeper('c'), sleeper('d')],
      'defaults: { idle_after: 1s }',
    );
    fs.mkdirSync(path.join(process.env['HOME'] ?? '', 'src'), { recursive: true });
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
    const server = await fleet.serverPid();
    const before = await fleet.pids();
    // One added, one removed, one changed; the rest reordered, reformatted, other spellings, defaults written out.
    fleet.writeRoster(
      [
        `\n    # the same as ever\n    command:\n      - sleep\n      - "infinity"\n    runtime: "sleeper"\n    name: d\n    resetBetweenTasks: false\n    workingDirectory: ~/src`,
        sleeper('e'),
        sleeper('b', ', env: { COLOUR: green }'),
        sleeper('a', ', class: worker'),
      ],
      'defaults: { idleAfter: 1s, stop_grace: 10s }',
    );
    const planned = await fleet.expect(0, 'plan');
    expect(planned.stdout).toMatch(/-\/\+ b +restart +env\.COLOUR changed/);
    expect(planned.stdout).toMatch(/- {3}c +stop +not in the roster/);
    expect(planned.stdout).toMatch(/\+ {3}e +start +not running/);
    expect(planned.stdout).toContain('1 to start, 1 to restart, 1 to stop; 2 unchanged.');
    expect(planned.stdout).not.toContain('green');
    await fleet.expect(0, 'apply', '--now');
    const after = await fleet.pids();
    expect(Object.keys(after).toSorted()).toEqual(['a', 'b', 'd', 'e']);
    expect([after['a'], after['d']]).toEqual([before['a'], before['d']]);
    expect(after['b']).not.toBe(before['b']);
    expect(await fleet.serverPid()).toBe(server);
    await fleet.expect(0, 'verify');
  });

  test('what is busy is deferred until idle, or done with --now', async () => {
    const chatty = (more: string): string =>
      `{ name: chatty, runtime: sleeper, command: [sh, -c, "while :; do echo tick; sleep 0.1; done"]${more} }`;
    fleet.writeRoster([chatty('')]);
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
    const before = await fleet.pids();
    fleet.writeRoster([chatty(', env: { A: b }')]);
    const gated = await fleet.expect(6, 'apply');
    expect(gated.stdout).toMatch(/chatty +restart +env\.A changed +deferred: busy, last output [01]s ago/);
    expect(await fleet.pids()).toEqual(before);
    await fleet.expect(0, 'apply', '--now');
    expect((await fleet.pids())['chatty']).not.toBe(before['chatty']);
  });

  test('a killed agent, then a killed server, are healed; the others keep running', async () => {
    fleet.writeRoster([sleeper('a'), sleeper('b')]);
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
    const [server, before] = [await fleet.serverPid(), await fleet.pids()];
    process.kill(before['a'] ?? 0, 'SIGKILL');
    await until('a is seen dead', async () => (await fleet.fleet('status', 'a')).stdout.includes('Dead'));
    await fleet.expect(0, 'apply');
    const healed = await fleet.pids();
    expect(healed['b']).toBe(before['b']);
    expect(healed['a']).not.toBe(before['a']);
    expect(await fleet.serverPid()).toBe(server);

    process.kill(server, 'SIGKILL');
    await until('both are seen dead', async () => {
      const { stdout } = await fleet.fleet('plan');
      return stdout.includes('2 to start');
    });
    await fleet.expect(0, 'apply');
    expect(Object.keys(await fleet.pids())).toEqual(['a', 'b']);
    await fleet.expect(0, 'verify');
  });

  test('nothing of a stopped agent survives, though it ignores signals and double-forks', async () => {
    const mark = `stubborn-${process.pid}`;
    const script = path.join(fleet.work, 'stubborn.sh');
    fs.writeFileSync(
      script,
      `#!/bin/bash\ntrap '' HUP TERM INT\n( ( trap '' HUP TERM; exec -a ${mark}-grandchild sleep 1000 ) & )\nsetsid bash -c 'trap "" HUP TERM; exec -a ${mark}-session sleep 1000' &\nwhile :; do sleep 0.5; done # ${mark}\n`,
      { mode: 0o755 },
    );
    const settings = `defaults: { stop_grace: 1s, working_directory: ${fleet.work} }`;
    fleet.writeRoster([sleeper('a'), `{ name: stubborn, runtime: sleeper, command: [${script}] }`], settings);
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
    await until('its children run', () => processesWith(`${mark}-`).length === 2);
    const before = await fleet.pids();
    fleet.writeRoster([sleeper('a')], settings);
    await fleet.expect(0, 'apply');
    expect(processesWith(mark)).toEqual([]);
    expect(processesWith(script)).toEqual([]);
    expect((await fleet.pids())['a']).toBe(before['a']);
  });

  test('of one that takes its time to end, status and explain say that it is still stopping', async () => {
    const settings = `defaults: { stop_grace: 5s, working_directory: ${fleet.work} }`;
    const stubborn = `trap '' HUP TERM; touch ready; while :; do sleep 0.2; done`;
    fleet.writeRoster([`{ name: a, runtime: x, command: [bash, -c, "${stubborn}"] }`], settings);
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
    await until('it ignores signals', () => fs.existsSync(path.join(fleet.work, 'ready')));
    const stop = fleet.fleet('stop', 'a');
    await until('it is stopping', async () =>
      (await fleet.fleet('status')).stdout.includes('is still stopping'),
    );
    expect((await fleet.fleet('explain', 'a')).stdout).toMatch(/^a is Stopped\n.*\n {2}is still stopping\n/);
    expect((await stop).code).toBe(0);
    expect((await fleet.fleet('status')).stdout).not.toContain('stopping');
  });

  test('an agent that ends at once is reported with the last lines it printed', async () => {
    fleet.writeRoster([
      sleeper('fine'),
      '{ name: dies, runtime: sleeper, command: [sh, -c, "echo no licence; exit 3"] }',
      '{ name: nothing, runtime: sleeper, command: [no-such-program] }',
      '{ name: nowhere, runtime: sleeper, command: [sleep, "1"], working_directory: /no/such/place }',
    ]);
    await fleet.expect(0, 'install');
    const { stdout, stderr } = await fleet.expect(4, 'apply', '--wait', '10s');
    expect(stdout).toContain("blocked: no-such-program is not in the agent's PATH");
    expect(stdout).toContain('blocked: working_directory /no/such/place: no such file or directory');
    expect(stdout).toContain('✓ fine started');
    // It ends within milliseconds: seen by the apply itself, or by its waiting.
    expect(stdout + stderr).toContain('| exited with status 3');
    expect(stdout + stderr).toContain('| no licence');
    expect((await fleet.expect(0, 'status')).stdout).toMatch(/dies .*exited with status 3/);
    const verified = (await fleet.expect(1, 'verify')).stdout;
    expect(verified).toMatch(
      / nowhere +does not run; blocked: working_directory .*\n +→ fleet explain nowhere\n/,
    );
    expect(verified).toMatch(/ dies +does not run\n +→ fleet apply\n/);
  });

  test('who does not stay up is told before the summary, which is the last word and counts it', async () => {
    fleet.writeRoster([
      '{ name: a, runtime: sleeper, command: [sh, -c, "sleep 1; echo no licence; exit 3"] }',
    ]);
    await fleet.expect(0, 'install');
    const { stdout } = await fleet.expect(4, 'apply', '--json', '--wait', '10s');
    const told = stdout.trim().split('\n').map((line) => JSON.parse(line) as object); // prettier-ignore
    expect(told.slice(-3)).toMatchObject([
      { type: 'action_complete', agent: 'a', action: 'start' },
      {
        ...{ type: 'diagnostic', message: 'a ended after its start', agents: ['a'] },
        lastLines: ['exited with status 3', 'no licence'],
      },
      { type: 'summary', done: 1, failed: 0, notUp: 1 },
    ]);
    const again = await fleet.expect(4, 'apply', '--wait', '10s');
    expect(again.stdout).toMatch(/\nApplied: 1 started; 1 not up\.\n$/);
    expect(again.stderr).toBe('a ended after its start\n      | exited with status 3\n      | no licence\n');
  });

  test('who ends the waiting is not told that its time was over', async () => {
    fleet.writeRoster([sleeper('a')]);
    await fleet.expect(0, 'install');
    const started = async (pid: number) => {
      await until('it runs', async () => (await fleet.pids())['a'] !== undefined);
      await until('it is told', () => fs.existsSync(path.join(fleet.state, 'events.jsonl')));
      process.kill(pid, 'SIGINT');
    };
    const { code, stderr, stdout } = await fleet.fleetWith(
      { started: (pid) => void started(pid) },
      ...['apply', '--wait', '30s'],
    );
    expect(stderr).toContain('interrupted before it was known whether these stay up: a');
    expect(stdout).toContain('Applied: 1 started.');
    expect(code).toBe(130);
  });
});

test('stopped is waited for until nothing is left of it', async () => {
  fleet.writeRoster(
    ['{ name: a, runtime: sleeper, command: [bash, -c, "trap \'\' TERM HUP; while :; do sleep 1; done"] }'],
    `defaults: { working_directory: ${fleet.work}, stop_grace: 4s }`,
  );
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  const { a = 0 } = await fleet.pids();
  const stopped = fleet.expect(0, 'stop', 'a');
  const state = async () =>
    (await run('systemctl', ['--user', 'is-active', 'mosaic-agent@a.service'])).stdout;
  await until('it is ending', async () => (await state()).trim() === 'deactivating');
  const early = await fleet.expect(5, 'wait', '--for', 'stopped', 'a', '--timeout', '100ms');
  expect(early.stderr).toContain('a (its unit is still ending');
  await fleet.expect(0, 'wait', '--for', 'stopped', 'a', '--timeout', '30s');
  expect(fs.existsSync(`/proc/${a}`)).toBe(false);
  await stopped;
});
