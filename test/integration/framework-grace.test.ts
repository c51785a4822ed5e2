import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FrameworkFleet, managerLog } from '../support/framework-fleet.js';
import {
  activeState,
  agentUnit,
  eventually,
  isRunning,
  run,
  show,
  systemctl,
} from '../support/user-manager.js';

let fleet: FrameworkFleet;
beforeAll(async () => {
  fleet = await FrameworkFleet.create('framework-grace');
});
afterAll(() => fleet.end());

const shell = (script: string): string[] => ['sh', '-c', script];
const at = (name: string): string => join(fleet.work, name);
/** Listens to nothing but a hangup, and saves then. */
const savesOnHangup = (file: string): string[] =>
  shell(
    `trap '' TERM; trap 'sleep 0.3; echo done >${file}; exit 0' HUP; echo up; while :; do sleep 0.05; done`,
  );
const up = async (agent: string, command: string[], graceMs: number): Promise<string> => {
  const { pane } = await fleet.start({ agent, command, graceMs });
  await fleet.seen(pane, 'up');
  return pane;
};
const stop = async (agent: string): Promise<number> => {
  const before = performance.now();
  await systemctl('stop', agentUnit(agent));
  return performance.now() - before;
};

describe.concurrent('who saves on a hangup is hung up', () => {
  const moves: readonly (readonly [string, (pane: string) => readonly (readonly string[])[]])[] = [
    ['whatever its session is named', () => [['rename-session', '-t', '=named:', 'another']]],
    [
      'though another session shows its window',
      () => [['new-session', '-d', '-t', '=grouped:', '-s', 'view']],
    ],
    [
      'though a human has taken its pane to him',
      (pane) => [
        ['new-session', '-d', '-s', 'mine', 'sleep', '1000'],
        ['join-pane', '-d', '-s', pane, '-t', '=mine:'],
      ],
    ],
    ['though a human’s pane stands before it', (pane) => [['split-window', '-t', pane, 'sleep', '1000']]],
  ];
  const names = ['named', 'grouped', 'taken', 'beside'];
  test.each(moves.map(([what, calls], index) => ({ what, calls, name: names[index] ?? '' })))(
    '$what',
    async ({ name, calls }) => {
      const pane = await up(name, savesOnHangup(at(name)), 20_000);
      for (const call of calls(pane)) expect(await fleet.tmux(...call)).toMatchObject({ code: 0 });
      expect(await stop(name)).toBeLessThan(9000);
      expect(existsSync(at(name))).toBe(true);
    },
  );
  test('and in all of that time nobody sends to it, wherever its pane is', async () => {
    const pane = await up('marked', shell('trap : TERM HUP; echo up; while :; do sleep 0.05; done'), 3000);
    await fleet.tmux('rename-session', '-t', '=marked:', 'elsewhere');
    const stopping = stop('marked');
    await eventually('the mark', async () => {
      const { stdout } = await fleet.tmux('display-message', '-p', '-t', pane, '#{@fleet_ending}');
      return stdout === '1\n';
    });
    await stopping;
  });
});

describe.concurrent('who tidies up', () => {
  test('has helpers that he begins for it', async () => {
    const script = `trap 'sh -c "sleep 0.5; echo done >${at('helped')}"; exit 0' TERM; echo up; while :; do sleep 0.05; done`;
    await up('helped', shell(script), 20_000);
    expect(await stop('helped')).toBeLessThan(9000);
    expect(existsSync(at('helped'))).toBe(true);
  });
  test('has helpers also where what he leaves alone is long to look through', async () => {
    // Its trap begins the helper while the stop still looks at the sixty, before it asks them.
    const script = `for n in $(seq 60); do sleep 1000 & done; trap 'sh -c "sleep 0.5; echo done >${at('crowded')}"; exit 0' TERM; echo up; while :; do :; done`;
    await up('crowded', shell(script), 20_000);
    expect(await stop('crowded')).toBeLessThan(9000);
    expect(existsSync(at('crowded'))).toBe(true);
  });
  test('may take the signal without a handler for it', async () => {
    // sigwait, of which the shell has nothing: perl is on every Debian.
    const script = `use POSIX; my $s = POSIX::SigSet->new(15); sigprocmask(SIG_BLOCK, $s); $| = 1; print "up\\n";
      for (;;) { select undef, undef, undef, 0.05; my $p = POSIX::SigSet->new; sigpending($p); last if $p->ismember(15); }
      select undef, undef, undef, 0.7; print "bye\\n" or exit 1; open my $f, '>', '${at('waited')}'; print $f "done";`;
    await up('waited', ['perl', '-e', script], 20_000);
    await stop('waited');
    expect(existsSync(at('waited'))).toBe(true);
  });
  test('is no hurry for what he leaves behind, which is asked as well', async () => {
    const script = `trap 'setsid sleep 1000 & exit 0' TERM; echo up; while :; do sleep 0.05; done`;
    await up('leaves', shell(script), 20_000);
    expect(await stop('leaves')).toBeLessThan(5000);
  });
});

describe.concurrent('who tidies up behind what wraps it, whose end would hang up the terminal', () => {
  const saves = (file: string): string =>
    `trap "sleep 0.5; echo bye && echo done >${file}; exit" TERM; echo up; while :; do sleep 0.05; done`;
  const wrappers: readonly (readonly [string, (words: string) => string])[] = [
    ['waits', (words) => `sh -c '${words}'; true`],
    ['repeats', (words) => `while :; do sh -c '${words}'; done`],
    ['beside', (words) => `sleep 1000 & sh -c '${words}'; true`],
  ];
  test.each(wrappers)('%s', async (name, wrapped) => {
    await up(name, shell(wrapped(saves(at(name)))), 20_000);
    expect(await stop(name)).toBeLessThan(9000);
    expect(existsSync(at(name))).toBe(true);
  });
  test('and where nobody does, it is asked at once, and goes on with nothing', async () => {
    await up('wrapped', shell(`echo up; sleep 1000; echo done >${at('wrapped')}`), 20_000);
    expect(await stop('wrapped')).toBeLessThan(9000);
    expect(existsSync(at('wrapped'))).toBe(false);
  });
});

describe.concurrent('whose session is taken from it, unasked, saves what it has, for a moment', () => {
  test.each(['kill-session', 'kill-pane'])('%s', async (verb) => {
    const pane = await up(verb, savesOnHangup(at(verb)), 20_000);
    await fleet.tmux(verb, '-t', pane);
    await eventually('the end', async () => (await activeState(agentUnit(verb))) === 'failed');
    expect(existsSync(at(verb))).toBe(true);
    expect((await fleet.exitRecord(verb)).facts).toMatchObject({ reason: 'killed-session' });
  });
  test('and who does not listen ends with it', async () => {
    const { pid, pane } = await fleet.start({
      agent: 'deaf',
      graceMs: 1000,
      command: shell('trap "" HUP TERM; exec sleep 1000'),
    });
    await fleet.tmux('kill-pane', '-t', pane);
    await eventually('the end', async () => (await activeState(agentUnit('deaf'))) === 'failed');
    expect(isRunning(pid)).toBe(false);
  });
});

test('who runs the stop script by hand stops nobody, least of all himself', async () => {
  await up('safe', shell('echo up; exec sleep 1000'), 1000);
  const tool = join(fleet.installation.home, 'tools/fleet/agent-stop.sh');
  const set = ['FLEET_SOCKET', 'FLEET_STATE'].map(
    (name) =>
      `--setenv=MOSAIC_${name}=${name === 'FLEET_STATE' ? fleet.installation.state : fleet.installation.socket}`,
  );
  const script = `sleep 777 & bash -p ${tool} safe; [ $? = 1 ] && kill $! && echo survived >${at('survived')}`;
  await run('systemd-run', ['--user', '--wait', '--quiet', ...set, 'sh', '-c', script]);
  expect(readFileSync(at('survived'), 'utf8')).toBe('survived\n');
  expect(await activeState(agentUnit('safe'))).toBe('active');
  expect(existsSync(join(fleet.installation.state, 'exits/safe'))).toBe(false);
});

test('what the loader says with every start of a program is not taken for tmux’s answer', async () => {
  await systemctl('set-environment', 'LD_PRELOAD=/usr/lib/gone.so');
  try {
    await fleet.launch({ agent: 'noisy', command: shell('echo up; exec sleep 1000') });
    expect((await systemctl('start', agentUnit('noisy'))).code).toBe(0);
    const { pane, pid } = await fleet.pane('noisy');
    await fleet.seen(pane, 'up');
    expect((await show(agentUnit('noisy'), 'StatusText'))['StatusText']).toBe(`pane ${pane} pid ${pid}`);
    await new Promise((done) => setTimeout(done, 300));
    expect(await activeState(agentUnit('noisy'))).toBe('active');
  } finally {
    await systemctl('unset-environment', 'LD_PRELOAD');
  }
});

// Where pids are on cgroup v1 they belong to root alone.
const v1 = existsSync('/sys/fs/cgroup/pids/cgroup.procs') && process.getuid?.() === 0;
const v2 = '/sys/fs/cgroup/cgroup.controllers';
test.skipIf(!v1 && !(existsSync(v2) && /\bpids\b/.test(readFileSync(v2, 'utf8'))))(
  'at its task limit it has its grace, and no more than that',
  async () => {
    const directory = join(homedir(), `.config/systemd/user/${agentUnit('crowd')}.d`);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, '50-fleet.conf'), '[Service]\nTasksMax=12\n');
    await systemctl('daemon-reload');
    const deaf = `trap '' TERM HUP; exec sleep 1000`;
    const script = `
      trap '' HUP
      trap 'sleep 2; echo done >${at('crowd')}; exit 0' TERM
      for i in 1 2 3 4 5 6 7 8; do (${deaf}) & done
      echo up; while :; do sleep 0.05; done`;
    await up('crowd', ['bash', '-c', script], 4000);
    const took = await stop('crowd');
    expect(existsSync(at('crowd'))).toBe(true);
    expect(took).toBeLessThan(9000);
    expect(managerLog()).not.toContain('fork: retry');
    expect(await activeState(agentUnit('crowd'))).toBe('inactive');
  },
);
