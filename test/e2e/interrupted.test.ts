import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cli, countingPath, FleetSandbox, run, sleeper, until } from '../support/fleet-sandbox.js';
import { Terminals } from '../support/terminals.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

describe('two at once, and cut short', () => {
  test('two applies do the work once, and neither fails', async () => {
    fleet.writeRoster([sleeper('a'), sleeper('b'), sleeper('c')]);
    await fleet.expect(0, 'install');
    const both = await Promise.all([fleet.fleet('apply'), fleet.fleet('apply')]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const started = both.flatMap(({ stdout }) => stdout.match(/✓ \w started/g) ?? []);
    expect(started.toSorted()).toEqual(['✓ a started', '✓ b started', '✓ c started']);
    await fleet.expect(0, 'verify');
  });

  // As an apply that was killed, or a controller whose batch takes long, leaves them: the holder comes up first.
  test('a stop takes a start back that waits in the queue of systemd, and of no other agent', async () => {
    await fleet.upSleepers();
    const holder = 'mosaic-tmux-holder.service';
    await run('systemctl', ['--user', 'stop', holder]);
    const slow = path.join(fleet.units, `${holder}.d`, 'slow.conf');
    fs.mkdirSync(path.dirname(slow));
    fs.writeFileSync(slow, '[Service]\nExecStartPre=/bin/sleep 2\n');
    await run('systemctl', ['--user', 'daemon-reload']);
    await run('systemctl', ['--user', 'start', '--no-block', 'mosaic-agent@a', 'mosaic-agent@b']);
    expect((await fleet.expect(0, 'status')).stdout).toMatch(/^a .*Starting[^]*^b .*Starting/m);
    expect((await fleet.expect(0, 'apply')).stdout).not.toContain('start ');
    expect((await fleet.expect(0, 'stop', 'a')).stdout).toContain('✓ a stopped');
    await until(
      'b runs',
      async () => (await run('systemctl', ['--user', 'is-active', 'mosaic-agent@b'])).code === 0,
    );
    expect(Object.keys(await fleet.pids())).toEqual(['b']);
    fs.rmSync(path.dirname(slow), { recursive: true });
    await run('systemctl', ['--user', 'daemon-reload']);
  });

  test('what an apply that was cut short did not write down is put right by the next, once', async () => {
    const roster = (runtime: string, idle: string) =>
      fleet.writeRoster([
        `{ name: a, runtime: ${runtime}, command: [sleep, infinity], idle_after: ${idle} }`,
      ]);
    const file = path.join(fleet.home, 'fleet', 'agents', 'a.json');
    roster('one', '1s');
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
    const before = fs.readFileSync(file);
    roster('two', '1s');
    await fleet.expect(0, 'apply', '--now');
    // As a SIGKILL leaves it, between the restart and the record of it.
    fs.writeFileSync(file, before);
    expect((await fleet.expect(0, 'apply')).stdout).toContain('No changes.');
    const record = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<'applied' | 'started', unknown>;
    expect(record).toMatchObject({ started: { runtime: 'two' }, applied: { runtime: 'two' } });
    const { ino } = fs.statSync(file);
    await fleet.expect(0, 'apply');
    expect(fs.statSync(file).ino).toBe(ino);
    // What else the record tells of is still found due.
    fs.writeFileSync(file, before);
    roster('two', '3s');
    expect((await fleet.expect(0, 'apply')).stdout).toContain('✓ a updated');
  });

  test('a command that finds the lock held gives up with 5 and says by whom', async () => {
    await fleet.upSleepers();
    fs.appendFileSync(fleet.roster, `  - ${sleeper('c')}\n`);
    const { giveToTheDead } = takeLock();
    const { stderr } = await fleet.expect(5, 'apply');
    expect(stderr).toContain(`fleet apply (pid ${process.pid}) has held the lock for 10s; nothing was done`);
    // Nobody has to sit the wait out, also where Ctrl-C lets a step finish.
    let pid = 0;
    const counting = countingPath(fleet.directory);
    const options = { env: { PATH: counting.path }, started: (of: number) => void (pid = of) };
    const impatient = fleet.fleetWith(options, 'agent', 'reset', 'a', '--now');
    await until('it has looked', () => counting.calls().length >= 2);
    await delay(2000);
    process.kill(pid, 'SIGINT');
    const { code, stderr: said } = await impatient;
    expect(said).toContain(
      `interrupted while fleet apply (pid ${process.pid}) had the lock; nothing was done`,
    );
    expect(code).toBe(130);
    // What was done before the lock was asked for is said, and nothing else was.
    const holds = async () =>
      (await fleet.expect(0, 'status')).stdout.match(/stopped by the operator/g) ?? [];
    expect((await fleet.expect(5, 'stop', 'a')).stderr).toContain('a: held by now, and nothing was stopped');
    expect(await holds()).toHaveLength(1);
    expect((await fleet.expect(5, 'start', 'a')).stderr).toContain('nothing was done');
    expect(await holds()).toHaveLength(1);
    giveToTheDead();
    await fleet.expect(0, 'start', 'a');
    expect(await holds()).toEqual([]);
    await fleet.expect(0, 'apply');
  });

  test('a roster that is spoiled meanwhile: what was done is told, and the rest is not begun', async () => {
    const agent = (name: string, value: string): string =>
      `{ name: ${name}, runtime: sleeper, command: [sleep, infinity], env: { X: "${value}" } }`;
    const settings = `defaults: { working_directory: ${fleet.work}, idle_after: 0s, start_spacing: 2s }`;
    fleet.writeRoster([agent('a', '1'), agent('b', '1')], settings);
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
    const before = await fleet.pids();
    fleet.writeRoster([agent('a', '2'), agent('b', '2')], settings);
    const whole = fs.readFileSync(fleet.roster, 'utf8');
    const applied = fleet.fleet('apply', '--json', '--wait', '10s');
    await until('a is restarted', async () => {
      const { a } = await fleet.pids();
      return a !== undefined && a !== before['a'];
    });
    fs.appendFileSync(fleet.roster, 'oops: [\n');
    const { code, stdout } = await applied;
    const told = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(code).toBe(4);
    expect(told).toContainEqual(
      expect.objectContaining({ type: 'action_complete', agent: 'a', action: 'restart' }),
    );
    const message = expect.stringContaining('not attempted: the roster cannot be used any more') as string;
    expect(told).toContainEqual(expect.objectContaining({ type: 'action_failed', agent: 'b', message }));
    expect(told.at(-1)).toMatchObject({ type: 'summary', done: 1, failed: 1 });
    expect((await fleet.pids())['b']).toBe(before['b']);
    // a is on record as it runs.
    fs.writeFileSync(fleet.roster, whole);
    const { stdout: plan } = await fleet.expect(2, 'plan', '--detailed-exitcode');
    expect(plan).toContain('env.X');
    expect(plan).toContain('1 to restart');
  });

  test('an apply killed anywhere is healed by the next', async () => {
    fleet.writeRoster(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => sleeper(name)));
    await fleet.expect(0, 'install');
    for (const afterMs of [60, 120, 180, 240, 320]) {
      const cut = await fleet.fleetWith(
        {
          started: (pid) =>
            setTimeout(() => {
              try {
                process.kill(pid, 'SIGKILL');
              } catch {
                // It was faster, which is as good.
              }
            }, afterMs),
        },
        'apply',
      );
      expect([null, 0]).toContain(cut.code);
      const healed = await fleet.fleet('apply', '--wait', '20s');
      expect([healed.code, healed.stdout, healed.stderr]).toEqual([0, expect.anything(), expect.anything()]);
      await fleet.expect(0, 'verify');
      await fleet.expect(0, 'stop');
      fs.rmSync(path.join(fleet.state, 'holds.json'));
    }
  });

  test('an apply whose reader has gone finishes, and tells the truth', async () => {
    fleet.writeRoster([sleeper('a'), sleeper('b')]);
    await fleet.expect(0, 'install');
    const piped = await run(
      'bash',
      ['-c', '"$@" | true; exit "${PIPESTATUS[0]}"', '_', process.execPath, cli, 'apply'],
      { env: fleet.env },
    );
    expect(piped.code).toBe(0);
    expect(Object.keys(await fleet.pids())).toEqual(['a', 'b']);
    const full = await run('bash', ['-c', '"$@" >/dev/full', '_', process.execPath, cli, 'stop'], {
      env: fleet.env,
    });
    expect([full.code, full.stderr]).toEqual([1, expect.stringContaining('no space left on the disk')]);
    expect(await fleet.pids()).toEqual({});
  });

  test('Ctrl-C finishes the step under way and begins no other', async () => {
    fleet.writeRoster(
      [sleeper('a'), sleeper('b'), sleeper('c')],
      `defaults: { start_spacing: 20s, working_directory: ${fleet.work} }`,
    );
    await fleet.expect(0, 'install');
    let pid = 0;
    const applying = fleet.fleetWith({ started: (started) => (pid = started) }, 'apply');
    await until('the first runs', async () => Object.keys(await fleet.pids()).length === 1);
    process.kill(pid, 'SIGINT');
    const { code, stdout, stderr } = await applying;
    expect([code, stdout]).toEqual([130, expect.stringContaining('Applied: 1 started; 2 interrupted.')]);
    expect(stderr).toContain('finishing the step under way');
    expect(Object.keys(await fleet.pids())).toEqual(['a']);
  });

  test('whoever waits for the lock is ended by the first signal, and says what he has done', async () => {
    const before = await fleet.upSleepers();
    fs.appendFileSync(fleet.roster, `  - ${sleeper('c')}\n`);
    const { giveToTheDead } = takeLock();
    const had = `had the lock; `;
    for (const [signal, told, ...words] of [
      ['SIGINT', 'nothing was done', 'apply'],
      ['SIGTERM', 'nothing was done', 'restart', 'b'],
      ['SIGHUP', 'a: held by now, and nothing was stopped', 'stop', 'a'],
      ['SIGINT', 'the fleet: held by now, and nothing was stopped', 'stop'],
      ['SIGHUP', 'nothing was done', 'start'],
    ] as const) {
      let pid = 0;
      const waiting = fleet.fleetWith({ started: (started) => (pid = started) }, ...words);
      await until(`${words.join(' ')} listens`, () => catchesHangup(pid));
      process.kill(pid, signal);
      const { code, stderr } = await waiting;
      expect([words, code, stderr]).toEqual([words, 130, expect.stringContaining(had + told)]);
    }
    expect(await fleet.pids()).toEqual(before);
    expect((await fleet.expect(0, 'status')).stdout.match(/stopped by the operator/g)).toHaveLength(3);
    giveToTheDead();
    await fleet.expect(0, 'start');
    await fleet.expect(0, 'start', 'a');
    await fleet.expect(0, 'verify');
  });

  test('a terminal that is closed leaves no agent down that was being restarted', async () => {
    const stubborn = (name: string, more = ''): string =>
      `{ name: ${name}, runtime: sleeper, command: [sh, -c, "trap '' HUP TERM; while :; do sleep 1; done"]${more} }`;
    const settings = `defaults: { stop_grace: 2s, idle_after: 0s, working_directory: ${fleet.work} }`;
    fleet.writeRoster([stubborn('a')], settings);
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
    const before = (await fleet.pids())['a'];
    const terminals = new Terminals(fleet);
    const said = path.join(fleet.directory, 'said');
    const quiet = ['bash', '-c', 'exec "$@" 2>"$0"', said, process.execPath, cli];
    await terminals.open('restart', 'told', [...quiet, 'restart', 'a']);
    const state = () => run('systemctl', ['--user', 'is-active', 'mosaic-agent@a.service']);
    await until('it is being stopped', async () => (await state()).stdout === 'deactivating\n');
    // The shell sends one, the kernel another.
    process.kill(terminals.pid('restart') ?? 0, 'SIGHUP');
    expect(await terminals.close()).toEqual({ restart: 0 });
    expect(fs.readFileSync(said, 'utf8')).toBe('');
    expect((await fleet.pids())['a']).toBeGreaterThan(before ?? 0);
  });

  test('a terminal that is closed costs no command its exit code, whether or not it is told by SIGHUP', async () => {
    fleet.writeRoster([
      '{ name: a, runtime: sleeper, command: [sh, -c, "echo hello; exec sleep infinity"] }',
    ]);
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
    const terminals = new Terminals(fleet);
    const commands = {
      status: ['status', '-w'],
      top: ['top'],
      events: ['events', '-w'],
      tail: ['agent', 'tail', 'a', '-f'],
    };
    for (const hangup of ['told', 'untold'] as const) {
      for (const [name, words] of Object.entries(commands)) {
        await terminals.open(`${name}-${hangup}`, hangup, [process.execPath, cli, ...words]);
      }
    }
    await terminals.open('wait', 'told', [process.execPath, cli, 'wait', '--for', 'stopped']);
    const later = [
      'bash',
      '-c',
      'while [[ -t 0 ]]; do sleep 0.05; done; exec "$@"',
      '_',
      process.execPath,
      cli,
    ];
    await terminals.open('begins-without', 'untold', [...later, 'validate']);
    for (const name of ['wait', ...Object.keys(commands).flatMap((one) => [`${one}-told`, `${one}-untold`])])
      await until(`${name} listens`, () => catchesHangup(terminals.pid(name)));
    expect(await terminals.close()).toEqual({
      ...Object.fromEntries(
        Object.keys(commands).flatMap((one) => [
          [`${one}-told`, 0],
          [`${one}-untold`, 0],
        ]),
      ),
      wait: 130,
      'begins-without': 0,
    });
  });

  test('Ctrl-C in a command that only looks or waits ends it without a word', async () => {
    fleet.writeRoster([
      '{ name: a, runtime: sleeper, command: [sh, -c, "echo hello; exec sleep infinity"] }',
    ]);
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
    for (const [code, ...words] of [
      [0, 'status', '-w'],
      [0, 'events', '-w'],
      [0, 'agent', 'tail', 'a', '-f'],
      [130, 'wait', 'a', '--for', 'stopped'],
    ] as const) {
      const looking = spawn(process.execPath, [cli, ...words], { env: { ...process.env, ...fleet.env } });
      const told = { stdout: '', stderr: '' };
      for (const stream of ['stdout', 'stderr'] as const)
        looking[stream].setEncoding('utf8').on('data', (text: string) => (told[stream] += text));
      const ended = new Promise<number | null>((resolve) => looking.on('close', resolve));
      // Nothing is printed by `wait`, which has tmux wake it.
      await until(
        `${words.join(' ')} listens`,
        () => isAtRest(looking.pid) && (told.stdout !== '' || hasWaker(looking.pid)),
      );
      looking.kill('SIGINT');
      expect([words, await ended, told.stderr]).toEqual([words, code, '']);
    }
  });
});

/** Has this process have the lock. `giveToTheDead`: another process of the same number, which is dead, has it. */
function takeLock(): { readonly giveToTheDead: () => void } {
  const locks = path.join(fleet.state, 'locks', 'pass');
  const stat = fs.readFileSync(`/proc/${process.pid}/stat`, 'utf8');
  const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  const bootId = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const numbers = fs.readdirSync(locks).filter((name) => /^[0-9]+$/.test(name));
  const claim = path.join(locks, String(Math.max(...numbers.map(Number)) + 1));
  const owner = { pid: process.pid, bootId, purpose: 'fleet apply' };
  fs.writeFileSync(claim, JSON.stringify({ ...owner, startTime }));
  return { giveToTheDead: () => fs.writeFileSync(claim, JSON.stringify({ ...owner, startTime: '1' })) };
}

const isAtRest = (pid: number | undefined): boolean =>
  /^State:\tS/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));

/** Whether Node does: a bash that is about to become it still has its own handler. */
function catchesHangup(pid: number | null): boolean {
  const [status = '', command = ''] = ['status', 'cmdline'].map((name) =>
    fs.readFileSync(`/proc/${pid}/${name}`, 'utf8'),
  );
  return command.startsWith(process.execPath) && /^SigCgt:\t[0-9a-f]*[13579bdf]$/m.test(status);
}

function hasWaker(pid: number | undefined): boolean {
  const children = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
  return children.some(
    (child) => child !== '' && fs.readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('wait-for'),
  );
}
