import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { leaveMessage } from '../../src/actuators/outbox.js';
import { createContext } from '../../src/cli/context.js';
import { Postman } from '../../src/cli/talk/postman.js';
import { outboxDirectory, talkLock } from '../../src/host/paths.js';
import { now, Scene } from '../support/scene.js';
import { temporaryPaths, write } from '../support/temporary.js';

/** A host on which no program can be started. */
function alone() {
  const paths = temporaryPaths();
  const asked: string[] = [];
  const context = {
    ...createContext({}, { HOME: paths.userHome }),
    ...{ paths, record: () => undefined },
    exec: (program: string) => {
      asked.push(program);
      return Promise.resolve({ kind: 'missing', program } as const);
    },
  };
  const leave = (agent: string): void => {
    const left = leaveMessage(outboxDirectory(paths, agent), {
      ...{ id: 'ab12', kind: 'message', agent, text: 'hello', source: 'h:operator', addressed: false },
      ...{ createdAt: now, left: true, attempt: null, after: null, parked: null },
    });
    expect(left).toHaveProperty('name');
  };
  return { paths, context, asked, leave };
}

test('nobody is told anything while his process is being ended: it would end with it', async () => {
  const { context, asked, leave } = alone();
  leave('a');
  const world = new Scene(['a']).live('a').world();
  const postman = new Postman(
    context,
    () => undefined,
    (message) => expect.unreachable(message),
  );
  expect(postman.deliver(world, new Set(['a']))).toBeNull();
  expect([...postman.atWork, ...asked]).toEqual([]);
  postman.deliver(world, new Set(['b']));
  expect([...postman.atWork]).toEqual(['a']);
  await postman.drained();
  expect(asked).toContain('tmux');
});

test('what cannot be read in one outbox is told, once, and keeps nothing from the others', async () => {
  const { paths, context, leave } = alone();
  leave('a');
  leave('b');
  fs.writeFileSync(path.join(paths.state, 'outbox', 'moved-here-by-hand.json'), '');
  const damaged = path.join(outboxDirectory(paths, 'a'), '1-000000000002-cd.json');
  fs.writeFileSync(damaged, '{"id":');
  const told: string[] = [];
  const postman = new Postman(
    context,
    () => undefined,
    (message) => told.push(message),
  );
  const world = new Scene(['a', 'b']).live('a').live('b').world();
  postman.deliver(world, new Set());
  postman.deliver(world, new Set());
  expect([...postman.atWork]).toEqual(['b']);
  expect(told).toEqual([expect.stringContaining(`${damaged} is damaged`)]);
  await postman.drained();
});

test('who could not be told anything is tried again later, and in his next process at once', async () => {
  const { context, leave } = alone();
  leave('a');
  const postman = new Postman(
    context,
    () => undefined,
    (message) => expect.unreachable(message),
  );
  const world = (pid: number) => new Scene(['a']).live('a', { pid }).world();
  expect(postman.deliver(world(11), new Set())).toBeNull();
  await postman.drained();
  expect(postman.deliver(world(11), new Set())).toBeGreaterThan(0);
  expect([...postman.atWork]).toEqual([]);
  postman.deliver(world(12), new Set());
  expect([...postman.atWork]).toEqual(['a']);
  await postman.drained();
});

test('who is being started by another command is looked at again soon: nothing tells when that is done', async () => {
  const { context, leave } = alone();
  const postman = new Postman(
    context,
    () => undefined,
    (message) => expect.unreachable(message),
  );
  const starting = new Scene(['a', 'b']).unit('a', 'activating').unit('b', 'activating').world();
  leave('a');
  expect(postman.deliver(starting, new Set())).toBeLessThanOrEqual(1000);
  expect([...postman.atWork]).toEqual([]);
  expect(postman.deliver(starting, new Set(['a']))).toBeNull();
  expect(postman.deliver(new Scene(['a', 'b']).unit('b', 'activating').world(), new Set())).toBeNull();
  await postman.drained();
});

test('what waits and cannot be delivered, its lock being out of order, is told once', async () => {
  const { paths, context, leave } = alone();
  leave('a');
  const lock = talkLock(paths, 'a');
  write(path.join(lock, '1', 'a directory in the place of a claim'), '');
  const told: string[] = [];
  const postman = new Postman(
    context,
    () => undefined,
    (message) => told.push(message),
  );
  for (const pid of [11, 12]) {
    postman.deliver(new Scene(['a']).live('a', { pid }).world(), new Set());
    await postman.drained();
  }
  const problem = 'is a directory; a file is expected';
  expect(told).toEqual([expect.stringMatching(`^what waits for a cannot be delivered: .*${problem}$`)]);
  fs.rmSync(lock, { recursive: true });
  postman.deliver(new Scene(['a']).live('a', { pid: 13 }).world(), new Set());
  await postman.drained();
  write(path.join(lock, '7', 'again'), '');
  postman.deliver(new Scene(['a']).live('a', { pid: 14 }).world(), new Set());
  await postman.drained();
  expect(told).toHaveLength(2);
});
