import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pasteText, pressKeys } from '../../src/actuators/messages.js';
import { killSessions } from '../../src/actuators/tmux-sessions.js';
import type { PaneTarget } from '../../src/controller/screen.js';
import { exec } from '../../src/host/exec.js';
import { findAndLook, findPanes, lookAt } from '../../src/observers/screens.js';
import { BUILT_IN } from '../../src/roster/profiles.js';
import { until } from '../support/fleet-sandbox.js';

interface Recorded {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly lines: readonly string[];
}

// One for each test: a server that is ending still takes the next one's session, and loses it.
let socket = '';
let tests = 0;
const tmux = async (...words: readonly string[]): Promise<string> => {
  const result = await exec('tmux', ['-u', '-L', socket, ...words], { timeoutMs: 5000 });
  return result.kind === 'exited' ? result.stdout.trimEnd() : '';
};

beforeEach(async () => {
  tests += 1;
  socket = `messages-${process.pid}-${tests}`;
  await tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'a', '-x', '80', '-y', '10', 'cat');
  await tmux('set-option', '-t', '=a:', '@fleet_agent', 'a', ';', 'set-option', '-F', '-t', '=a:', '@fleet_pane', '#{pane_id}', ';', 'set-option', '-t', '=a:', '@fleet_home', '/ö, x'); // prettier-ignore
});
afterEach(() => tmux('kill-server'));

async function found(): Promise<PaneTarget> {
  const panes = await findPanes(exec, socket);
  if (!panes.known || panes.value?.[0] === undefined) throw new Error('no pane');
  expect(panes.value[0]).toMatchObject({ agent: 'a', home: '/ö, x' });
  return panes.value[0];
}

test('a dead pane gets nothing, and the server lives on (3.3a crashes when one pastes there)', async () => {
  const target = await found();
  await tmux('set-option', '-w', '-t', '=a:', 'remain-on-exit', 'on');
  await tmux('send-keys', '-t', '=a:', 'C-d');
  await until(
    'the pane is dead',
    async () => (await tmux('display-message', '-p', '-t', '=a:', '#{pane_dead}')) === '1',
  );
  for (let count = 0; count < 20; count += 1) {
    expect(await pasteText(exec, socket, 'a', target, `id${count}`, 'hello', [])).toEqual({
      kind: 'refused',
    });
    expect(await pressKeys(exec, socket, 'a', target, ['Enter'], [])).toEqual({ kind: 'refused' });
  }
  expect(Number(await tmux('display-message', '-p', '#{pid}'))).toBe(target.server);
  expect(await tmux('list-buffers')).toBe('');
});

test('a session that holds another agent’s own pane is not ended; one with a human’s beside is', async () => {
  const { session, pane, pid } = await found();
  const target = { agent: 'a', session, pane, pid, marked: true };
  await tmux('split-window', '-t', '=a:', 'cat', ';', 'set-option', '-p', '-t', '=a:', '@fleet_own', 'b');
  await tmux('split-window', '-t', '=a:', 'cat', ';', 'new-window', '-t', '=a:', 'cat');
  expect(await killSessions(exec, socket, [target])).toBeNull();
  expect((await tmux('list-panes', '-s', '-t', '=a:')).split('\n')).toHaveLength(4);
  await tmux('kill-pane', '-t', '=a:^.1');
  await tmux('set-option', '-g', 'exit-empty', 'off');
  expect(await killSessions(exec, socket, [target])).toBeNull();
  expect(await tmux('list-sessions')).toBe('');
});

test('another process, another mark, another server or no pane at all: refused; a server that is gone is unknown', async () => {
  const target = await found();
  for (const other of [{ pid: 1 }, { server: 1 }, { pane: '%99' }, { session: '$99' }])
    expect(await pasteText(exec, socket, 'a', { ...target, ...other }, 'id', 'x', [])).toEqual({
      kind: 'refused',
    });
  expect(await pasteText(exec, socket, 'b', target, 'id', 'x', [])).toEqual({ kind: 'refused' });
  const seen = await lookAt(exec, socket, [{ ...target, pane: '%99' }, target]);
  expect(seen.known && [...seen.value.keys()]).toEqual([target.pane]);
  expect(seen.known && seen.value.get(target.pane)?.lines.every(({ text }) => text === '')).toBe(true);
  expect(await pasteText(exec, socket, 'a', target, 'id', 'x', [])).toEqual({ kind: 'done' });
  await tmux('kill-server');
  expect(await pasteText(exec, socket, 'a', target, 'id', 'x', [])).toMatchObject({ kind: 'unknown' });
});

test('panes are found along with what an agent’s session shows, in one process; what shows another pane is not its screen', async () => {
  const target = await found();
  let calls = 0;
  const counting: typeof exec = (...words) => ((calls += 1), exec(...words));
  const seen = async (agent: string, session: string) => {
    const result = await findAndLook(counting, socket, agent, session);
    if (!result.known) throw new Error(result.message);
    return result.value;
  };
  const shown = async (): Promise<string | undefined> =>
    (await seen('a', 'a'))?.screens.get(target.pane)?.lines[0]?.text;
  await tmux('send-keys', '-t', '=a:', 'hello');
  await until('it shows', async () => (await shown()) === 'hello');
  calls = 0;
  expect((await seen('a', 'a'))?.panes).toMatchObject([{ ...target, agent: 'a', home: '/ö, x' }]);
  expect(calls).toBe(1);
  // Nobody else's screen stands for it: no such session, another agent's, a second pane.
  expect((await seen('b', 'b'))?.screens.size).toBe(0);
  expect((await seen('b', 'a'))?.screens.size).toBe(0);
  await tmux('split-window', '-t', '=a:', 'cat');
  expect((await seen('a', 'a'))?.screens.get(target.pane)).toBeUndefined();
  expect((await seen('a', 'a'))?.panes).toMatchObject([{ pane: target.pane }]);
  await tmux('kill-server');
  expect(await seen('a', 'a')).toBeNull();
});

describe('the guard inside tmux, on recorded screens', () => {
  const recorded = path.resolve(import.meta.dirname, '../agents/screens');
  const runtimes = [...BUILT_IN.keys()].filter((name) => fs.existsSync(path.join(recorded, name)));
  const wanted =
    /^(dialog|dialog-refused|busy|busy-draft|draft-short|draft-lines|idle-after-turn|ready-empty)(\.\d+x\d+)?\.json$/;

  test.each(runtimes)('of %s: a dialog bars paste and keys, and nothing else does', async (runtime) => {
    const directory = path.join(recorded, runtime);
    const place = fs.mkdtempSync(path.join(os.tmpdir(), 'guard-'));
    try {
      for (const name of fs.readdirSync(directory).filter((file) => wanted.test(file))) {
        const screen = JSON.parse(fs.readFileSync(path.join(directory, name), 'utf8')) as Recorded;
        const file = path.join(place, name);
        fs.writeFileSync(file, screen.lines.join('\n'));
        // First its size: what was drawn in another one would be wrapped or scrolled away.
        await tmux('resize-window', '-t', '=a:', '-x', String(screen.width), '-y', String(screen.height));
        await tmux(
          'respawn-pane',
          '-k',
          '-t',
          '=a:',
          '--',
          'sh',
          '-c',
          'cat "$1"; exec cat >/dev/null',
          '-',
          file,
        );
        await tmux('select-pane', '-t', '=a:', '-T', screen.title);
        const last = screen.lines.findLast((line) => line.trim() !== '')?.trim() ?? '';
        await until(`${name} on the screen`, async () =>
          (await tmux('capture-pane', '-p', '-t', '=a:')).includes(last),
        );
        const target = await found();
        const signs = BUILT_IN.get(runtime)?.dialog ?? [];
        const kind = name.startsWith('dialog.') ? 'refused' : 'done';
        expect(await pasteText(exec, socket, 'a', target, 'id', 'x', signs), name).toEqual({ kind });
        expect(await pressKeys(exec, socket, 'a', target, ['Left'], signs), name).toEqual({ kind });
      }
    } finally {
      fs.rmSync(place, { recursive: true });
    }
  });
});
