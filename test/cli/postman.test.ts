import { expect, test } from 'vitest';
import { leaveMessage } from '../../src/actuators/outbox.js';
import { createContext } from '../../src/cli/context.js';
import { Postman } from '../../src/cli/talk/postman.js';
import { outboxDirectory } from '../../src/host/paths.js';
import { now, Scene } from '../support/scene.js';
import { temporaryPaths } from '../support/temporary.js';

test('nobody is told anything while his process is being ended: it would end with it', async () => {
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
  const left = leaveMessage(outboxDirectory(paths, 'a'), {
    ...{ id: 'ab12', kind: 'message', agent: 'a', text: 'hello', source: 'h:operator', addressed: false },
    ...{ createdAt: now, left: true, attempt: null, after: null, parked: null },
  });
  expect(left).toHaveProperty('name');
  const world = new Scene(['a']).live('a').world();
  const postman = new Postman(context, () => undefined);
  expect(postman.deliver(world, new Set(['a']))).toBeNull();
  expect([...postman.atWork, ...asked]).toEqual([]);
  postman.deliver(world, new Set(['b']));
  expect([...postman.atWork]).toEqual(['a']);
  await postman.drained();
  expect(asked).toContain('tmux');
});
