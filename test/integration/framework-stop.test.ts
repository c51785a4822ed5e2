import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { demoAgent, FrameworkFleet } from '../support/framework-fleet.js';
import {
  activeState, agentUnit, eventually, isRunning, processesWith, run, show, systemctl, trackingCgroup,
} from '../support/user-manager.js'; // prettier-ignore

let fleet: FrameworkFleet;
beforeAll(async () => {
  fleet = await FrameworkFleet.create('framework-stop');
});
beforeEach(() => rm(join(fleet.installation.state, 'exits'), { recursive: true, force: true }));
afterAll(() => fleet.end());

const ended = (agent: string): Promise<string> =>
  eventually(`${agent} ended`, async () => {
    const state = await activeState(agentUnit(agent));
    return (state === 'inactive' || state === 'failed') && state;
  });
const shell = (script: string): string[] => ['sh', '-c', script];

describe('an agent that ends by itself', () => {
  test('with a status: the unit fails with it, and the last lines are kept', async () => {
    const script =
      'i=0; while [ $i -lt 40 ]; do echo line $i; echo; i=$((i+1)); done; printf "\\033[31mred\\033[0m\\n"; sleep 0.3; exit 3';
    await fleet.start({ agent: 'three', command: shell(script), spec: 'v1:33' });
    expect(await ended('three')).toBe('failed');
    expect((await show(agentUnit('three'), 'ExecMainStatus'))['ExecMainStatus']).toBe('3');
    const { facts, lines } = await fleet.exitRecord('three');
    expect(facts).toMatchObject({ reason: 'exited', status: '3', signal: '-', spec: 'v1:33' });
    expect(Math.abs(Number(facts['at']) - Date.now() / 1000)).toBeLessThan(60);
    expect(lines).toEqual([...Array.from({ length: 19 }, (_, index) => `line ${index + 21}`), 'red']);
    expect((await fleet.panes()).has('three')).toBe(false);
    expect(
      (
        await run('stat', [
          '-c',
          '%a',
          join(fleet.installation.state, 'exits'),
          join(fleet.installation.state, 'exits/three'),
        ])
      ).stdout,
    ).toBe('700\n600\n');
  });

  test('with status 0: the unit is inactive, not failed, and the record tells', async () => {
    await fleet.start({ agent: 'zero', command: shell('echo bye; sleep 0.3') });
    expect(await ended('zero')).toBe('inactive');
    expect((await fleet.exitRecord('zero')).facts).toMatchObject({ reason: 'exited', status: '0' });
  });

  test('at once: it had started all the same, and the controller is told when its unit goes down', async () => {
    const ends: string[] = [];
    for (let round = 0; round < 10; round += 1) {
      const called = join(fleet.installation.state, 'ended');
      await rm(called, { force: true });
      await fleet.launch({ agent: 'hasty', command: shell('exit 5') });
      await systemctl('start', agentUnit('hasty'));
      await ended('hasty');
      const { facts } = await fleet.exitRecord('hasty');
      ends.push(`${facts['reason']} ${facts['status']}`);
      expect((await stat(called)).mode & 0o777).toBe(0o600);
    }
    expect(new Set(ends)).toEqual(new Set(['exited 5']));
  });

  test('by a signal: 128 + signal', async () => {
    const { pid } = await fleet.start({ agent: 'killed', command: ['sleep', '1000'] });
    process.kill(pid, 'SIGKILL');
    expect(await ended('killed')).toBe('failed');
    expect((await show(agentUnit('killed'), 'ExecMainStatus'))['ExecMainStatus']).toBe('137');
    expect((await fleet.exitRecord('killed')).facts).toMatchObject({
      reason: 'signaled',
      status: '-',
      signal: '9',
    });
  });

  test('with 75 imitates the death of the server: the record knows better', async () => {
    await fleet.start({ agent: 'actor', command: shell('sleep 0.3; exit 75') });
    await ended('actor');
    expect((await fleet.exitRecord('actor')).facts).toMatchObject({ reason: 'exited', status: '75' });
  });

  test('takes its background processes with it', async () => {
    await fleet.start({
      agent: 'parent', environment: ['MARK=parent'],
      command: shell('trap "" HUP; setsid sleep 1001 & sleep 1002 & sleep 0.3; exit 4'),
    }); // prettier-ignore
    await ended('parent');
    expect(processesWith('MARK=parent')).toEqual([]);
  });
});

describe('stop', () => {
  test('is quick, clean and no failure for an agent that obeys', async () => {
    const { pid } = await fleet.start({ agent: 'good', command: ['sleep', '1000'], graceMs: 20_000 });
    const before = performance.now();
    expect((await systemctl('stop', agentUnit('good'))).code).toBe(0);
    expect(performance.now() - before).toBeLessThan(5000);
    expect(await activeState(agentUnit('good'))).toBe('inactive');
    expect(isRunning(pid)).toBe(false);
    expect((await fleet.panes()).has('good')).toBe(false);
    expect(existsSync(join(fleet.installation.state, 'exits/good'))).toBe(false);
  });

  test('lets an agent finish within its grace', async () => {
    const file = join(fleet.work, 'saved');
    const script = `trap 'sleep 0.4; echo done >${file}; exit 0' TERM HUP; while :; do sleep 0.05; done`;
    await fleet.start({ agent: 'saver', command: shell(script), graceMs: 20_000 });
    await systemctl('stop', agentUnit('saver'));
    expect(existsSync(file)).toBe(true);
  });

  test('leaves the terminal to an agent that tidies up, which ends as it would by itself', async () => {
    // Node that cannot restore its terminal aborts.
    const script = `
      process.stdin.setRawMode(true);
      process.on('SIGTERM', () => setTimeout(() => process.stdout.write('bye\\n', () => process.exit(0)), 400));
      setInterval(() => undefined, 1000);
      console.log('up');`;
    await writeFile(join(fleet.work, 'tidy.cjs'), script);
    const status = join(fleet.work, 'status');
    const command = shell(`trap : TERM; "${process.execPath}" tidy.cjs; echo $? >${status}`);
    const { pane } = await fleet.start({ agent: 'tidy', command, graceMs: 20_000 });
    await fleet.seen(pane, 'up');
    await systemctl('stop', agentUnit('tidy'));
    expect(await readFile(status, 'utf8')).toBe('0\n');
    expect((await fleet.panes()).has('tidy')).toBe(false);
  });

  test('hangs up on one that waits for nothing else, an interactive shell, long before its grace is over', async () => {
    const { pane } = await fleet.start({
      agent: 'shell',
      command: ['bash', '--norc', '-i'],
      graceMs: 240_000,
    });
    await fleet.seen(pane, 'bash-');
    await systemctl('stop', agentUnit('shell'));
    expect(await activeState(agentUnit('shell'))).toBe('inactive');
  });

  test('hangs up after half of the grace on one that hears the request and stays', async () => {
    const file = join(fleet.work, 'hung-up');
    const script = `trap : TERM; trap 'echo done >${file}; exit 0' HUP; while :; do sleep 0.05; done`;
    await fleet.start({ agent: 'stays', command: shell(script), graceMs: 2000 });
    await systemctl('stop', agentUnit('stays'));
    expect(existsSync(file)).toBe(true);
  });

  test('asks by a hangup who listens to nothing else, and at half of the grace by SIGTERM', async () => {
    const file = join(fleet.work, 'saved-late');
    const told = join(fleet.work, 'told');
    const saves = `trap 'sleep 0.4; echo done >${file}; exit 0' HUP; echo up; while :; do sleep 0.05; done`;
    const { pane } = await fleet.start({ agent: 'hup', command: shell(saves), graceMs: 20_000 });
    await fleet.seen(pane, 'up');
    await systemctl('stop', agentUnit('hup'));
    expect(existsSync(file)).toBe(true);
    const reloads = `trap 'echo told >>${told}' HUP; echo up; while :; do sleep 0.05; done`;
    const daemon = await fleet.start({ agent: 'reloads', command: shell(reloads), graceMs: 4000 });
    await fleet.seen(daemon.pane, 'up');
    const before = performance.now();
    await systemctl('stop', agentUnit('reloads'));
    expect(existsSync(told)).toBe(true);
    expect(performance.now() - before).toBeLessThan(3900);
  });

  test('gives all of its grace to one whose processes come and go meanwhile', async () => {
    const script = `trap '' TERM HUP; touch begun; while :; do /bin/true; done`;
    await fleet.start({ agent: 'many', command: shell(script), graceMs: 4000 });
    await eventually('it goes', () => existsSync(join(fleet.work, 'begun')));
    const before = performance.now();
    await systemctl('stop', agentUnit('many'));
    expect(performance.now() - before).toBeGreaterThan(3900);
  });

  test('leaves no process of one that ignores signals, double-forks, leaves its session and stops itself', async () => {
    const { pane } = await fleet.start({
      agent: 'stubborn', environment: ['MARK=stubborn'], graceMs: 500,
      command: [process.execPath, demoAgent, '--ignore-signals', '--fork'],
    }); // prettier-ignore
    await fleet.seen(pane, 'fresh context');
    const forked = await eventually(
      'the double-forked process',
      () => processesWith('MARK=stubborn').length === 2,
    );
    expect(forked).toBe(true);
    const before = performance.now();
    await systemctl('stop', agentUnit('stubborn'));
    const took = performance.now() - before;
    expect(processesWith('MARK=stubborn')).toEqual([]);
    expect(took).toBeGreaterThan(450);
    expect(took).toBeLessThan(5000);
    expect(await activeState(agentUnit('stubborn'))).toBe('inactive');
  });

  test('reaches processes in cgroups that the agent made', async () => {
    const script = `trap "" HUP
      group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup); [ -d "$group" ] || group=/sys/fs/cgroup/unified$(sed -n 's/^0:://p' /proc/self/cgroup)
      mkdir -p "$group/.inner/deep"; sh -c "trap 'echo asked >asked; exit' TERM; echo \\$\\$ >'$group/.inner/deep/cgroup.procs'; touch entered; while :; do sleep 0.05; done" & wait`;
    await fleet.start({
      agent: 'nested',
      command: shell(script),
      environment: ['MARK=nested'],
      graceMs: 20_000,
    });
    await eventually('the inner process', () => existsSync(join(fleet.work, 'entered')));
    await systemctl('stop', agentUnit('nested'));
    expect(existsSync(join(fleet.work, 'asked'))).toBe(true);
    expect(processesWith('MARK=nested')).toEqual([]);
  });

  test('wakes a stopped process so that it can end', async () => {
    const { pid } = await fleet.start({ agent: 'asleep', command: ['sleep', '1000'], graceMs: 20_000 });
    process.kill(pid, 'SIGSTOP');
    const before = performance.now();
    await systemctl('stop', agentUnit('asleep'));
    expect(performance.now() - before).toBeLessThan(5000);
  });

  test('ends the tree though the tmux server hangs, and the next start finds its way', async () => {
    await fleet.start({
      agent: 'hung',
      command: ['sleep', '1000'],
      environment: ['MARK=hung'],
      graceMs: 300,
    });
    const server = await fleet.serverPid();
    process.kill(server, 'SIGSTOP');
    try {
      const before = performance.now();
      expect((await systemctl('stop', agentUnit('hung'))).code).toBe(0);
      expect(performance.now() - before).toBeLessThan(6000);
      expect(processesWith('MARK=hung')).toEqual([]);
      expect(await activeState(agentUnit('hung'))).toBe('inactive');
    } finally {
      process.kill(server, 'SIGCONT');
    }
    const { pid } = await fleet.start({ agent: 'hung', command: ['sleep', '1000'] });
    expect(trackingCgroup(pid)).toContain('mosaic-agent@hung.service');
    expect(
      (await fleet.tmux('list-sessions', '-f', '#{==:#{session_name},hung}')).stdout.split('\n'),
    ).toHaveLength(2);
  });

  test('in the middle of a start is no failure', async () => {
    const server = await fleet.serverPid();
    await fleet.launch({ agent: 'early', command: ['sleep', '1000'] });
    process.kill(server, 'SIGSTOP');
    try {
      await systemctl('start', '--no-block', agentUnit('early'));
      await eventually('starting', async () => (await activeState(agentUnit('early'))) === 'activating');
      await systemctl('stop', agentUnit('early'));
      expect(await activeState(agentUnit('early'))).toBe('inactive');
    } finally {
      process.kill(server, 'SIGCONT');
    }
  });
});

describe('agent-run ends without a word', () => {
  test.each([
    ['SIGKILL', 'inactive', 'agent-run-killed'],
    // Which takes it for a stop, but no stop has asked.
    ['SIGTERM', 'inactive', 'agent-run-killed'],
    ['SIGUSR2', 'failed', 'unit-signal'],
  ] as const)('%s: its unit is %s, and the end is on record all the same', async (signal, state, reason) => {
    await fleet.start({
      agent: 'mute',
      command: ['sleep', '1000'],
      environment: ['MARK=mute'],
      spec: 'v1:44',
    });
    const { MainPID: main = '', InvocationID: invocation } = await show(
      agentUnit('mute'),
      'MainPID',
      'InvocationID',
    );
    process.kill(Number(main), signal);
    expect(await ended('mute')).toBe(state);
    const { facts, lines } = await fleet.exitRecord('mute');
    expect(lines).toEqual([]);
    expect(facts).toMatchObject({ reason, status: '-', signal: '-', spec: 'v1:44', invocation });
    expect(Number(facts['ran'])).toBeLessThan(60);
    expect(processesWith('MARK=mute')).toEqual([]);
    await rm(join(fleet.installation.state, 'exits/mute'));
  });

  test('after a stop that was asked for: nothing is recorded', async () => {
    await fleet.start({ agent: 'asked', command: ['sleep', '1000'] });
    await systemctl('stop', agentUnit('asked'));
    expect(existsSync(join(fleet.installation.state, 'exits/asked'))).toBe(false);
  });
});

describe('a human at the agent’s session', () => {
  test('splits it and kills the agent’s pane: the unit ends, his pane with the session', async () => {
    const { pane } = await fleet.start({
      agent: 'split',
      command: ['sleep', '1000'],
      environment: ['MARK=split'],
    });
    await fleet.tmux('split-window', '-t', '=split:', 'sleep', '2000');
    await fleet.tmux('kill-pane', '-t', pane);
    expect(await ended('split')).toBe('failed');
    expect((await fleet.exitRecord('split')).facts).toMatchObject({ reason: 'killed-session', status: '-' });
    expect((await show(agentUnit('split'), 'ExecMainStatus'))['ExecMainStatus']).toBe('76');
    expect(processesWith('MARK=split')).toEqual([]);
    expect((await fleet.tmux('has-session', '-t', '=split')).code).toBe(1);
  });

  test('closes the agent’s window while another lives', async () => {
    const { pane } = await fleet.start({ agent: 'window', command: ['sleep', '1000'] });
    await fleet.tmux('new-window', '-t', '=window:', 'sleep', '2000');
    await fleet.tmux('kill-window', '-t', pane);
    expect(await ended('window')).toBe('failed');
  });

  test('splits it and closes his own pane: nothing happens', async () => {
    const { pid } = await fleet.start({ agent: 'visited', command: ['sleep', '1000'] });
    const { stdout } = await fleet.tmux(
      'split-window',
      '-P',
      '-F',
      '#{pane_id}',
      '-t',
      '=visited:',
      'sleep',
      '2000',
    );
    await fleet.tmux('kill-pane', '-t', stdout.trim());
    await fleet.tmux('new-window', '-t', '=visited:', 'true');
    await eventually(
      'one pane',
      async () => (await fleet.tmux('list-panes', '-s', '-t', '=visited:')).stdout.split('\n').length === 2,
    );
    expect(await activeState(agentUnit('visited'))).toBe('active');
    expect((await fleet.pane('visited')).pid).toBe(pid);
  });

  test('opens a grouped session: the death of the agent is still seen', async () => {
    const { pid } = await fleet.start({ agent: 'grouped', command: ['sleep', '1000'] });
    await fleet.tmux('new-session', '-d', '-t', '=grouped', '-s', 'zz-view');
    process.kill(pid, 'SIGKILL');
    expect(await ended('grouped')).toBe('failed');
    expect((await fleet.exitRecord('grouped')).facts).toMatchObject({ reason: 'signaled', signal: '9' });
    await fleet.tmux('kill-session', '-t', '=zz-view');
  });

  test('kills the session the moment it is there, again and again', async () => {
    for (let round = 0; round < 12; round++) {
      const { session } = await fleet.start({ agent: 'young', command: ['sleep', '1000'] });
      await fleet.tmux('kill-session', '-t', session);
      expect(await ended('young')).toBe('failed');
    }
  });

  test('kills the session', async () => {
    await fleet.start({ agent: 'ended', command: ['sleep', '1000'], environment: ['MARK=ended'] });
    await fleet.tmux('kill-session', '-t', '=ended');
    expect(await ended('ended')).toBe('failed');
    expect((await fleet.exitRecord('ended')).facts['reason']).toBe('killed-session');
    expect(processesWith('MARK=ended')).toEqual([]);
  });

  test('respawns the pane: what he started is not the agent', async () => {
    const { pane, session } = await fleet.start({ agent: 'respawned', command: ['sleep', '1000'] });
    await fleet.tmux('respawn-pane', '-k', '-t', pane, 'sleep', '2000');
    // No hook tells; called by hand, for what the next look of agent-run finds by itself.
    await fleet.tmux('wait-for', '-S', `closed-${session}`);
    expect(await ended('respawned')).toBe('failed');
  });

  test('kills the waiting tmux client: the agent goes on, and its end is still seen', async () => {
    const { pid } = await fleet.start({ agent: 'waiter', command: ['sleep', '1000'] });
    const waiter = (): Promise<number> =>
      eventually('a waiting client', async () => {
        const { MainPID: main = '' } = await show(agentUnit('waiter'), 'MainPID');
        return Number((await run('pgrep', ['-P', main, 'tmux'])).stdout.split('\n')[0]) || null;
      });
    const first = await waiter();
    process.kill(first, 'SIGKILL');
    await eventually('another one', async () => (await waiter()) !== first);
    expect((await fleet.pane('waiter')).pid).toBe(pid);
    process.kill(pid, 'SIGTERM');
    expect(await ended('waiter')).toBe('failed');
    expect((await fleet.exitRecord('waiter')).facts).toMatchObject({ reason: 'signaled', signal: '15' });
  });
});

test('an agent in its grace is waited for, although what stands before it in the list ends while that is read', async () => {
  const [file, asking] = ['agent-stop.sh', 'ending.sh'].map((name) => join(fleet.installation.home, 'tools/fleet', name)) as [string, string];
  const saved = join(fleet.directory, 'saved');
  const [text, askingText] = await Promise.all([readFile(file, 'utf8'), readFile(asking, 'utf8')]);
  // agent-run.sh, the first in the list, ends there, and not before: in the second reading.
  const asked = '[[ -z ${MAINPID:-} ]] || kill -TERM "$MAINPID" 2>/dev/null';
  const skipped = '[[ -z ${mine[$pid]-} ]] || continue';
  expect(text.split(asked).length + askingText.split(skipped).length).toBe(4);
  const ends = '[[ $pid != "$MAINPID" || -z ${seen-} ]] || { kill -TERM "$pid"; while kill -0 "$pid"; do :; done; }';
  await writeFile(file, text.replace(asked, ''));
  await writeFile(asking, askingText.replace(skipped, `[[ -z \${mine[$pid]-} ]] || { ${ends}; seen=1; continue; }`));
  try {
    const script = `
      process.on('SIGHUP', () => undefined);
      process.on('SIGTERM', () => setTimeout(() => {
        require('node:fs').writeFileSync('${saved}', '');
        process.exit(0);
      }, 1000));
      setInterval(() => undefined, 1000);
      console.log('up');`;
    const command = [process.execPath, '-e', script];
    const { pane } = await fleet.start({ agent: 'saver', command, graceMs: 8000 });
    await fleet.seen(pane, 'up');
    await systemctl('stop', agentUnit('saver'));
    expect(existsSync(saved)).toBe(true);
  } finally {
    await Promise.all([writeFile(file, text), writeFile(asking, askingText)]);
  }
}); // prettier-ignore
