import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { demoAgent, FleetSandbox, until } from '../support/fleet-sandbox.js';
import type { RunningController } from '../support/running-controller.js';
import { controlled } from '../support/talking.js';

let fleet: FleetSandbox;
let controller: RunningController;
controlled(
  () => new FleetSandbox(),
  (own) => ({ fleet, controller } = own),
);

const agent = (name: string, more = ''): string =>
  `{ name: ${name}, runtime: demo, command: [${process.execPath}, ${demoAgent}, --session, ${path.join(fleet.work, `${name}.jsonl`)}]${more} }`;

/** What an agent was told, in order. */
const heard = (name: string): readonly string[] => {
  const file = path.join(fleet.work, `${name}.jsonl`);
  if (!fs.existsSync(file)) return [];
  return fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { type: string; text?: string })
    .flatMap(({ type, text }) => (type === 'user' && text !== undefined ? [text] : []));
};

test('the controller brings again what an agent held, busy, when it was killed', async () => {
  fleet.writeRoster([agent('a')], `defaults: { idle_after: 1s, working_directory: ${fleet.work} }`);
  await fleet.expect(0, 'install');
  await controller.start();
  await until('it is up', async () => (await fleet.fleet('wait', '--for', 'ready', 'a')).code === 0);
  await fleet.tmux('send-keys', '-t', '=a:', '/busy 60', 'Enter');
  await until('it works', async () =>
    (await fleet.tmux('capture-pane', '-p', '-t', '=a:')).includes('working'),
  );
  const sent = await fleet.expect(0, 'agent', 'send', 'a', '--message', 'held', '--no-preamble');
  expect(sent.stdout).toContain('queued');
  process.kill((await fleet.pids())['a'] ?? 0, 'SIGKILL');
  await until('it is told', () => heard('a').length > 0);
  await until(
    'nothing waits',
    async () => (await fleet.expect(0, 'agent', 'outbox', 'a')).stdout === 'Nothing waits.\n',
  );
  expect(heard('a')).toEqual(['held']);
});

test('the controller brings the first message, then what was left, in order and once, to an agent that comes up', async () => {
  fs.writeFileSync(path.join(path.dirname(fleet.roster), 'first.md'), 'You are {name}.');
  fleet.writeRoster(
    [agent('a', ', kickstart_template: first.md, suspend: true')],
    `defaults: { idle_after: 1s, working_directory: ${fleet.work} }`,
  );
  await fleet.expect(0, 'install');
  await controller.start();
  for (const text of ['one', 'two'])
    await fleet.expect(0, 'agent', 'send', 'a', '--later', '--message', text);
  fleet.writeRoster(
    [agent('a', ', kickstart_template: first.md')],
    `defaults: { idle_after: 1s, working_directory: ${fleet.work} }`,
  );
  await until('all were heard', () => heard('a').length === 3, 40_000);
  const [first, one, two] = heard('a');
  expect(first).toBe('You are a.');
  expect(one).toMatch(/\] ?one$/);
  expect(two).toMatch(/\] ?two$/);
  // Left while it runs: told at once, not at the next resync.
  await fleet.expect(0, 'agent', 'send', 'a', '--later', '--message', 'three');
  await until('the last was heard', () => heard('a').length === 4, 10_000);
  expect((await fleet.expect(0, 'agent', 'outbox', 'a')).stdout).not.toContain('three');
});
