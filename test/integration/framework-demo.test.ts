import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoAgent, FrameworkFleet, type Pane } from '../support/framework-fleet.js';
import { activeState, agentUnit, eventually, run, systemctl } from '../support/user-manager.js';

let fleet: FrameworkFleet;
let count = 0;
beforeAll(async () => {
  fleet = await FrameworkFleet.create('framework-demo');
});
afterAll(() => fleet.end());

/** A demo agent of its own, ready for input. */
async function demo(...options: readonly string[]): Promise<Pane & { agent: string }> {
  const agent = `demo${(count += 1)}`;
  const pane = await fleet.start({ agent, command: [process.execPath, demoAgent, ...options], graceMs: 300 });
  await fleet.seen(pane.pane, '> ');
  return { ...pane, agent };
}
const type = (pane: string, ...keys: readonly string[]) => fleet.tmux('send-keys', '-t', pane, ...keys);
async function paste(pane: string, text: string): Promise<void> {
  await fleet.tmux(
    'set-buffer',
    '-b',
    `b${pane}`,
    text,
    ';',
    'paste-buffer',
    '-p',
    '-d',
    '-b',
    `b${pane}`,
    '-t',
    pane,
  );
}
const title = async (pane: string): Promise<string> =>
  (await fleet.tmux('display-message', '-p', '-t', pane, '#{pane_title}')).stdout.trim();

test('shows a draft, sends it with Enter, is busy, answers', async () => {
  const { pane } = await demo('--think', '0.5', '--say', 'good morning');
  await fleet.seen(pane, 'good morning');
  expect(await title(pane)).toBe('◇ idle');
  await type(pane, 'hello');
  expect(await fleet.seen(pane, '> hello')).not.toContain('you said');
  await type(pane, 'Enter');
  await fleet.seen(pane, 'working…');
  expect(await title(pane)).toBe('✦ working');
  await fleet.seen(pane, 'you said: hello');
  await eventually('idle', async () => (await title(pane)) === '◇ idle');
  expect(await fleet.screen(pane)).not.toContain('working…');
});

test('takes a paste of many lines as one message, and shows escape sequences harmlessly', async () => {
  const { pane } = await demo('--think', '0');
  await paste(pane, 'first line\nsecond \x1b[2Jline\nthird');
  // tmux of 3.7 and later has made it harmless itself, as ^[.
  await fleet.seen(pane, '[2Jline⏎third');
  await type(pane, 'Enter');
  expect(await fleet.seen(pane, 'you said: first line')).toMatch(
    /you said: first line *\nsecond (␛|\^\[)\[2Jline *\nthird/,
  );
  await type(pane, '/context', 'Enter');
  await fleet.seen(pane, ': 2 messages');
});

test('takes a long paste whole', async () => {
  const file = join(fleet.directory, 'long.jsonl');
  const { pane } = await demo('--think', '0', '--session', file);
  const text = Array.from({ length: 400 }, (_, index) => `${index} ünï`).join('\n');
  await paste(pane, text);
  await fleet.seen(pane, '399 ünï');
  await type(pane, 'Enter');
  await eventually('in the transcript', () => readFileSync(file, 'utf8').includes(JSON.stringify(text)));
});

test('holds messages while busy and answers them in turn', async () => {
  const { pane } = await demo('--think', '0.2');
  await type(pane, '/busy 0.4', 'Enter');
  await fleet.seen(pane, 'working…');
  await type(pane, 'one', 'Enter');
  await type(pane, '/context', 'Enter');
  await type(pane, 'two', 'Enter');
  const screen = await fleet.seen(pane, 'you said: two');
  expect(screen.indexOf('queued: two')).toBeLessThan(screen.indexOf('done'));
  expect(screen.indexOf('you said: one')).toBeLessThan(screen.indexOf('you said: two'));
});

test('a dialog discards a message, and the Enter after it approves', async () => {
  const { pane } = await demo();
  await type(pane, '/dialog', 'Enter');
  await fleet.seen(pane, 'Do you want to proceed?');
  expect(await title(pane)).toBe('✋ action required');
  await paste(pane, 'important message');
  await type(pane, 'Enter');
  const screen = await fleet.seen(pane, 'approved: rm -rf ./build');
  expect(screen).not.toContain('important message');
  await type(pane, '/dialog', 'Enter');
  await fleet.seen(pane, 'Do you want to proceed?');
  await type(pane, 'Escape');
  await fleet.seen(pane, 'declined');
});

test('keeps its conversation on disk through a kill, until /new', async () => {
  const file = join(fleet.directory, 'kept.jsonl');
  const { pane, agent } = await demo('--think', '0', '--session', file);
  await type(pane, 'remember me', 'Enter');
  await fleet.seen(pane, 'you said: remember me');
  await type(pane, '/kill', 'Enter');
  await eventually('dead', async () => (await activeState(agentUnit(agent))) === 'failed');
  expect((await fleet.exitRecord(agent)).facts).toMatchObject({ reason: 'signaled', signal: '9' });
  appendFileSync(file, '{"type":"user","te'); // what a crash in mid-write leaves

  await systemctl('start', agentUnit(agent));
  const again = await fleet.pane(agent);
  const id =
    /continuing context (\S+): 2 messages/.exec(await fleet.seen(again.pane, '2 messages'))?.[1] ?? '';
  await type(again.pane, 'and this', 'Enter');
  await fleet.seen(again.pane, 'you said: and this');
  await type(again.pane, '/new', 'Enter');
  const fresh = await fleet.seen(again.pane, 'fresh context');
  expect(fresh).not.toContain(id);
  expect(fresh).not.toContain('and this');
  await systemctl('restart', agentUnit(agent));
  const last = await fleet.pane(agent);
  await fleet.seen(last.pane, 'fresh context');
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { type: string }).type);
  expect(lines).toEqual(['conversation', 'user', 'agent', 'user', 'agent', 'conversation']);
});

test('crashes on demand, with the status it is told', async () => {
  const { pane, agent } = await demo();
  await type(pane, '/crash 42', 'Enter');
  await eventually('crashed', async () => (await activeState(agentUnit(agent))) === 'failed');
  const { facts, lines } = await fleet.exitRecord(agent);
  expect(facts).toMatchObject({ reason: 'exited', status: '42' });
  expect(lines.at(-1)).toBe('› /crash 42');
});

test('empties its composer with Ctrl-C, and ends with the second one', async () => {
  const { pane, agent } = await demo();
  await type(pane, 'draft');
  await fleet.seen(pane, '> draft');
  await type(pane, 'C-c');
  await eventually('emptied', async () => !(await fleet.screen(pane)).includes('draft'));
  await type(pane, 'C-c');
  await eventually('ended', async () => (await activeState(agentUnit(agent))) === 'inactive');
});

test('explains itself', async () => {
  const { code, stdout } = await run(process.execPath, [demoAgent, '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('--session FILE');
  expect((await run(process.execPath, [demoAgent, '--version'])).stdout).toMatch(/^\d+\.\d+\n$/);
  expect((await run(process.execPath, [demoAgent, '--frob'])).code).toBe(64);
});
