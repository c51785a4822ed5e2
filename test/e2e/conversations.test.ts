import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run, until } from '../support/fleet-sandbox.js';
import { TalkingDemos } from '../support/talking-demos.js';

let fleet: TalkingDemos;
beforeEach(() => {
  fleet = new TalkingDemos();
});
afterEach(() => fleet.dispose());

const systemctl = (...words: readonly string[]) => run('systemctl', ['--user', ...words]);

/** Its unit has ended by itself. */
const failed = (name: string): Promise<unknown> =>
  until(
    `the unit of ${name} has failed`,
    async () => (await systemctl('is-active', `mosaic-agent@${name}.service`)).stdout.trim() === 'failed',
  );

/** Each agent's next message lands in its own history. */
async function expectOwn(histories: Readonly<Record<string, readonly string[]>>): Promise<void> {
  for (const [name, history] of Object.entries(histories)) {
    await fleet.say(name, `more to ${name}`);
    expect(fleet.said(fleet.id(name))).toEqual([...history, `more to ${name}`]);
    expect(await fleet.mark(name)).toBe(fleet.id(name));
  }
}

describe('two agents in one directory and one home', () => {
  const begin = async (): Promise<{ ids: readonly string[]; pids: Readonly<Record<string, number>> }> => {
    await fleet.up(fleet.demo('a'), fleet.demo('b'));
    await fleet.say('a', 'apples');
    await fleet.say('b', 'bears');
    return { ids: [fleet.id('a'), fleet.id('b')], pids: await fleet.pids() };
  };
  const histories = { b: ['bears'], a: ['apples'] };

  const ways: Readonly<Record<string, (pids: Readonly<Record<string, number>>) => Promise<void>>> = {
    'their processes killed': async ({ a = 0, b = 0 }) => {
      process.kill(a, 'SIGKILL');
      process.kill(b, 'SIGKILL');
      await ended('a', 'b');
      await fleet.expect(0, 'apply');
    },
    'their sessions killed': async () => {
      await fleet.tmux('kill-session', '-t', '=b:');
      await fleet.tmux('kill-session', '-t', '=a:');
      await ended('a', 'b');
      await fleet.expect(0, 'apply');
    },
    'the tmux server killed': async () => {
      process.kill(await fleet.serverPid(), 'SIGKILL');
      await ended('a', 'b');
      await until('the holder is back', async () => (await fleet.tmux('list-sessions')).includes('_holder'));
      await fleet.expect(0, 'apply');
    },
    'their units restarted by hand': async () => {
      await systemctl('restart', 'mosaic-agent@b.service', 'mosaic-agent@a.service');
    },
    'a unit stopped and started by hand': async () => {
      await systemctl('stop', 'mosaic-agent@b.service', 'mosaic-agent@a.service');
      await systemctl('start', 'mosaic-agent@a.service', 'mosaic-agent@b.service');
    },
    'fleet restart': async () => {
      expect((await fleet.expect(0, 'restart')).stdout).toContain('keeps the conversation');
    },
    'fleet stop and fleet start': async () => {
      await fleet.expect(0, 'stop');
      await fleet.expect(0, 'start');
    },
    'taken out of the roster and put back': async () => {
      fleet.writeRoster([fleet.demo('c')], fleet.settings());
      expect((await fleet.expect(0, 'apply')).stdout).toContain('keeps the conversation');
      fleet.writeRoster(
        ['a', 'b', 'c'].map((name) => fleet.demo(name)),
        fleet.settings(),
      );
      expect((await fleet.expect(0, 'apply')).stdout).toContain('continues its conversation');
    },
    'a changed setting': async () => {
      fleet.writeRoster(
        [fleet.demo('a', '', ['--say', 'hi']), fleet.demo('b', '', ['--say', 'ho'])],
        fleet.settings(),
      );
      const applied = await fleet.expect(0, 'apply');
      expect(applied.stdout.match(/keeps the conversation/g)).toHaveLength(2);
    },
  };

  const ended = (...names: readonly string[]): Promise<unknown> =>
    until('their units have ended', async () => {
      const units = await Promise.all(
        names.map((name) => systemctl('is-active', `mosaic-agent@${name}.service`)),
      );
      return units.every(({ stdout }) => ['failed', 'inactive'].includes(stdout.trim()));
    });

  test.each(Object.keys(ways))('%s: each continues its own', async (way) => {
    const { ids, pids } = await begin();
    await ways[way]?.(pids);
    for (const name of ['a', 'b']) await fleet.again(name, pids[name]);
    expect([fleet.id('a'), fleet.id('b')]).toEqual(ids);
    await expectOwn(histories);
  });

  test('with a controller: killed in every way, each continues its own', async () => {
    const { ids, pids } = await begin();
    await fleet.expect(0, 'install', '--enable');
    await systemctl('start', 'mosaic-fleet.service');
    process.kill(pids['a'] ?? 0, 'SIGKILL');
    const first = await fleet.again('a', pids['a']);
    await fleet.tmux('kill-session', '-t', '=b:');
    await fleet.again('b', pids['b']);
    process.kill(await fleet.serverPid(), 'SIGKILL');
    for (const name of ['a', 'b']) await fleet.again(name, name === 'a' ? first : pids['b'], 30_000);
    expect([fleet.id('a'), fleet.id('b')]).toEqual(ids);
    await expectOwn(histories);
  });
});

test('a fresh start ends a conversation, and is only done where that is said', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.say('a', 'apples');
  const before = fleet.id('a');
  const plain = await fleet.expect(0, 'restart', 'a');
  expect(plain.stdout).toContain('keeps the conversation');
  expect(fleet.id('a')).toBe(before);
  expect((await fleet.expect(0, 'restart', 'a', '--fresh')).stdout).toContain('LOSES the conversation');
  expect(fleet.id('a')).not.toBe(before);
  expect(fleet.record('a').former.map(({ id, ended }) => [id, ended])).toEqual([[before, 'fresh']]);
  await expectOwn({ a: [] });
  // What it was in before is still there, untouched.
  expect(fleet.said(before)).toEqual(['apples']);
});

test('a command without the word {conversation} is said to lose it, and waits for approval', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.say('a', 'apples');
  const before = fleet.id('a');
  fleet.writeRoster([fleet.demo('a').replace(',"{conversation}"', '')], fleet.settings());
  const planned = await fleet.expect(6, 'apply');
  expect(planned.stdout).toMatch(
    /needs approval: its conversation would end\n +LOSES the conversation \(its command has no word \{conversation\}\)/,
  );
  const json = JSON.parse((await fleet.expect(0, 'plan', '--json')).stdout) as {
    actions: readonly { cost: string; gate: string }[];
  };
  expect(json.actions).toMatchObject([{ cost: 'loses-conversation', gate: 'needs-approval' }]);
  expect((await fleet.expect(6, 'restart', 'a')).stdout).toContain('fleet restart a --fresh');
  await fleet.expect(0, 'approve', 'a');
  await fleet.expect(0, 'apply');
  expect(fleet.record('a').former.map(({ id }) => id)).toEqual([before]);
  expect(await fleet.mark('a')).toBe('');
});

test('what a human alone has said to it is not lost by another runtime unasked, and stays on record', async () => {
  await fleet.up(fleet.demo('a'));
  const id = fleet.id('a');
  await fleet.again('a', undefined);
  await fleet.tmux('send-keys', '-t', '=a:', 'apples', 'Enter');
  await until('it is said', () => fleet.said(id).includes('apples'));
  const pids = await fleet.pids();
  const other = fleet.demo('a').replace('runtime: demo', 'runtime: mine');
  fleet.writeRoster([other], fleet.settings());
  const planned = await fleet.expect(0, 'plan');
  expect(planned.stdout).toContain('LOSES the conversation');
  await fleet.expect(6, 'apply');
  expect(await fleet.pids()).toEqual(pids);
  await fleet.expect(0, 'apply', '--approve', 'a');
  expect(fleet.record('a').former.map((one) => [one.id, one.ended])).toEqual([[id, 'changed']]);
  fleet.writeRoster([fleet.demo('a')], fleet.settings());
  await fleet.expect(0, 'apply');
  await fleet.expect(0, 'agent', 'resume', 'a', id);
  await expectOwn({ a: ['apples'] });
});

test('an agent that nobody spoke to has nothing to lose', async () => {
  await fleet.up(fleet.demo('a'));
  expect((await fleet.expect(0, 'restart', 'a', '--fresh')).stdout).not.toContain('conversation');
  expect(fleet.record('a').former).toEqual([]);
  const id = fleet.id('a');
  await fleet.expect(0, 'restart', 'a');
  expect(fleet.id('a')).toBe(id);
});

test('a conversation that somebody began in its pane is followed', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.say('a', 'apples');
  const before = fleet.id('a');
  await fleet.clear('a');
  await fleet.say('a', 'pears');
  await fleet.expect(0, 'restart', 'a');
  expect(fleet.said(fleet.id('a'))).toEqual(['pears']);
  expect(fleet.record('a').former.map(({ id, ended }) => [id, ended])).toEqual([[before, 'in-runtime']]);
  await expectOwn({ a: ['pears'] });
});

test('so it is by an apply that has nothing else to do, before the agent dies', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.say('a', 'apples');
  await fleet.clear('a');
  await fleet.say('a', 'pears');
  const file = path.join(fleet.state, 'conversations', 'a.json');
  const before = fs.readFileSync(file, 'utf8');
  const { stdout } = await fleet.expect(0, 'apply');
  expect(stdout).toContain('No changes');
  const followed = fs.readFileSync(file, 'utf8');
  expect(followed).not.toBe(before);
  const { ino } = fs.statSync(file);
  await fleet.expect(0, 'apply');
  expect(fs.statSync(file).ino).toBe(ino);
  process.kill((await fleet.pids())['a'] ?? Number.NaN, 'SIGKILL');
  await failed('a');
  await fleet.expect(0, 'apply');
  await expectOwn({ a: ['pears'] });
});

test('an apply that cannot put it on record says so, and is done all the same', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.say('a', 'apples');
  await fleet.clear('a');
  await fleet.say('a', 'pears');
  const lock = path.join(fleet.state, 'locks', 'pass');
  fs.rmSync(lock, { recursive: true });
  fs.writeFileSync(lock, '');
  const { stdout, stderr } = await fleet.expect(0, 'apply');
  expect(stdout).toContain('No changes');
  expect(stderr).toContain('conversations could not be put on record: ');
  fs.rmSync(lock);
});

test.each([
  ['reset', []],
  ['assign', ['--no-preamble', '--message', 'pears']],
] as const)('agent %s ends the process, says so, names itself as the reason (%j)', async (command, words) => {
  await fleet.up(fleet.demo('a', ', reset_between_tasks: true'));
  await fleet.say('a', 'apples');
  const before = fleet.id('a');
  const done = await fleet.expect(0, 'agent', command, 'a', ...words);
  expect(done.stderr).toContain('a: ending its process and starting it afresh');
  expect(done.stdout).toContain(`fleet agent ${command}`);
  expect(fleet.record('a').former.map(({ id }) => id)).toEqual([before]);
  if (command === 'assign') await until('it is said', () => fleet.said(fleet.id('a')).includes('pears'));
  expect(fleet.said(before)).toEqual(['apples']);
});

test('a record that cannot be read starts nothing, and says what to do', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.say('a', 'apples');
  await fleet.expect(0, 'stop', 'a');
  const file = path.join(fleet.state, 'conversations', 'a.json');
  fs.writeFileSync(file, '{"cur');
  const started = await fleet.expect(6, 'start', 'a');
  expect(started.stdout).toContain('a.json is damaged');
  expect(started.stdout).toContain('fleet restart a --fresh');
  expect(await fleet.pids()).toEqual({});
  await fleet.expect(0, 'restart', 'a', '--fresh');
  expect(Object.keys(await fleet.pids())).toEqual(['a']);
  expect(fs.readFileSync(`${file}.damaged`, 'utf8')).toBe('{"cur');
});

test('a transcript that is gone starts nothing, and says what to do', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.say('a', 'apples');
  const file = path.join(fleet.conversations, 'conversations', `${fleet.id('a')}.jsonl`);
  fs.renameSync(file, `${file}.away`);
  await fleet.expect(0, 'stop', 'a');
  const started = await fleet.expect(6, 'start', 'a');
  expect(started.stdout).toContain('its file is gone');
  // By hand neither: an empty conversation would take its place.
  await systemctl('start', 'mosaic-agent@a.service');
  await until(
    'it has ended',
    async () => (await systemctl('is-active', 'mosaic-agent@a.service')).stdout.trim() === 'failed',
  );
  fs.renameSync(`${file}.away`, file);
  await fleet.expect(0, 'start', 'a');
  await expectOwn({ a: ['apples'] });
});

test('a conversation of before is listed, and resumed by the first characters of its id', async () => {
  await fleet.up(fleet.demo('a'), fleet.demo('b'));
  await fleet.say('a', 'apples');
  await fleet.say('b', 'bears');
  const before = fleet.id('a');
  await fleet.expect(0, 'restart', 'a', '--fresh');
  await fleet.say('a', 'pears');
  const after = fleet.id('a');
  const listed = (await fleet.expect(0, 'agent', 'conversations', 'a')).stdout;
  expect(listed).toMatch(
    new RegExp(`^\\* ${after}  demo in .*\n  ${before}  demo in .*ended by the operator's word`),
  );
  const json = JSON.parse((await fleet.expect(0, 'agent', 'conversations', 'a', '--json')).stdout) as object;
  expect(json).toMatchObject({
    agent: 'a',
    current: { id: after },
    former: [{ id: before, ended: 'fresh' }],
  });
  expect(JSON.stringify(json)).not.toMatch(/apples|pears/);
  expect((await fleet.expect(1, 'agent', 'resume', 'a', 'zzz')).stderr).toContain(
    'fleet agent conversations a',
  );
  // "$ID" of a script that has not set it.
  expect((await fleet.expect(64, 'agent', 'resume', 'a', '')).stderr).toContain(
    'fleet agent conversations a',
  );
  await fleet.expect(0, 'agent', 'resume', 'a', before.slice(0, 8));
  await expectOwn({ a: ['apples'], b: ['bears'] });
  expect(fleet.record('a').former.map(({ id, ended }) => [id, ended])).toEqual([[after, 'replaced']]);
  // An id of another agent, put into its record by hand: two in one would overwrite each other.
  const file = path.join(fleet.state, 'conversations', 'a.json');
  const text = fs.readFileSync(file, 'utf8').replaceAll(after, fleet.id('b'));
  fs.writeFileSync(file, text);
  expect((await fleet.expect(1, 'agent', 'resume', 'a', fleet.id('b'))).stderr).toContain('b is in it');
  const status = JSON.parse((await fleet.expect(0, 'status', '-o', 'json')).stdout) as {
    agents: readonly { conversation: object }[];
  };
  expect(status.agents[0]?.conversation).toMatchObject({ id: before, resumed: true, holds: true });
  expect((await fleet.expect(0, 'explain', 'a')).stdout).toMatch(
    new RegExp(
      `conversation: ${before}, begun .* ago, \\d+ bytes, written .*; continued .* ago \\(restart: the operator's word\\)`,
    ),
  );
});

test('one that is on no record of the agent is resumed by its whole id, unless another is in it', async () => {
  await fleet.up(fleet.demo('a'), fleet.demo('b'));
  await fleet.say('a', 'apples');
  await fleet.say('b', 'bears');
  const [own, human] = [fleet.id('a'), fleet.id('b')];
  const refused = await fleet.expect(1, 'agent', 'resume', 'a', human);
  expect(refused.stderr).toContain('b is in it');
  await fleet.expect(0, 'restart', 'b', '--fresh');
  await fleet.expect(0, 'agent', 'resume', 'a', human);
  await expectOwn({ a: ['bears'], b: [] });
  expect(fleet.record('a').former.map(({ id }) => id)).toEqual([own]);
});

test('one that has left the roster is idle by the idle_after that it had there', async () => {
  await fleet.up(fleet.demo('a', ', idle_after: 0s'), fleet.demo('b', ', idle_after: 10m'), fleet.demo('c'));
  await fleet.say('a', 'apples');
  await fleet.say('b', 'bears');
  fleet.writeRoster([fleet.demo('c')], fleet.settings());
  const { stdout } = await fleet.expect(0, 'plan');
  expect(stdout).toMatch(/a +stop +not in the roster\n +keeps the conversation\n/);
  expect(stdout).toMatch(
    /b +stop +not in the roster\n +keeps the conversation, loses the turn in progress\n/,
  );
  expect((await fleet.expect(0, 'status')).stdout).toMatch(/^a .* Extra +idle .*\nb .* Extra +busy/m);
  expect((await fleet.expect(0, 'stop')).stdout).toMatch(/a +stop +fleet stop\n +keeps the conversation\n/);
});

test('a suspended agent is not resumed, and that is said', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.say('a', 'apples');
  const id = fleet.id('a');
  fleet.writeRoster([fleet.demo('a', ', suspend: true')], fleet.settings());
  await fleet.expect(0, 'apply');
  expect((await fleet.expect(1, 'agent', 'resume', 'a', id)).stderr).toContain('suspended in the roster');
  expect(await fleet.pids()).toEqual({});
});

test('of a held one it is said that the conversation is not taken note of', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.say('a', 'apples');
  const id = fleet.id('a');
  await fleet.expect(0, 'restart', 'a', '--fresh');
  await fleet.say('a', 'pears');
  await fleet.expect(0, 'stop', 'a');
  const { stdout, stderr } = await fleet.expect(6, 'agent', 'resume', 'a', id);
  expect(stdout).toContain('To go on with a: fleet start a');
  expect(stderr).toContain(`after that say again: fleet agent resume a ${id}\n`);
  await fleet.expect(0, 'start', 'a');
  await expectOwn({ a: ['pears'] });
  await fleet.expect(0, 'agent', 'resume', 'a', id);
  await expectOwn({ a: ['apples'] });
});

test.each<readonly [string, (former: string) => readonly string[], readonly string[]]>([
  ['continues another one', (former) => ['agent', 'resume', 'a', former], ['apples']],
  ['begins anew', () => ['restart', 'a', '--fresh'], []],
])(
  'an agent that comes back when another one is in its conversation starts not, and %s',
  async (_, way, own) => {
    await fleet.up(fleet.demo('a'), fleet.demo('b'));
    await fleet.say('a', 'apples');
    const former = fleet.id('a');
    await fleet.expect(0, 'restart', 'a', '--fresh');
    await fleet.say('a', 'pears');
    const taken = fleet.id('a');
    fleet.writeRoster([fleet.demo('b')], fleet.settings());
    await fleet.expect(0, 'apply');
    await fleet.expect(0, 'agent', 'resume', 'b', taken);
    fleet.writeRoster([fleet.demo('a'), fleet.demo('b')], fleet.settings());

    const blocked = `blocked: b is in its conversation ${taken}: two would overwrite each other; `;
    expect((await fleet.expect(0, 'plan')).stdout).toContain(blocked);
    expect(JSON.parse((await fleet.expect(0, 'plan', '--json')).stdout)).toMatchObject({
      actions: [{ agent: 'a', action: 'start', gate: 'blocked', gateReason: 'ConversationInUse' }],
    });
    expect((await fleet.expect(0, 'explain', 'a')).stdout).toContain(blocked);
    const { agents } = JSON.parse((await fleet.expect(0, 'status', '-o', 'json')).stdout) as {
      readonly agents: readonly { readonly conditions: readonly object[] }[];
    };
    expect(agents[0]?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Progressing', status: 'False', reason: 'ConversationInUse' }),
    );
    for (const command of [['apply'], ['start', 'a'], ['restart', 'a']])
      expect((await fleet.expect(6, ...command)).stdout).toContain(blocked);
    const { b: before, ...others } = await fleet.pids();
    expect(others).toEqual({});

    // Where neither lives, who was put into it last goes on in it.
    process.kill(before ?? Number.NaN, 'SIGKILL');
    await failed('b');
    const again = await fleet.expect(6, 'apply');
    expect(again.stdout).toContain(`blocked: b is to go on in its conversation ${taken}: `);
    await fleet.again('b', before);
    expect(Object.keys(await fleet.pids())).toEqual(['b']);

    await fleet.expect(0, ...way(former));
    await expectOwn({ a: own, b: ['pears'] });
    expect(fleet.id('b')).toBe(taken);
  },
);

test('a resume that fails twice is parked, and nothing is lost or replaced', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.say('a', 'apples');
  const id = fleet.id('a');
  const file = path.join(fleet.conversations, 'conversations', `${id}.jsonl`);
  const whole = fs.readFileSync(file, 'utf8');
  const broken = `${whole}{"type":"user" broken\n`;
  await fleet.expect(0, 'stop', 'a');
  fs.writeFileSync(file, broken);
  await fleet.fleet('start', 'a');
  await failed('a');
  await fleet.fleet('apply');
  await failed('a');
  const parked = await fleet.expect(6, 'apply');
  expect(parked.stdout).toMatch(
    new RegExp(
      `stalled: its conversation ${id} could not be resumed, 2 times in a row; nothing of it is lost`,
    ),
  );
  expect(parked.stdout).toContain('fleet restart a --fresh');
  expect((await fleet.expect(0, 'status')).stdout).toMatch(
    /a +demo +worker +Stalled .*just after it was to resume its conversation/,
  );
  expect(fs.readFileSync(file, 'utf8')).toBe(broken);
  expect(fleet.id('a')).toBe(id);
  fs.writeFileSync(file, whole);
  await fleet.expect(0, 'start', 'a');
  await expectOwn({ a: ['apples'] });
});

describe('an agent that is killed in the middle of its turn', () => {
  const interrupted = async (fields: string): Promise<string> => {
    await fleet.up(fleet.demo('a', fields, ['--think', '3']));
    await fleet.fleet('agent', 'send', 'a', '--no-preamble', '--message', 'a long task');
    const id = fleet.id('a');
    await until('the turn has begun', () => fleet.said(id).includes('a long task'));
    await fleet.expect(
      0,
      'agent',
      'send',
      'a',
      '--no-preamble',
      '--later',
      '--when-idle',
      '--message',
      'next',
    );
    const pid = (await fleet.pids())['a'] ?? 0;
    process.kill(pid, 'SIGKILL');
    await failed('a');
    await fleet.expect(0, 'apply');
    await fleet.again('a', pid);
    return id;
  };

  test('is told to go on, before what waits, and the message is not sent again', async () => {
    const id = await interrupted(', on_interrupted: continue');
    await until('it was told, and what waited', () => fleet.said(id).length >= 3, 30_000);
    expect(fleet.said(id)).toEqual([
      'a long task',
      expect.stringContaining('Go on where you stopped'),
      'next',
    ]);
  });

  test('waits, unless told otherwise', async () => {
    const id = await interrupted('');
    expect(fleet.said(id)).toEqual(['a long task']);
  });
});

test('another state directory is not installed before what the old one keeps has been taken along', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.say('a', 'apples');
  const id = fleet.id('a');
  const elsewhere = path.join(fleet.directory, 'else where');
  const moved = (...words: readonly string[]) =>
    fleet.fleetWith({ env: { XDG_STATE_HOME: elsewhere } }, ...words);
  const command = (stderr: string): string => /mkdir -p [^,]*/.exec(stderr)?.[0] ?? '';
  const running = await moved('install');
  expect([running.code, running.stderr]).toEqual([
    69,
    expect.stringContaining('state directory: installed for'),
  ]);
  await fleet.expect(0, 'stop');
  const refused = await moved('install');
  expect([refused.code, refused.stderr]).toEqual([
    69,
    expect.stringContaining(`has none of the conversations and holds in the recorded one, ${fleet.state}`),
  ]);
  expect((await moved('install', '--dry-run')).code).toBe(69);
  expect(command(refused.stderr)).toBe(command(running.stderr));
  expect((await run('sh', ['-c', command(refused.stderr)])).code).toBe(0);
  for (const words of [['install'], ['start']]) expect((await moved(...words)).code).toBe(0);
  expect(await fleet.mark('a')).toBe(id);
  expect(fleet.said(id)).toEqual(['apples']);
  expect(fs.existsSync(fleet.state)).toBe(false);
});
