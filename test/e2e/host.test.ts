import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { countingPath, FleetSandbox, run, sleeper, snapshot } from '../support/fleet-sandbox.js';
import { withOwnMounts } from '../support/own-mounts.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

const listing = (directory: string): readonly string[] => Object.keys(snapshot(directory)).toSorted();

describe('install and uninstall', () => {
  test('a second install writes nothing and reloads nothing; a damaged file is mended', async () => {
    fleet.writeRoster([sleeper('a')]);
    const counting = countingPath(fleet.directory);
    const install = () => fleet.fleetWith({ env: { PATH: counting.path } }, 'install');
    const dry = await fleet.expect(0, 'install', '--dry-run');
    expect(dry.stdout).toContain('would write');
    expect(fs.existsSync(path.join(fleet.home, 'tools'))).toBe(false);
    const first = await install();
    expect([first.code, first.stderr]).toEqual([0, expect.stringContaining('lingering is off')]);
    const reloads = () => counting.calls().filter((call) => call.includes('daemon-reload')).length;
    expect(reloads()).toBe(1);
    const files = snapshot(fleet.home, fleet.units);
    expect((await install()).stdout).toBe('Nothing to install: everything is in place.\n');
    expect(snapshot(fleet.home, fleet.units)).toEqual(files);
    expect(reloads()).toBe(1);

    const tool = path.join(fleet.home, 'tools', 'fleet', 'agent-run.sh');
    fs.writeFileSync(tool, '#!/bin/false\n');
    const refused = await fleet.expect(69, 'apply');
    expect(refused.stderr).toContain(`${tool}\nRun: fleet install`);
    expect((await fleet.expect(0, 'plan')).stderr).toContain('apply would refuse');
    expect((await install()).stdout).toContain('replaced');
    expect(reloads()).toBe(1);
    await fleet.expect(0, 'apply');
    // Already running agents are no obstacle to installing again.
    await fleet.expect(0, 'install');
  });

  test('uninstall removes exactly what install wrote, and refuses while agents run', async () => {
    fleet.writeRoster([sleeper('a', ', resources: { memory_max: 1G }')]);
    fs.mkdirSync(fleet.units, { recursive: true });
    fs.writeFileSync(path.join(fleet.units, 'mine.service'), '[Service]\nExecStart=true\n');
    const before = [...listing(fleet.home), ...listing(fleet.units)];
    await fleet.expect(0, 'install', '--enable');
    expect(fs.existsSync(path.join(fleet.units, 'default.target.wants', 'mosaic-tmux-holder.service'))).toBe(
      true,
    );
    expect(fs.existsSync(path.join(fleet.units, 'default.target.wants', 'mosaic-fleet.service'))).toBe(true);
    await fleet.expect(0, 'apply');
    expect((await fleet.expect(1, 'uninstall')).stderr).toContain(
      'still running: a, the holder; nothing was removed',
    );
    await fleet.expect(0, 'stop');
    await fleet.expect(0, 'uninstall');
    fs.rmSync(path.join(fleet.units, 'default.target.wants'), { recursive: true, force: true });
    expect(
      [...listing(fleet.home), ...listing(fleet.units)].filter((file) => !file.includes('/agents')),
    ).toEqual(before);
    await fleet.expect(0, 'uninstall', '--purge');
    expect([...listing(fleet.home), ...listing(fleet.units)]).toEqual(before);
    expect(fs.existsSync(fleet.state)).toBe(false);
    expect((await fleet.expect(0, 'uninstall')).stdout).toBe('Nothing was installed.\n');
    fs.rmSync(path.join(fleet.units, 'mine.service'));
  });

  test('an install cut short by a full disk says so and can be repeated', async () => {
    fleet.writeRoster([sleeper('a')]);
    const script = 'mount -t tmpfs -o size=24k tmpfs "$1" && shift && exec "$@"';
    const units = fleet.units;
    fs.mkdirSync(units, { recursive: true });
    fs.mkdirSync(path.join(fleet.home, 'tools'), { recursive: true });
    const [program, ...apart] = withOwnMounts;
    const full = await run(
      program,
      [
        ...apart,
        'bash',
        '-c',
        script,
        '_',
        path.join(fleet.home, 'tools'),
        process.execPath,
        path.resolve(import.meta.dirname, '../../dist/fleet.js'),
        'install',
      ],
      { env: fleet.env },
    );
    expect([full.code, full.stderr]).toEqual([1, expect.stringContaining('no space left on the disk')]);
    expect(full.stderr).not.toContain('    at ');
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
  });
});

describe('the env file', () => {
  test('site lines and MOSAIC_AGENT_COMMAND are kept, are in force, and a changed one is a restart', async () => {
    const file = path.join(fleet.home, 'fleet', 'agents', 'a.env');
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(
      file,
      `# mine\nMOSAIC_AGENT_COMMAND=sh -c 'echo "key=$API_KEY"; exec sleep 1000'\nAPI_KEY="old secret"\n`,
    );
    fleet.writeRoster(
      ['{ name: a, runtime: pi, disruption: immediate }'],
      `defaults: { idle_after: 0s, working_directory: ${fleet.work}, launcher: [no-such-launcher] }`,
    );
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    const text = fs.readFileSync(file, 'utf8');
    for (const line of [
      '# mine',
      `MOSAIC_AGENT_COMMAND=sh -c 'echo "key=$API_KEY"; exec sleep 1000'`,
      'API_KEY="old secret"',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toContain(`MOSAIC_HOME=`);
    expect(await fleet.tmux('capture-pane', '-p', '-t', '=a:')).toContain('key=old secret');
    const before = await fleet.pids();
    expect((await fleet.expect(0, 'apply')).stdout).toContain('No changes.');

    fs.writeFileSync(file, text.replace('old secret', 'new secret'));
    const planned = await fleet.expect(0, 'plan');
    expect(planned.stdout).toMatch(/a +restart +site_env\.API_KEY changed/);
    expect(planned.stdout).not.toMatch(/(old|new) secret/);
    await fleet.expect(0, 'apply');
    expect((await fleet.pids())['a']).not.toBe(before['a']);
    expect(await fleet.tmux('capture-pane', '-p', '-t', '=a:')).toContain('key=new secret');
    await fleet.expect(0, 'install');
    expect(fs.readFileSync(file, 'utf8')).toContain('# mine');
  });

  test('an env file that cannot be read blocks that agent and no other', async () => {
    fleet.writeRoster([sleeper('a'), sleeper('b')]);
    await fleet.expect(0, 'install');
    fs.mkdirSync(path.join(fleet.home, 'fleet', 'agents', 'a.env'), { recursive: true });
    expect((await fleet.expect(6, 'apply')).stdout).toMatch(
      /a +start +not running +blocked: .*a\.env: is a directory/,
    );
    expect(Object.keys(await fleet.pids())).toEqual(['b']);
  });

  test('of a live agent whose env file cannot be read nothing tells that it is as it should be', async () => {
    fleet.writeRoster([sleeper('a'), sleeper('b')]);
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
    const before = await fleet.pids();
    const file = path.join(fleet.home, 'fleet', 'agents', 'a.env');
    fs.rmSync(file);
    fs.mkdirSync(file);
    const problem = `${file}: is a directory; a file is expected`;
    expect((await fleet.expect(4, 'apply')).stdout).toContain(`?   a  unknown  ${problem}`);
    expect((await fleet.expect(0, 'status')).stdout).toMatch(
      /^a .* Running .*nothing is done: .*a\.env: is a d/m,
    );
    const { stdout } = await fleet.expect(0, 'status', 'a', '-o', 'json');
    for (const type of ['Progressing', 'UpToDate'])
      expect(JSON.parse(stdout)).toMatchObject({
        agents: [
          {
            phase: 'Running',
            conditions: expect.arrayContaining([
              expect.objectContaining({
                type,
                status: 'Unknown',
                reason: 'Unknown',
                message: problem,
              }) as object,
            ]) as object,
          },
        ],
      });
    const verified = await fleet.expect(1, 'verify');
    expect(verified.stdout).toMatch(/✗ a +.*a\.env: is a directory; a file is expected\n/);
    expect(verified.stdout).toMatch(/✓ b +pid/);
    expect(await fleet.pids()).toEqual(before);
  });
});

describe('memory', () => {
  test('holds that cannot be read are unknown, never empty', async () => {
    fleet.writeRoster([sleeper('a')]);
    await fleet.expect(0, 'install');
    fs.writeFileSync(path.join(fleet.state, 'holds.json'), '{"agents":{"a":');
    const { stdout } = await fleet.expect(1, 'apply');
    expect(stdout).toMatch(/\? +a +unknown .*holds\.json is damaged/);
    expect(await fleet.pids()).toEqual({});
    expect((await fleet.fleet('hold', 'a')).code).toBe(1);
    expect(fs.readFileSync(path.join(fleet.state, 'holds.json'), 'utf8')).toBe('{"agents":{"a":');
  });

  test('everything else can be deleted without loss', async () => {
    fleet.writeRoster([sleeper('a'), sleeper('b')]);
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
    const before = await fleet.pids();
    fs.rmSync(fleet.state, { recursive: true });
    for (const name of ['a.json', 'b.json', 'a.launch'])
      fs.rmSync(path.join(fleet.home, 'fleet', 'agents', name));
    expect((await fleet.expect(0, 'apply')).stdout).toContain('No changes.');
    expect(await fleet.pids()).toEqual(before);
  });
});

describe('looking', () => {
  test('init writes a profile once; every profile is valid', async () => {
    expect((await fleet.expect(0, 'init')).stdout).toContain('version: 1');
    for (const profile of ['minimal', 'local-canary', 'software-factory']) {
      await fleet.expect(0, 'init', '--profile', profile, '--write', '--force');
      expect((await fleet.expect(0, 'validate')).stdout).toContain('is valid');
    }
    const text = fs.readFileSync(fleet.roster, 'utf8');
    expect((await fleet.expect(1, 'init', '--write')).stderr).toContain('exists and was not touched');
    expect(fs.readFileSync(fleet.roster, 'utf8')).toBe(text);
    expect((await fleet.expect(64, 'init', '--profile', 'minimum')).stderr).toContain('did you mean minimal');
  });

  test('status as JSON has figures, conditions and no secret', async () => {
    fleet.writeRoster([sleeper('a', ', env: { TOKEN: hush }'), sleeper('b', ', suspend: true')]);
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
    const { stdout } = await fleet.expect(0, 'status', '-o', 'json');
    const document = JSON.parse(stdout) as {
      formatVersion: string;
      holder: object;
      agents: Record<string, unknown>[];
    };
    expect(Object.keys(document)[0]).toBe('formatVersion');
    expect(document.holder).toMatchObject({ active: true, pid: await fleet.serverPid() });
    expect(document.agents[0]).toMatchObject({
      name: 'a',
      phase: 'Running',
      pid: (await fleet.pids())['a'],
      starts: 1,
      conversation: null,
    });
    // [not set] where no cgroup counts them: an ordinary user's, on a machine that does not delegate the controller.
    const counted = await run('systemctl', ['--user', 'show', '-P', 'TasksCurrent', 'mosaic-agent@a']);
    expect(`${(document.agents[0]?.['tasks'] as number | null) ?? '[not set]'}`).toBe(counted.stdout.trim());
    expect(document.agents[1]).toMatchObject({
      name: 'b',
      phase: 'Suspended',
      desired: 'stopped',
      pid: null,
    });
    expect(stdout).not.toContain('hush');
  });

  test('apply --json prints one object per line, version first', async () => {
    fleet.writeRoster([sleeper('a'), '{ name: b, runtime: sleeper, command: [no-such-program] }']);
    await fleet.expect(0, 'install');
    const { stdout } = await fleet.expect(6, 'apply', '--json');
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const event of events) expect(Object.keys(event)[0]).toBe('formatVersion');
    expect(events.map(({ type, agent }) => [type, agent])).toEqual([
      ['version', undefined],
      ['planned', undefined],
      ['action_start', 'a'],
      ['action_complete', 'a'],
      ['deferred', 'b'],
      ['summary', undefined],
    ]);
    fs.writeFileSync(fleet.roster, '');
    const refused = await fleet.expect(78, 'apply', '--json');
    expect(JSON.parse(refused.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      type: 'diagnostic',
    });
  });

  test('doctor names what is wrong with the host and the roster', async () => {
    fleet.writeRoster([sleeper('a'), '{ name: b, runtime: codex, command: [no-such-thing] }']);
    await fleet.expect(0, 'install');
    const { stdout } = await fleet.expect(1, 'doctor');
    expect(stdout).toMatch(/✓ tmux +tmux 3/);
    expect(stdout).toMatch(/! linger +off/);
    expect(stdout).toMatch(/✗ runtime codex +b: no-such-thing is not in the agent's PATH/);
    expect(stdout).toMatch(/✓ runtime sleeper +a can be launched/);
    fs.writeFileSync(fleet.roster.replace('.yaml', '.yml'), 'version: 1\n');
    expect((await fleet.fleet('doctor')).stdout).toMatch(
      /! roster .*roster\.yml is there, too, and is not read/,
    );
    const bare = await fleet.fleetWith({ env: { PATH: '/nonexistent' } }, 'doctor');
    expect(bare.code).toBe(69);
    expect(bare.stdout).toContain('→ apt-get install tmux');
  });

  test('lines of env files that set nothing are named by plan and doctor, and not shown', async () => {
    fleet.writeRoster([sleeper('a')]);
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
    const file = path.join(fleet.home, 'fleet', 'agents', 'a.env');
    const lines = fs.readFileSync(file, 'utf8').split('\n').length;
    const own = 'MOSAIC_AGENT_CLASS=hunter2\n';
    fs.appendFileSync(file, `export TOKEN=hunter2\nhunter2\n${own}`);
    fs.appendFileSync(path.join(fleet.home, 'fleet', 'environment'), `export METRICS=hunter2\n${own}`);
    const shown = file.replace(os.homedir(), '~');
    const why = ['no shell reads it; write NAME=VALUE without export', 'it is no NAME=VALUE, and no comment', 'MOSAIC_AGENT_CLASS: fleet sets this variable to tell the agent who it is']; // prettier-ignore
    const messages = why.map((one, at) => `${shown}:${lines + at}: sets nothing: ${one}`);
    const plan = (await fleet.expect(0, 'plan', '--json')).stdout;
    expect((JSON.parse(plan) as { notes: object[] }).notes).toEqual(
      messages.map((message) => ({ subject: 'a', code: 'EnvironmentLineIgnored', message })),
    );
    const text = (await fleet.expect(0, 'plan')).stdout;
    expect(text).toContain(`No changes. 1 agent matches the roster.\n      a: ${messages[0]}\n`);
    const doctor = (await fleet.fleet('doctor')).stdout;
    expect(doctor).toMatch(/! environment +\S*\/a\.env:\d+: sets nothing: no shell/);
    expect(doctor).toContain(` ${messages[0]}\n`);
    expect(doctor).toMatch(/! environment +~\/\S*\/fleet\/environment:\d+: sets nothing: no shell/);
    expect(doctor.match(/MOSAIC_AGENT_CLASS/g)).toHaveLength(1);
    expect(plan + text + doctor).not.toContain('hunter2');
  });

  test('an unknown agent is refused before anything is run', async () => {
    fleet.writeRoster([sleeper('reviewer0')]);
    const counting = countingPath(fleet.directory);
    for (const command of [
      ['stop', 'reviewr0'],
      ['hold', 'reviewr0'],
      ['release', 'reviewr0'],
    ]) {
      const result = await fleet.fleetWith({ env: { PATH: counting.path } }, ...command);
      expect([result.code, result.stderr]).toEqual([64, expect.stringContaining('did you mean reviewer0?')]);
    }
    expect(counting.calls()).toEqual([]);
    expect((await fleet.fleet('frobnicate')).code).toBe(64);
    expect((await fleet.fleet('plan', '--no-such-option')).code).toBe(64);
  });
});

test('doctor tells of an operator’s drop-in for all services by which systemd would end or restart agents', async () => {
  await fleet.upSleepers();
  const dropIns = path.join(fleet.units, 'service.d');
  const set = async (text: string): Promise<void> => {
    fs.mkdirSync(dropIns, { recursive: true });
    fs.writeFileSync(path.join(dropIns, 'mine.conf'), `[Service]\n${text}\n`);
    expect((await run('systemctl', ['--user', 'daemon-reload'])).code).toBe(0);
  };
  try {
    // What only limits, or is nicer to others, is his business.
    await set('Nice=5\nOOMScoreAdjust=200');
    expect((await fleet.expect(0, 'doctor')).stdout).not.toContain(' units ');
    await set('Restart=always\nRuntimeMaxSec=1day');
    const { stdout } = await fleet.expect(1, 'doctor');
    expect(stdout).toMatch(
      /✗ units +RuntimeMaxSec=1d for mosaic-tmux-holder\.service and 2 more: systemd ends /,
    );
    expect(stdout).toMatch(
      /! units +Restart=always for mosaic-agent@a\.service and 1 more: systemd restarts/,
    );
    expect(stdout).toContain(
      `→ take it out of ~/.config/systemd/user/service.d/mine.conf; then systemctl --user daemon-reload\n`,
    );
  } finally {
    fs.rmSync(dropIns, { recursive: true, force: true });
  }
});
