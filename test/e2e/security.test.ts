import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli, run, until } from '../support/fleet-sandbox.js';
import type { RunningController } from '../support/running-controller.js';
import type { TalkFleet } from '../support/talk-fleet.js';
import { talking } from '../support/talking.js';

let fleet: TalkFleet;
let controller: RunningController;
talking((own) => ({ fleet, controller } = own));

interface Entry {
  readonly name: string;
  readonly mode: number;
}

function entries(directory: string): readonly Entry[] {
  return fs.readdirSync(directory, { recursive: true, withFileTypes: true }).map((entry) => {
    const file = path.join(entry.parentPath, entry.name);
    return { name: path.relative(directory, file), mode: fs.lstatSync(file).mode & 0o7777 };
  });
}

const secret = 'sk-very-secret-1234567890';

describe('what another user of the host can read', () => {
  test('state, launch records and env files are for their owner alone, whatever the umask', async () => {
    const careless = async (...args: readonly string[]): Promise<void> => {
      const words = ['-c', 'umask 000; exec "$@"', 'sh', process.execPath, cli, ...args];
      const { code, stderr } = await run('sh', words, { env: fleet.env });
      expect(code, `${args.join(' ')}: ${stderr}`).toBe(0);
    };
    fleet.writeRoster(
      [
        fleet.demo('a', [], `, env: { API_KEY: ${secret} }, resources: { memory_max: 1G }`),
        fleet.demo('b', [], ', suspend: true'),
      ],
      `defaults: { idle_after: 0s, working_directory: ${fleet.work} }`,
    );
    await careless('install');
    await careless('apply');
    await controller.startWith(['sh', '-c', 'umask 000; exec "$@"', 'sh']);
    await careless('agent', 'send', 'a', '--message', 'hello', '--timeout', '10s');
    await careless('agent', 'send', 'b', '--message', 'later', '--later');
    await careless('hold', 'a', '--for', '1h', '--reason', 'x');
    await careless('plan', '--out', path.join(fleet.directory, 'saved.plan'));
    await until('the controller has written down', () =>
      fs.existsSync(path.join(fleet.state, 'status.json')),
    );

    const open = (found: readonly Entry[]): readonly string[] =>
      found.filter(({ mode }) => (mode & 0o077) !== 0).map(({ name }) => name);
    expect(fs.statSync(fleet.state).mode & 0o777).toBe(0o700);
    expect(entries(fleet.state).length).toBeGreaterThan(5);
    expect(open(entries(fleet.state))).toEqual([]);
    expect(open(entries(path.join(fleet.home, 'fleet', 'agents')))).toEqual([]);
    expect(fs.statSync(path.join(fleet.directory, 'saved.plan')).mode & 0o777).toBe(0o600);
    // Nobody else may write what systemd and the agents' shells run.
    const writable = (found: readonly Entry[]): readonly string[] =>
      found.filter(({ mode }) => (mode & 0o022) !== 0).map(({ name }) => name);
    expect(writable(entries(path.join(fleet.home, 'tools')))).toEqual([]);
    expect(writable(entries(fleet.units).filter(({ name }) => name.includes('mosaic-')))).toEqual([]);
  });
});

describe('values of env', () => {
  test('are in no output, no event, no log, and in no other agent', async () => {
    const settings = `defaults: { idle_after: 0s, disruption: immediate, working_directory: ${fleet.work} }`;
    const one = (value: string): string => fleet.demo('a', [], `, env: { API_KEY: ${value} }`);
    fleet.writeRoster([one(secret), fleet.demo('b')], settings);
    let told = '';
    const tell = async (...args: readonly string[]): Promise<void> => {
      const { stdout, stderr } = await fleet.fleet(...args);
      told += stdout + stderr;
    };
    await fleet.expect(0, 'install');
    for (const words of [['plan'], ['plan', '--json'], ['apply', '--json']]) await tell(...words);
    await controller.start();
    fleet.writeRoster([one(`${secret}-2`), fleet.demo('b')], settings);
    await until('it is restarted', () => controller.events('action_complete').length > 0);
    for (const words of [
      ...[['status', 'a'], ['status', '-o', 'json'], ['explain', 'a'], ['events'], ['events', '--json']],
      ...[['export'], ['rollback', '--list'], ['rollback', '--dry-run'], ['verify'], ['doctor'], ['top']],
    ])
      await tell(...words);
    expect(told).toContain('API_KEY');
    expect(told + controller.log).not.toContain(secret);
    expect(fs.readFileSync(process.env['FLEET_TEST_MANAGER_LOG'] ?? '', 'utf8')).not.toContain(secret);
    expect(fs.readFileSync(path.join(fleet.state, 'events.jsonl'), 'utf8')).not.toContain(secret);
    const { a = 0, b = 0 } = await fleet.pids();
    expect(fs.readFileSync(`/proc/${a}/environ`, 'utf8')).toContain(`API_KEY=${secret}-2`);
    expect(fs.readFileSync(`/proc/${b}/environ`, 'utf8')).not.toContain(secret);
    // Nor in what every user can read of a process.
    for (const pid of [a, b, await fleet.serverPid()]) {
      expect(fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(secret);
    }
    expect(await fleet.tmux('show-environment', '-g')).not.toContain(secret);
  });
});
