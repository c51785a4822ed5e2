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

describe('values of env in a roster that is broken', () => {
  const token = (value: string): string =>
    `  - name: a\n    runtime: other\n    command: [sleep, infinity]\n    env:\n      API_KEY: ${value}\n`;

  test.each([
    ['the next line', `${token(secret)}   clas: [\n`],
    ['the line itself', token(`@${secret}`)],
    ['a second colon', token(`a: ${secret}`)],
    ['an alias', token(`*${secret}`)],
    ['a lost indentation', token('x').replace('      API_KEY: x', `    API_KEY: ${secret}`)],
  ])('are in no output, no event and no log: %s', async (_, agents) => {
    const settings = `defaults: { idle_after: 0s, working_directory: ${fleet.work} }`;
    fleet.writeRoster([fleet.demo('a')], settings);
    await fleet.expect(0, 'install');
    await controller.start();
    await until('it runs', async () => (await fleet.pids())['a'] !== undefined);
    fs.writeFileSync(fleet.roster, `version: 1\ntransport: tmux\n${settings}\nagents:\n${agents}`);
    await until('it is told', () => controller.events('roster_invalid').length === 1);
    let told = '';
    for (const words of [
      ...[['validate'], ['plan'], ['apply'], ['status'], ['status', '-o', 'json'], ['explain', 'a']],
      ...[['events', '--json'], ['rollback', '--dry-run'], ['doctor']],
    ]) {
      const { stdout, stderr } = await fleet.fleet(...words);
      told += stdout + stderr;
    }
    expect(told).toContain('API_KEY');
    expect(told + controller.log).not.toContain(secret);
    expect(fs.readFileSync(path.join(fleet.state, 'events.jsonl'), 'utf8')).not.toContain(secret);
    // What is kept needs no code frame.
    expect(controller.events('roster_invalid')[0]?.['message']).not.toContain(' | ');
  });
});

describe('what an agent shows, says and is called', () => {
  // Controls of both sets, with what they would do to a terminal; marks that reorder text.
  const evil = '\u001b]2;pwned\u0007\u001b[2J\u009b31m\u202edesrever\u0085\u0000\u007f';
  // eslint-disable-next-line no-control-regex -- what this looks for
  const raw = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e].{0,60}/;

  test('reaches no terminal, no log and no JSON as it is', async () => {
    const script = path.join(fleet.directory, 'evil.mjs');
    const text = JSON.stringify(evil);
    fs.writeFileSync(
      script,
      `process.stdout.write(${text} + 'last words' + ${text} + '\\n'); if (process.argv[2] === 'stay') setInterval(() => {}, 1e6); else process.exit(3);`,
    );
    const agent = (name: string, word: string): string =>
      `{ name: ${name}, runtime: other, command: ${JSON.stringify([process.execPath, script, word])} }`;
    fleet.writeRoster(
      [agent('a', 'stay'), agent('b', 'leave')],
      `defaults: { working_directory: ${fleet.work} }`,
    );
    await fleet.expect(0, 'install');
    await fleet.fleet('apply', '--wait', '2s');
    await until('its end is on record', () => fs.existsSync(path.join(fleet.state, 'exits', 'b')));
    await fleet.expect(64, 'hold', 'a', '--reason', `because ${evil.replaceAll('\u0000', '')}`);
    // Sessions that somebody has made: one without marks, one with those of an agent of this home.
    const plain = evil.replaceAll('\u0000', '');
    await fleet.tmux('new-session', '-d', '-s', `stranger ${plain}`, 'sleep', '3000');
    await fleet.tmux('new-session', '-d', '-s', 'marked', 'sleep', '3000');
    for (const [mark, value] of [
      ['@fleet_agent', `evil${plain}`],
      ['@fleet_home', fleet.home],
      ['@fleet_pane', '#{pane_id}'],
    ] as const)
      await fleet.tmux('set-option', '-F', '-t', '=marked:', mark, value);
    await controller.start();
    await until('it has looked', () => fs.existsSync(path.join(fleet.state, 'status.json')));
    const told: string[] = [];
    for (const words of [
      ...[
        ['status'],
        ['status', '-o', 'wide'],
        ['status', '-o', 'json'],
        ['status', 'b'],
        ['top'],
        ['plan'],
        ['plan', '--json'],
      ],
      ...[
        ['apply'],
        ['apply', '--json'],
        ['explain', 'a'],
        ['explain', 'b'],
        ['events'],
        ['events', '--json'],
        ['verify'],
        ['doctor'],
      ],
      ...[
        ['export'],
        ['agent', 'status', 'a'],
        ['agent', 'status', 'b', '--json'],
        ['agent', 'roster'],
        ['agent', 'tail', 'a'],
      ],
    ]) {
      const { stdout, stderr } = await fleet.fleet(...words);
      told.push(`${words.join(' ')}: ${stdout}${stderr}`);
    }
    expect(told.join('')).toContain('last words');
    await controller.stop('SIGTERM');
    const files = ['events.jsonl', 'status.json'].map((name) =>
      fs.readFileSync(path.join(fleet.state, name), 'utf8'),
    );
    for (const one of [...told, controller.log, ...files])
      expect(raw.exec(one)?.[0] ?? null, one.slice(0, 60)).toBeNull();
  });
});
