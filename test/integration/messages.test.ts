import { afterEach, beforeEach, expect, test } from 'vitest';
import { pasteText, pressKeys } from '../../src/actuators/messages.js';
import type { PaneTarget } from '../../src/controller/screen.js';
import { exec } from '../../src/host/exec.js';
import { findPanes, lookAt } from '../../src/observers/screens.js';
import { until } from '../support/fleet-sandbox.js';

const socket = `messages-${process.pid}`;
const tmux = async (...words: readonly string[]): Promise<string> => {
  const result = await exec('tmux', ['-u', '-L', socket, ...words], { timeoutMs: 5000 });
  return result.kind === 'exited' ? result.stdout.trimEnd() : '';
};

beforeEach(async () => {
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
    expect(await pasteText(exec, socket, 'a', target, `id${count}`, 'hello')).toEqual({ kind: 'refused' });
    expect(await pressKeys(exec, socket, 'a', target, ['Enter'], [])).toEqual({ kind: 'refused' });
  }
  expect(Number(await tmux('display-message', '-p', '#{pid}'))).toBe(target.server);
  expect(await tmux('list-buffers')).toBe('');
});

test('another process, another mark, another server or no pane at all: refused; a server that is gone is unknown', async () => {
  const target = await found();
  for (const other of [{ pid: 1 }, { server: 1 }, { pane: '%99' }, { session: '$99' }])
    expect(await pasteText(exec, socket, 'a', { ...target, ...other }, 'id', 'x')).toEqual({
      kind: 'refused',
    });
  expect(await pasteText(exec, socket, 'b', target, 'id', 'x')).toEqual({ kind: 'refused' });
  const seen = await lookAt(exec, socket, [{ ...target, pane: '%99' }, target]);
  expect(seen.known && [...seen.value.keys()]).toEqual([target.pane]);
  expect(seen.known && seen.value.get(target.pane)?.lines.every(({ text }) => text === '')).toBe(true);
  expect(await pasteText(exec, socket, 'a', target, 'id', 'x')).toEqual({ kind: 'done' });
  await tmux('kill-server');
  expect(await pasteText(exec, socket, 'a', target, 'id', 'x')).toMatchObject({ kind: 'unknown' });
});
