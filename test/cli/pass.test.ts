import { beforeEach, expect, test } from 'vitest';
import { isSameWorld } from '../../src/controller/same-world.js';
import type { World } from '../../src/controller/assess.js';
import { createContext, type Context } from '../../src/cli/context.js';
import { nothingSeen, type Earlier } from '../../src/cli/earlier.js';
import { observe } from '../../src/cli/pass.js';
import { pacedLooks } from '../../src/cli/run/paced-looks.js';
import type { Exec } from '../../src/host/exec.js';
import { agentFile, exitFile } from '../../src/host/paths.js';
import { holdsFile } from '../../src/observers/memory.js';
import { rosterOf } from '../support/scene.js';
import { temporary, write } from '../support/temporary.js';

const roster = rosterOf([{ name: 'a' }, { name: 'b' }]);

let printed: { systemctl: string; tmux: string };
let context: Context;
let earlier: Earlier;

beforeEach(() => {
  printed = { systemctl: '[]', tmux: `V ${process.pid}\n` };
  const exec: Exec = (program) =>
    Promise.resolve({
      ...{ kind: 'exited', code: 0, stderr: '' },
      stdout: program === 'tmux' ? printed.tmux : printed.systemctl,
    });
  const looks = pacedLooks(exec, 0);
  context = {
    ...createContext({}, { HOME: temporary(), PATH: '/bin' }),
    ...{ exec, look: (socket: string) => looks.take(socket) },
  };
  earlier = nothingSeen(context);
});

const look = async (): Promise<World> => (await observe(context, { roster, earlier })).world;

test('where nothing has changed, two looks are the same', async () => {
  const before = await look();
  expect(isSameWorld(before, await look())).toBe(false);
  // Directories and programs are asked for once more until somebody says that nothing is to be done.
  earlier.quiet = true;
  const first = await look();
  expect(isSameWorld(first, await look())).toBe(true);
});

const changes: Readonly<Record<string, () => void>> = {
  'a unit': () => (printed.systemctl = '[{"unit":"mosaic-agent@a.service","active":"active","sub":"running"}]'),
  'the server': () => (printed.tmux = 'V 4194305\n'),
  'a source that fails': () => (printed.tmux = 'half'),
  'an env file': () => write(agentFile(context.paths, 'a', 'env'), 'SITE=1\n'),
  'a hold': () => write(holdsFile(context.paths.state), '{"agents":{"a":{"since":1,"until":null,"reason":null,"by":"hold"}}}'),
  'how an agent ended': () => write(exitFile(context.paths, 'a'), 'v1 reason=exited status=1 at=1 invocation=i\n'),
}; // prettier-ignore

test.each(Object.keys(changes))('%s that changes is seen', async (what) => {
  earlier.quiet = true;
  await look();
  const before = await look();
  changes[what]?.();
  const after = await look();
  expect(isSameWorld(before, after)).toBe(false);
  // As whoever looks for the first time sees it.
  const { world } = await observe(context, { roster });
  expect({ ...after.observed, moment: null }).toEqual({ ...world.observed, moment: null });
});

test('another roster is seen', async () => {
  earlier.quiet = true;
  await look();
  const before = await look();
  const other = rosterOf([{ name: 'a' }]);
  const { world } = await observe(context, { roster: other, earlier });
  expect(isSameWorld(before, world)).toBe(false);
  expect([...world.desired.keys()]).toEqual(['a']);
});
