import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FrameworkFleet, holderUnit, managerLog } from '../support/framework-fleet.js';
import { launchWords } from '../support/install-framework.js';
import {
  activeState,
  agentUnit,
  eventually,
  processesWith,
  run,
  show,
  systemctl,
  trackingCgroup,
} from '../support/user-manager.js';

const probe = fileURLToPath(new URL('../support/probe.mjs', import.meta.url));
let fleet: FrameworkFleet;

beforeAll(async () => {
  // Every character that systemd, tmux, glob patterns or a shell could take for something else.
  fleet = await FrameworkFleet.create('framework-start', {
    homeName: `mo %s%% $HOME \${x} "q" 'q' \\t [a]*? #{pid} ünï;`,
    environment: { BASH_ENV: '/dev/fd/666', OPERATOR: 'recorded "with" $care' },
  });
});
afterAll(() => fleet.end());

const strings = (path: string): string[] => readFileSync(path, 'utf8').split('\0').slice(0, -1);

/** Starts the probe and gives what it saw. */
async function probed(agent: string, args: readonly string[] = [], environment: readonly string[] = []) {
  const directory = join(fleet.directory, `probe-${agent}`);
  mkdirSync(directory);
  const command = [process.execPath, probe, directory, ...args];
  const pane = await fleet.start({ agent, command, environment });
  await eventually(`${agent}'s probe`, () => existsSync(join(directory, 'done')));
  return {
    pane,
    command,
    argv: strings(join(directory, 'cmdline')),
    environment: strings(join(directory, 'environ')),
    cwd: readFileSync(join(directory, 'cwd'), 'utf8'),
    cgroup: readFileSync(join(directory, 'cgroup'), 'utf8'),
  };
}

describe('units', () => {
  test('are clean for systemd-analyze, with a home of strange characters', async () => {
    const units = ['mosaic-tmux-holder.service', 'mosaic-agent@.service', 'mosaic-fleet.service'];
    const paths = units.map((name) => join(homedir(), '.config/systemd/user', name));
    const { code, stderr } = await run('systemd-analyze', ['--user', 'verify', ...paths]);
    // systemd 262 knows no cgroup v1 any more, where this one is needed, and so ignores it, in silence but for this program; that of 249
    // looks for a system's bus.
    const known =
      /^(.*: Support for option CPUAccounting= has been removed and it is ignored|Failed to connect to system bus: .*)\n/gm;
    expect(stderr.replace(known, '')).toBe('');
    expect(code).toBe(0);
  });

  test('the holder is the tmux server itself, and its session cannot be ended by stray keys', async () => {
    const { MainPID: main } = await show(holderUnit, 'MainPID');
    expect(await fleet.serverPid()).toBe(Number(main));
    await fleet.tmux('send-keys', '-t', '=_holder:', 'C-c', 'C-d', 'C-\\', 'C-z');
    const { stdout } = await fleet.tmux('list-panes', '-s', '-t', '=_holder:', '-F', '#{pane_dead}');
    expect(stdout).toBe('0\n');
  });
});

describe('an agent', () => {
  test('gets argv, environment and directory byte for byte', async () => {
    const words = [
      '', ' ', 'two words', `it's "quoted"`, '$HOME ${x} $(id) `id`', 'end;', ';', '\\;', '\\', 'new\nline\n', 'tab\t',
      'ünï 🚀', '#{session_id}', '%%', '-x', '--', '*', '~', 'a=b', 'x'.repeat(100_000), '',
    ]; // prettier-ignore
    const entries = [
      'RANDOM=7', 'SECONDS=x', 'IFS=,', 'GROUPS=g', 'BASH_ENV=/nowhere', 'LC_ALL=xx', 'SHELLOPTS=errexit', 'PATH=/nowhere:/bin',
      'EMPTY=', 'with.dot=1', 'NL=a\nb', 'EQ=a=b', 'UNI=ünï', `BIG=${'y'.repeat(100_000)}`, 'TERM=mine', '_=under', 'SHLVL=9',
      'environment=prod', 'inherited=1', 'own=it', 'cgroups=2', 'record_command=x',
    ]; // prettier-ignore
    const seen = await probed('bytes', words, entries);
    expect(seen.argv).toEqual(seen.command.concat([]));
    for (const entry of entries) {
      const name = entry.slice(0, entry.indexOf('=') + 1);
      expect(seen.environment.filter((other) => other.startsWith(name))).toEqual([entry]);
    }
    expect(seen.cwd).toBe(fleet.work);
    expect(seen.environment).toContain(`PWD=${fleet.work}`);
    expect(seen.environment).toContain('OPERATOR=recorded "with" $care');
    expect(seen.environment).toContain(`MOSAIC_HOME=${fleet.installation.home}`);
  });

  test('sees nothing of systemd, of the controller or of another agent', async () => {
    await probed('first', [], ['SECRET=first', 'OPENAI_API_KEY=k']);
    const { environment } = await probed('second', [], []);
    const names = environment.map((entry) => entry.slice(0, entry.indexOf('=')));
    const foreign =
      /^(SECRET|OPENAI_API_KEY|NOTIFY_SOCKET|INVOCATION_ID|JOURNAL_STREAM|MAINPID|MANAGERPID|SYSTEMD_.*|LISTEN_.*|WATCHDOG_.*|MEMORY_PRESSURE_.*|MOSAIC_FLEET_NODE|MOSAIC_FLEET_CLI|SHLVL|OLDPWD|_)$/;
    expect(names.filter((name) => foreign.test(name))).toEqual([]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names).toEqual(
      expect.arrayContaining(['TERM', 'TMUX', 'TMUX_PANE', 'PATH', 'HOME', 'XDG_RUNTIME_DIR', 'LANG']),
    );
    // A human's shell, split off beside an agent, inherits the server's.
    const server = strings(`/proc/${await fleet.serverPid()}/environ`).map((entry) =>
      entry.slice(0, entry.indexOf('=')),
    );
    expect(server.filter((name) => foreign.test(name) && !['_', 'SHLVL'].includes(name))).toEqual([]);
  });

  test('is in its own unit in every hierarchy when the unit is ready', async () => {
    const { pane, cgroup } = await probed('placed');
    expect(readFileSync(`/proc/${pane.pid}/status`, 'utf8')).toMatch(/^SigBlk:\t0+$/m);
    expect(trackingCgroup(pane.pid)).toMatch(/\/mosaic-agent@placed\.service$/);
    for (const controller of ['memory', 'pids']) {
      const line = cgroup.split('\n').find((text) => text.split(':')[1] === controller);
      const usable = process.getuid?.() === 0 && existsSync(`/sys/fs/cgroup/${controller}/cgroup.procs`);
      if (line !== undefined && usable) expect(line).toMatch(/\/mosaic-agent@placed\.service$/);
    }
    expect((await show(agentUnit('placed'), 'StatusText'))['StatusText']).toBe(
      `pane ${pane.pane} pid ${pane.pid}`,
    );
  });

  test('has its marks', async () => {
    await fleet.start({
      agent: 'marked',
      command: ['sleep', '1000'],
      spec: 'v1:aa',
      context: 'v1:bb',
      conversation: 'c-1',
    });
    const marks = ['agent', 'home', 'pane', 'spec', 'context', 'conversation', 'unit'].map(
      (name) => `#{@fleet_${name}}`,
    );
    const { stdout } = await fleet.tmux('display-message', '-p', '-t', '=marked:', marks.join('|'));
    const { InvocationID: invocation } = await show(agentUnit('marked'), 'InvocationID');
    const { pane } = await fleet.pane('marked');
    // (3.4 prints a backslash before the `$` of a variable.)
    expect(stdout.replaceAll('\\$', '$')).toBe(
      `marked|${fleet.installation.home}|${pane}|v1:aa|v1:bb|c-1|${invocation}\n`,
    );
  });

  test('lives beside others with nearly its name', async () => {
    const names = ['a', 'a-2', 'a.0', 'A', '0', 'a_b'];
    for (const agent of names) await fleet.start({ agent, command: ['sleep', '1000'] });
    await systemctl('stop', agentUnit('a'));
    const panes = await fleet.panes();
    expect(names.filter((name) => panes.has(name))).toEqual(['a-2', 'a.0', 'A', '0', 'a_b']);
    await systemctl('stop', agentUnit('a.0'));
    expect([...(await fleet.panes()).keys()]).toEqual(expect.arrayContaining(['a-2', 'A', '0', 'a_b']));
    expect(await activeState(agentUnit('a-2'))).toBe('active');
  });

  test('is found in the PATH it will have, and may have an equals sign in its name', async () => {
    const bin = join(fleet.directory, 'bin');
    mkdirSync(bin);
    // (Not /bin/sleep: of the Rust coreutils it is one program for all, which goes by its name.)
    await symlink('/bin/bash', join(bin, 'k=v'));
    const { pid } = await fleet.start({
      agent: 'equals',
      command: ['k=v', '-c', 'read -r never'],
      environment: [`PATH=/x:${bin}`],
    });
    await eventually('exec', () => strings(`/proc/${pid}/cmdline`)[0] === 'k=v');
  });

  test('runs in a directory of any name', async () => {
    const directory = join(fleet.directory, 'wörk #{pid} $HOME %s;');
    mkdirSync(directory);
    const { pid } = await fleet.start({ agent: 'elsewhere', command: ['sleep', '1000'], directory });
    expect((await run('readlink', [`/proc/${pid}/cwd`])).stdout).toBe(`${directory}\n`);
  });

  test('goes on with the record it was started from, though the file is gone', async () => {
    await fleet.launch({ agent: 'replaced', command: ['sleep', '1000'] });
    const started = systemctl('start', agentUnit('replaced'));
    await started;
    await writeFile(join(fleet.installation.home, 'fleet/agents/replaced.launch'), '');
    await systemctl('stop', agentUnit('replaced'));
    expect((await fleet.panes()).has('replaced')).toBe(false);
  });
});

test('an agent starts, and ends as it should, whatever signals come in the meantime', async () => {
  // bash (5.2) that runs a trap while it parses a `$(…)` ends with a syntax error.
  for (let turn = 0; turn < 8; turn += 1) {
    const starting = fleet.start({ agent: 'flooded', command: ['sleep', '1000'] });
    const progress = { over: false };
    const done = starting.finally(() => (progress.over = true));
    const main = await eventually('its main process', async () => {
      const pid = Number((await show(agentUnit('flooded'), 'MainPID'))['MainPID']);
      // Before that it would end it.
      return pid > 0 && /^Sig(Ign|Cgt):.*[2367abef]..$/m.test(statusOf(pid)) && pid;
    });
    while (!progress.over) {
      for (let count = 0; count < 50; count += 1) signalled(main);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { pid } = await done;
    await eventually('it is what it runs', () => statusOf(pid).startsWith('Name:\tsleep\n'));
    process.kill(pid, 'SIGKILL');
    for (let count = 0; count < 2000; count += 1) signalled(main);
    await eventually('it has failed', async () => (await activeState(agentUnit('flooded'))) === 'failed');
    expect((await fleet.exitRecord('flooded')).facts).toMatchObject({ reason: 'signaled', signal: '9' });
  }
});

const statusOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
};

function signalled(pid: number): void {
  try {
    process.kill(pid, 'SIGUSR1');
  } catch {
    // It has ended.
  }
}

describe('a start that cannot succeed fails, and says why', () => {
  const failing = async (
    agent: string,
  ): Promise<{ status: string; text: string; facts: Record<string, string> }> => {
    expect((await systemctl('start', agentUnit(agent))).code).not.toBe(0);
    const { facts, lines } = await fleet.exitRecord(agent);
    const { ExecMainStatus: status = '', ActiveState: state } = await show(
      agentUnit(agent),
      'ExecMainStatus',
      'ActiveState',
    );
    expect(state).toBe('failed');
    expect((await fleet.panes()).has(agent)).toBe(false);
    expect(managerLog()).toContain(lines[0]);
    return { status, text: lines.join('\n'), facts };
  };

  test('command not found: 127', async () => {
    await fleet.launch({
      agent: 'nocommand',
      command: ['no-such-agent'],
      environment: ['PATH=/here:/there'],
      spec: 'v1:99',
    });
    const { status, text, facts } = await failing('nocommand');
    expect(status).toBe('127');
    expect(text).toBe('fleet: no-such-agent: command not found in PATH=/here:/there');
    expect(facts).toMatchObject({
      version: 'v1',
      reason: 'start-failed',
      status: '127',
      signal: '-',
      spec: 'v1:99',
    });
  });

  test('and its last words are there each time, though tmux may close the terminal of what has ended unread', async () => {
    const burners = [1, 2, 3].map(() => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
    try {
      const told = new Set<string>();
      for (let round = 0; round < 25; round += 1) {
        await rm(join(fleet.installation.state, 'exits'), { recursive: true, force: true });
        await fleet.launch({ agent: 'mute', command: ['no-such-agent'], environment: ['PATH=/here'] });
        told.add((await failing('mute')).text);
      }
      expect([...told]).toEqual(['fleet: no-such-agent: command not found in PATH=/here']);
    } finally {
      for (const burner of burners) burner.kill('SIGKILL');
    }
  });

  test('systemd does not take the report: 69, and the agent does not live on', async () => {
    const directory = join(homedir(), `.config/systemd/user/${agentUnit('unheard')}.d`);
    mkdirSync(directory, { recursive: true });
    await writeFile(
      join(directory, '50-test.conf'),
      '[Service]\nEnvironment=NOTIFY_SOCKET=/no/such/socket\n',
    );
    await systemctl('daemon-reload');
    await fleet.launch({ agent: 'unheard', command: ['sleep', '54321'], environment: ['MARK=unheard'] });
    const { status, text } = await failing('unheard');
    expect(status).toBe('69');
    expect(text).toBe('systemd did not take the report that it is ready');
    expect(processesWith('MARK=unheard')).toEqual([]);
  });

  test('though its scripts cannot be executed, as below a home that is mounted noexec', async () => {
    const script = join(fleet.installation.home, 'tools/fleet/pane-exec.sh');
    await chmod(script, 0o644);
    try {
      const { dead } = await fleet.start({ agent: 'noexec', command: ['sleep', '54321'] });
      expect(dead).toBe(false);
    } finally {
      await chmod(script, 0o755);
    }
  });

  test('not executable: 126', async () => {
    const file = join(fleet.work, 'plain');
    writeFileSync(file, '#!/bin/sh\n');
    await chmod(file, 0o644);
    await fleet.launch({ agent: 'plain', command: [file] });
    const { status, text } = await failing('plain');
    expect(status).toBe('126');
    // A pane of 80 columns wraps it (3.2).
    expect(text.replaceAll('\n', '')).toBe(`fleet: ${file} is not executable`);
  });

  test('no working directory: 72', async () => {
    await fleet.launch({ agent: 'nowhere', command: ['sleep', '1'], directory: '/no/such/place' });
    const { status, text } = await failing('nowhere');
    expect(status).toBe('72');
    expect(text).toContain('/no/such/place is not there');
  });

  test('no record: 78', async () => {
    const { status, text } = await failing('unwritten');
    expect(status).toBe('78');
    expect(text).toContain('fleet/agents/unwritten.launch cannot be read');
  });

  test('no record, in an environment that makes bash strict: 78 too', async () => {
    await systemctl('set-environment', 'POSIXLY_CORRECT=1');
    try {
      expect((await failing('strict')).status).toBe('78');
    } finally {
      await systemctl('unset-environment', 'POSIXLY_CORRECT');
    }
  });

  test.each([
    ['cut in the last word', 1, 'is truncated'],
    ['cut at a word', 6, 'is truncated'],
    ['cut in the counts', 17, 'is truncated'],
    ['almost nothing left', -4, 'is not a launch record'],
  ])('record %s: 78', async (name, cut, message) => {
    const agent = name.replaceAll(' ', '-');
    await fleet.launch({ agent, command: ['sleep', '12345'] });
    const bytes =
      Buffer.byteLength(
        launchWords({ agent, command: ['sleep', '12345'], directory: fleet.work }).join('\0'),
      ) + 1;
    await truncate(
      join(fleet.installation.home, 'fleet/agents', `${agent}.launch`),
      cut < 0 ? -cut : bytes - cut,
    );
    const { status, text } = await failing(agent);
    expect(status).toBe('78');
    expect(text).toContain(message);
  });

  test('record of another agent: 78', async () => {
    await fleet.launch({ agent: 'mine', command: ['sleep', '1'] });
    const agents = join(fleet.installation.home, 'fleet/agents');
    writeFileSync(join(agents, 'yours.launch'), readFileSync(join(agents, 'mine.launch')));
    const { status, text } = await failing('yours');
    expect(status).toBe('78');
    expect(text).toContain(`is for agent 'mine'`);
  });
});

test('pane-exec outside its unit runs nothing', async () => {
  const { code, stdout } = await run(join(fleet.installation.home, 'tools/fleet/pane-exec.sh'), [
    String(process.pid),
    'a-2',
  ]);
  expect(code).toBe(78);
  expect(stdout).toContain('is not of unit mosaic-agent@a-2.service');
});
