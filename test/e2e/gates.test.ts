import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { demoAgent, FleetSandbox, sleeper, until } from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

/** Agents are idle as soon as they run. */
const settings = (): string => `defaults: { idle_after: 0s, working_directory: ${fleet.work} }`;
const edited = (name: string, more = ''): string => sleeper(name, `, env: { EDITED: "yes" }${more}`);

async function up(...agents: readonly string[]): Promise<Readonly<Record<string, number>>> {
  fleet.writeRoster(agents, settings());
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  return fleet.pids();
}

describe('the operator decides', () => {
  test('a stopped agent stays stopped until started, and plan and status say so', async () => {
    const before = await up(sleeper('a'), sleeper('b'));
    await fleet.expect(0, 'stop', 'a');
    expect((await fleet.expect(6, 'apply')).stdout).toMatch(
      /\+ +a +start +not running +held: stopped by the operator/,
    );
    expect((await fleet.expect(0, 'status')).stdout).toMatch(
      /a +sleeper +worker +Held .*stopped by the operator/,
    );
    expect(await fleet.pids()).toEqual({ b: before['b'] });
    await fleet.expect(0, 'start', 'a');
    expect(Object.keys(await fleet.pids()).toSorted()).toEqual(['a', 'b']);
    expect((await fleet.expect(0, 'apply')).stdout).toContain('No changes.');
  });

  test('release is another chance for one that was given up, and nothing for one that is not held', async () => {
    const bad = '{ name: bad, runtime: sleeper, command: [sh, -c, "exit 3"] }';
    fleet.writeRoster(
      [sleeper('a'), bad],
      `defaults: { working_directory: ${fleet.work}, backoff: { stall_after: 1 } }`,
    );
    await fleet.expect(0, 'install');
    await fleet.fleet('apply');
    expect((await fleet.expect(6, 'apply')).stdout).toContain('stalled: ended 1 times in a row; given up');
    const { stdout } = await fleet.expect(0, 'release', 'bad');
    expect(stdout).toBe('bad gets another chance. Apply it with: fleet apply\n');
    expect((await fleet.expect(0, 'plan')).stdout).not.toContain('stalled');
    expect((await fleet.expect(0, 'release', 'a')).stdout).toBe('a was not held.\n');
    const { stdout: events } = await fleet.expect(0, 'events', '--json');
    const released = events.split('\n').filter((line) => line.includes('"released"'));
    expect(released).toHaveLength(1);
    expect(released[0]).toContain('"agent":"bad"');
  });

  test('a held agent runs on unchanged; released, the roster applies', async () => {
    const before = await up(sleeper('a'));
    await fleet.expect(0, 'hold', 'a', '--for', '2h', '--reason', 'in the middle of something');
    fleet.writeRoster([edited('a')], settings());
    expect((await fleet.expect(6, 'apply', '--now')).stdout).toMatch(
      /held: by the operator until .* \(in the middle of something\)/,
    );
    expect((await fleet.expect(6, 'restart', 'a')).stdout).toContain('fleet release a');
    expect(await fleet.pids()).toEqual(before);
    await fleet.expect(0, 'release', 'a');
    await fleet.expect(0, 'apply');
    expect((await fleet.pids())['a']).not.toBe(before['a']);
  });

  test('who is named alone is not kept up by another of whom nothing is known', async () => {
    const before = await up(sleeper('a'), '{ name: b, runtime: sleeper, command: [sleep, infinity] }');
    fs.appendFileSync(path.join(fleet.home, 'fleet', 'agents', 'b.env'), 'MOSAIC_AGENT_COMMAND=sleep "1\n');
    const runtimes = '\nruntimes: { sleeper: { command: [sleep, infinity] } }';
    fleet.writeRoster([edited('a'), '{ name: b, runtime: sleeper }'], settings() + runtimes);
    expect((await fleet.expect(0, 'apply', '--only', 'a')).stdout).toContain('Applied: 1 restarted.');
    await fleet.expect(0, 'apply', '--only', 'a');
    await fleet.expect(4, 'apply', '--only', 'b');
    await fleet.expect(4, 'apply');
    expect((await fleet.pids())['b']).toBe(before['b']);
  });

  test('a restart waits for whoever is attached, through another session of its group as well', async () => {
    await up(sleeper('a'));
    fleet.writeRoster([edited('a')], settings());
    await fleet.tmux('new-session', '-d', '-t', '=a', '-s', 'view');
    const deferred = async () =>
      (await fleet.fleet('plan')).stdout.includes('deferred: somebody is attached') || null;
    expect(await deferred()).toBeNull();
    const client = spawn('tmux', ['-u', '-L', fleet.socket, '-C', 'attach', '-t', '=view']);
    try {
      await until('it waits', deferred);
    } finally {
      client.kill();
    }
    await until('it goes on', async () => (await deferred()) === null);
  });

  test('a persistent persona waits for approval of exactly this change, once', async () => {
    const before = await up(sleeper('lead', ', persistent_persona: true'));
    fleet.writeRoster([edited('lead', ', persistent_persona: true')], settings());
    const planned = await fleet.expect(6, 'apply');
    expect(planned.stdout).toContain('needs approval: persistent persona');
    expect(planned.stdout).toContain('To go on with lead: fleet approve lead');
    expect(await fleet.pids()).toEqual(before);
    const approved = await fleet.expect(0, 'approve', 'lead');
    expect(approved.stdout).toContain('Apply it with: fleet apply');
    const again = await fleet.expect(0, 'approve', 'lead');
    expect(again.stdout).toBe(approved.stdout.replace('Approved:', 'Approved already:'));
    // Another edit is another change: the approval is void.
    fleet.writeRoster(
      [
        edited('lead', ', persistent_persona: true, model_hint: x, class: y').replace(
          'sleep, infinity',
          'sleep, "100000"',
        ),
      ],
      settings(),
    );
    await fleet.expect(6, 'apply');
    expect(await fleet.pids()).toEqual(before);
    fleet.writeRoster([edited('lead', ', persistent_persona: true')], settings());
    await fleet.expect(6, 'apply');
    await fleet.expect(0, 'approve', 'lead');
    await fleet.expect(0, 'apply');
    const after = await fleet.pids();
    expect(after['lead']).not.toBe(before['lead']);
    // Used up: the way back needs a word of its own.
    fleet.writeRoster([sleeper('lead', ', persistent_persona: true')], settings());
    await fleet.expect(6, 'apply');
    await fleet.expect(0, 'apply', '--approve', 'lead');
    expect((await fleet.pids())['lead']).not.toBe(after['lead']);
    expect((await fleet.fleet('approve', 'lead')).code).toBe(1);
  });

  test('an approval is void once its edit was taken back, also for the same edit made again', async () => {
    const lead = ', persistent_persona: true';
    const before = await up(sleeper('lead', lead), sleeper('b'));
    const edit = async (line: string, code: number): Promise<string> => {
      fleet.writeRoster([line, sleeper('b')], settings());
      return (await fleet.expect(code, 'apply')).stdout;
    };
    await edit(edited('lead', lead), 6);
    await fleet.expect(0, 'approve', 'lead');
    const file = path.join(fleet.state, 'approvals.json');
    // A look alone drops nothing.
    fleet.writeRoster([sleeper('lead', lead), sleeper('b')], settings());
    await fleet.expect(0, 'plan');
    expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toMatchObject({ approvals: [{ agent: 'lead' }] });
    expect(await edit(sleeper('lead', lead), 0)).toContain('No changes.');
    expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toMatchObject({ approvals: [] });
    const { mtimeMs } = fs.statSync(file);
    await fleet.expect(0, 'apply');
    expect(fs.statSync(file).mtimeMs).toBe(mtimeMs);
    expect(await edit(edited('lead', lead), 6)).toContain('needs approval: persistent persona');
    expect(await fleet.pids()).toEqual(before);
  });

  test('the approval of a mass change outlives the word for one of its agents, and no longer all of them', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const put = (of: (name: string) => string): void => fleet.writeRoster(names.map(of), settings());
    const before = await up(...names.map((name) => sleeper(name)));
    put((name) => edited(name));
    expect((await fleet.expect(6, 'apply')).stdout).toContain('braked: 4 of 4');
    await fleet.expect(0, 'approve', '--all');
    await fleet.expect(0, 'restart', 'a');
    await fleet.expect(0, 'apply');
    const after = await fleet.pids();
    for (const name of names) expect(after[name]).not.toBe(before[name]);
    // Done by the word for each, it is used up: there and back again nothing is approved.
    const word = async (of: (name: string) => string): Promise<void> => {
      put(of);
      await fleet.expect(0, 'restart');
    };
    put((name) => sleeper(name));
    await fleet.expect(6, 'apply');
    await fleet.expect(0, 'approve', '--all');
    await word((name) => sleeper(name));
    await word((name) => edited(name));
    put((name) => sleeper(name));
    expect((await fleet.expect(6, 'apply')).stdout).toContain('braked: 4 of 4');
  });

  test('an approval is void once its agent was stopped and started, with what was approved', async () => {
    const lead = ', persistent_persona: true';
    await up(sleeper('lead', lead), sleeper('b'));
    const startAnew = async (line: string): Promise<void> => {
      fleet.writeRoster([line, sleeper('b')], settings());
      await fleet.expect(0, 'stop', 'lead');
      await fleet.expect(0, 'start', 'lead');
    };
    fleet.writeRoster([edited('lead', lead), sleeper('b')], settings());
    await fleet.expect(0, 'approve', 'lead');
    await startAnew(edited('lead', lead));
    // And back: both by the operator's word, for which no approval is needed.
    await startAnew(sleeper('lead', lead));
    const before = await fleet.pids();
    fleet.writeRoster([edited('lead', lead), sleeper('b')], settings());
    expect((await fleet.expect(6, 'apply')).stdout).toContain('needs approval: persistent persona');
    expect(await fleet.pids()).toEqual(before);
  });

  test('a mass change is braked until it is confirmed; starts go on', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const before = await up(...names.map((name) => sleeper(name)));
    fleet.writeRoster([...names.map((name) => edited(name)), sleeper('e')], settings());
    const braked = await fleet.expect(6, 'apply');
    expect(braked.stdout).toContain('braked: 4 of 4 agents within a minute, limit 50%');
    const { e, ...others } = await fleet.pids();
    expect(e).toBeGreaterThan(0);
    expect(others).toEqual(before);
    await fleet.expect(0, 'approve', '--all');
    await fleet.expect(0, 'apply');
    const after = await fleet.pids();
    for (const name of names) expect(after[name]).not.toBe(before[name]);
    // A truncated roster that is still valid would stop most of the fleet.
    fleet.writeRoster([edited('a')], settings());
    expect((await fleet.expect(6, 'apply')).stdout).toMatch(/- +b +stop +not in the roster +braked/);
    expect(await fleet.pids()).toEqual(after);
    await fleet.expect(0, 'apply', '--confirm');
    expect(await fleet.pids()).toEqual({ a: after['a'] });
  });

  test('who approves one by name is told where the brake holds it all the same', async () => {
    const names = ['a', 'b', 'c', 'd'];
    await up(sleeper('a', ', disruption: ask'), ...names.slice(1).map((name) => sleeper(name)));
    fleet.writeRoster([edited('a', ', disruption: ask'), sleeper('d')], settings());
    expect((await fleet.expect(6, 'apply')).stdout).toContain('2 stopped; 1 gated');
    const { stdout, stderr } = await fleet.expect(1, 'approve', 'a', 'd');
    expect(stdout).toMatch(/^Approved: restart a: /);
    expect(stderr).toBe('nothing of d waits for approval\nSee: fleet plan\n');
    expect((await fleet.expect(0, 'approve', 'a')).stdout).toContain('The brake holds it all the same');
    expect(stdout).toContain('The brake holds it all the same: braked: 3 of 4 agents');
    expect(stdout).toContain('To go on: fleet approve --all, or fleet apply --confirm');
    expect((await fleet.expect(6, 'apply')).stdout).toContain('braked');
  });

  test('approve --all lifts the brake also where everything waits for approval first', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const before = await up(...names.map((name) => sleeper(name, ', disruption: ask')));
    fleet.writeRoster(
      names.map((name) => edited(name, ', disruption: ask')),
      settings(),
    );
    const { stdout } = await fleet.expect(0, 'approve', '--all');
    expect(stdout).toContain('Approved: restart d');
    expect(stdout).toContain('Approved: the mass change of roster revision');
    expect(stdout).not.toContain('The brake holds');
    await fleet.expect(0, 'apply');
    const after = await fleet.pids();
    for (const name of names) expect(after[name]).not.toBe(before[name]);
    const file = path.join(fleet.state, 'approvals.json');
    expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toMatchObject({ approvals: [] });
  });

  test('stop of the whole fleet ends the server; start brings everything back, a suspended agent excepted', async () => {
    await up(sleeper('a'), sleeper('b'), sleeper('c', ', suspend: true'));
    const stopped = await fleet.expect(0, 'stop');
    expect(stopped.stdout).toContain('The holder has stopped.');
    expect(await fleet.tmux('list-sessions')).toBe('');
    expect((await fleet.expect(6, 'apply')).stdout).toContain('held: fleet stopped by the operator');
    await fleet.expect(0, 'start', 'b');
    expect(Object.keys(await fleet.pids())).toEqual(['b']);
    for (const verb of ['start', 'restart'])
      expect((await fleet.expect(1, verb, 'c')).stderr).toContain('suspended in the roster: c');
    await fleet.expect(0, 'start');
    expect(Object.keys(await fleet.pids()).toSorted()).toEqual(['a', 'b']);
    expect((await fleet.expect(0, 'status')).stdout).toMatch(/c +sleeper +worker +Suspended/);
  });

  test('restart of one, by name', async () => {
    const before = await up(sleeper('a'), sleeper('b'));
    const server = await fleet.serverPid();
    expect((await fleet.expect(64, 'restart', 'aa')).stderr).toContain(
      'aa is not in the roster (did you mean a?)',
    );
    await fleet.expect(0, 'restart', 'a');
    const after = await fleet.pids();
    expect(after['a']).not.toBe(before['a']);
    expect(after['b']).toBe(before['b']);
    expect(await fleet.serverPid()).toBe(server);
  });
});

describe('updates', () => {
  test('limits are changed live, without a restart, and reach the cgroup', async () => {
    const before = await up(sleeper('a', ', resources: { memory_max: 64M, tasks_max: 20 }'));
    const show = async (): Promise<string> =>
      (await import('../support/fleet-sandbox.js'))
        .run('systemctl', ['--user', 'show', '-p', 'MemoryMax,TasksMax', 'mosaic-agent@a.service'])
        .then(({ stdout }) => stdout);
    expect(await show()).toContain('MemoryMax=67108864');
    fleet.writeRoster([sleeper('a', ', resources: { memory_max: 128M }')], settings());
    const { stdout } = await fleet.expect(0, 'apply');
    expect(stdout).toMatch(/~ +a +update +resources\.memory_max: 64M → 128M/);
    expect(await show()).toContain('MemoryMax=134217728');
    expect(await show()).not.toContain('TasksMax=20');
    expect(await fleet.pids()).toEqual(before);
    expect((await fleet.expect(0, 'apply')).stdout).toContain('No changes.');
  });

  test('a new class waits for a fresh conversation, or resets a disposable slot', async () => {
    const before = await up(sleeper('kept'), sleeper('slot', ', reset_between_tasks: true'));
    fleet.writeRoster(
      [sleeper('kept', ', class: boss'), sleeper('slot', ', reset_between_tasks: true, class: boss')],
      settings(),
    );
    const { stdout } = await fleet.expect(0, 'apply');
    expect(stdout).toMatch(/~ +kept +update +class: worker → boss/);
    expect(stdout).toMatch(/↻ +slot +reset +class: worker → boss/);
    const after = await fleet.pids();
    expect(after['kept']).toBe(before['kept']);
    expect(after['slot']).not.toBe(before['slot']);
    expect((await fleet.expect(0, 'status')).stdout).toMatch(/kept .*outdated: class/);
    expect((await fleet.expect(0, 'apply')).stdout).toContain('No changes.');
  });
});

describe('an agent whose command has no word {conversation}', () => {
  const words = (program: readonly string[], more = ''): string =>
    `{ name: a, runtime: demo, command: ${JSON.stringify(program)}${more} }`;

  test.each([
    ['that was spoken to', [process.execPath, demoAgent], true],
    ['that has said nothing since it came up', ['sleep', 'infinity'], false],
  ] as const)('%s', async (_, program, spoken) => {
    fleet.writeRoster([words(program)], settings());
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
    if (spoken) await fleet.expect(0, 'agent', 'send', 'a', '--message', 'hello', '--timeout', '15s');
    const before = await fleet.pids();
    fleet.writeRoster([words(program, ', env: { EDITED: "yes" }')], settings());
    const { stdout } = await fleet.expect(spoken ? 6 : 0, 'apply', '--now');
    expect(stdout).toContain('LOSES the conversation (its command has no word {conversation})');
    expect(stdout.includes('needs approval: its conversation would end')).toBe(spoken);
    expect((await fleet.pids())['a'] === before['a']).toBe(spoken);
    if (!spoken) return;
    expect((await fleet.expect(6, 'restart', 'a')).stdout).toContain('needs --fresh');
    expect(await fleet.pids()).toEqual(before);
  });
});
