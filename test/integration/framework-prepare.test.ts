import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FrameworkFleet } from '../support/framework-fleet.js';
import type { Launch } from '../support/install-framework.js';
import {
  activeState,
  agentUnit,
  eventually,
  freshDirectory,
  run,
  systemctl,
} from '../support/user-manager.js';

let fleet: FrameworkFleet;
let directory: string;
beforeAll(async () => {
  fleet = await FrameworkFleet.create('framework-prepare');
  directory = join(fleet.directory, 'data');
  mkdirSync(join(directory, 'store'), { recursive: true });
});
afterAll(() => fleet.end());

const places = (agent: string) => ({
  read: join(directory, agent),
  gate: join(directory, `${agent}.gate`),
});

/** A program that cannot begin a conversation by itself: `$0 put` stores what it reads, once its gate is open. */
const launch = (agent: string, script: string, more: Partial<Launch> = {}): Promise<void> =>
  fleet.launch({
    agent,
    conversation: agent,
    command: ['sh', '-c', `echo "in $CONVERSATION"; exec sleep 12345`],
    environment: ['CONVERSATION=c 1', `STORE=${directory}`],
    resume: ['sh', '-c', 'echo "back in $CONVERSATION"; exec sleep 12345'],
    sign: ['STORE', '', 'store/*', `of-${agent}`],
    prepare: ['sh', '-c', script, 'put', 'two words;'],
    input: `{"id":"of-${agent}","ms":{ms},"iso":"{iso}","literal":"$HOME {id} \`x\`"}`,
    ...more,
  });

test('a new conversation is prepared once, as the agent would be, before its program starts', async () => {
  const { read, gate } = places('one');
  await launch(
    'one',
    `until [ -e '${gate}' ]; do sleep 0.02; done; cat >'${read}'; pwd >>'${read}'; echo "$CONVERSATION/$1/$SHLVL/\${NOTIFY_SOCKET-}" >>'${read}'
     cp '${read}' "$STORE/store/of-one"; echo stored`,
  );
  const before = Date.now();
  expect((await systemctl('start', agentUnit('one'))).code).toBe(0);
  const { pane } = await fleet.pane('one');
  expect((await fleet.screen(pane)).trim()).toBe('');
  writeFileSync(gate, '');
  await fleet.seen(pane, 'in c 1');
  // Nothing of what it prints by the way.
  expect((await fleet.screen(pane)).trim()).toBe('in c 1');
  const [text = '', cwd, seen] = readFileSync(read, 'utf8').split('\n');
  const { ms, iso, ...rest } = JSON.parse(text) as { ms: number; iso: string };
  expect(rest).toEqual({ id: 'of-one', literal: '$HOME {id} `x`' });
  expect([ms >= before, ms <= Date.now(), new Date(ms).toISOString()]).toEqual([true, true, iso]);
  expect([cwd, seen]).toEqual([fleet.work, 'c 1/two words;//']);
  await systemctl('restart', agentUnit('one'));
  await fleet.seen((await fleet.pane('one')).pane, 'back in c 1');
  expect(readFileSync(read, 'utf8').startsWith(text)).toBe(true);
});

test('one that cannot be prepared ends the start with its status and its words, and is tried again by the next', async () => {
  const { gate } = places('two');
  await launch('two', `[ -e '${gate}' ] || { echo 'database is locked' >&2; exit 9; }`);
  await systemctl('start', agentUnit('two'));
  const { facts, lines } = await fleet.exitRecord('two');
  expect(facts).toMatchObject({ reason: 'exited', status: '9', how: 'new', conversation: 'two' });
  expect(lines.slice(0, 2)).toEqual([
    'database is locked',
    expect.stringMatching(/^fleet: its new conversation could not be prepared: sh -c /),
  ]);
  await eventually('the unit has ended', async () => (await activeState(agentUnit('two'))) === 'failed');
  writeFileSync(gate, '');
  await systemctl('start', agentUnit('two'));
  await fleet.seen((await fleet.pane('two')).pane, 'in c 1');
});

test('a stop in the middle of it leaves nothing', async () => {
  const { read } = places('three');
  await launch('three', `trap '' HUP; echo $$ >'${read}.new'; mv '${read}.new' '${read}'; sleep 12345`);
  await systemctl('start', agentUnit('three'));
  await eventually('it is being prepared', () => existsSync(read));
  const pid = readFileSync(read, 'utf8').trim();
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  await systemctl('stop', agentUnit('three'));
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(await activeState(agentUnit('three'))).toBe('inactive');
  expect((await fleet.panes()).has('three')).toBe(false);
});

test('a program of a strange name, and a record that is cut off in what it reads', async () => {
  await launch('four', '', { prepare: ['a=b', 'c'], environment: [`PATH=${directory}:/usr/bin:/bin`] });
  writeFileSync(join(directory, 'a=b'), `#!/bin/sh\necho "$@" >'${places('four').read}'\n`, { mode: 0o755 });
  await systemctl('start', agentUnit('four'));
  await fleet.seen((await fleet.pane('four')).pane, 'in');
  expect(readFileSync(places('four').read, 'utf8')).toBe('c\n');
  const file = join(fleet.installation.home, 'fleet/agents/four.launch');
  const whole = readFileSync(file);
  await systemctl('stop', agentUnit('four'));
  for (const cut of [1, 20]) {
    writeFileSync(file, whole.subarray(0, -cut));
    expect((await systemctl('start', agentUnit('four'))).code).not.toBe(0);
    expect((await fleet.exitRecord('four')).lines.join('\n')).toContain('is truncated');
  }
});

test('agents of a home start in turn: the next when the one before has mapped what it opens, or has ended', async () => {
  const mapped = join(directory, 'sleep.db-shm');
  await run('cp', ['/bin/sleep', mapped]);
  const home = join(directory, 'home');
  mkdirSync(home);
  const waiting = async (agent: string): Promise<boolean> =>
    (await fleet.screen((await fleet.pane(agent)).pane)).trim() === '';
  const begin = async (agent: string, command: readonly string[], turn = '.db-shm'): Promise<void> => {
    const more = { prepare: [], turn, environment: [`HOME=${home}`] };
    await fleet.launch({ agent, command: [...command], ...more });
    expect((await systemctl('start', agentUnit(agent))).code).toBe(0);
  };
  const gate = join(directory, 'turn.gate');
  const slow = `echo up; until [ -e '${gate}' ]; do sleep 0.02; done; exec '${mapped}' 12345`;
  await begin('slow', ['sh', '-c', slow]);
  await fleet.seen((await fleet.pane('slow')).pane, 'up');
  await begin('short', ['sh', '-c', 'echo up; exec sleep 12345']);
  await begin('free', ['sh', '-c', 'echo up; exec sleep 12345'], '');
  // Who needs no turn waits for none.
  await fleet.seen((await fleet.pane('free')).pane, 'up');
  expect(await waiting('short')).toBe(true);
  writeFileSync(gate, '');
  await fleet.seen((await fleet.pane('short')).pane, 'up');
  await begin('last', ['sh', '-c', `echo up; exec '${mapped}' 12345`]);
  expect(await waiting('last')).toBe(true);
  await systemctl('stop', agentUnit('short'));
  await fleet.seen((await fleet.pane('last')).pane, 'up');
  await eventually('nobody keeps the turn', () => processesOf('pane-exec.sh').length === 0);
  // The agent's own program has no lock, and no child that is not its own.
  const { pid } = await fleet.pane('last');
  expect(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')).toBe('');
  expect(readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))).not.toContain(
    home,
  );
});

const processesOf = (script: string): readonly string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(script);
    } catch {
      return false;
    }
  });

test.each([
  ['a whole file', '{"a":1}\n{"b":2}\n', '{"a":1}\n{"b":2}\n'],
  ['a line that was cut off', '{"a":1}\n{"b":', '{"a":1}\n'],
  ['with the NULs of a power cut at its end', '{"a":1}\n{"b":\0\0\0\0', '{"a":1}\n'],
  ['with NULs in it', '{"a":1}\n{"b\0\0\0":3', '{"a":1}\n'],
  ['nothing but NULs after the last line', '{"a":1}\n\0\0\0\0', '{"a":1}\n'],
])('what a crash has left of a transcript is mended: %s', async (_, content, mended) => {
  const script = join(fleet.installation.home, 'tools/fleet/conversation.sh');
  const file = join(freshDirectory('torn'), 'transcript.jsonl');
  writeFileSync(file, content);
  const { code } = await run('bash', ['-c', '. "$1" && mend "$2"', '_', script, file]);
  expect([code, readFileSync(file, 'utf8')]).toEqual([0, mended]);
});
