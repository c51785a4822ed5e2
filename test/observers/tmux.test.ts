import { expect, test } from 'vitest';
import type { Exec, ExecResult } from '../../src/host/exec.js';
import { observeTmux, rememberedServer } from '../../src/observers/tmux.js';

const given =
  (result: ExecResult): Exec =>
  () =>
    Promise.resolve(result);
const exited = (code: number, stderr: string, stdout = ''): ExecResult => ({
  kind: 'exited',
  code,
  stdout,
  stderr,
});

test.each([
  'no server running on /tmp/tmux-0/mosaic-factory\n',
  'error connecting to /tmp/tmux-0/mosaic-factory (No such file or directory)\n',
])('%j means that there is no server', async (stderr) => {
  expect(await observeTmux(given(exited(1, stderr)), 's')).toEqual({ known: true, value: null });
});

test.each<readonly [string, ExecResult, string]>([
  ['a refused connection', exited(1, 'error connecting to /tmp/x (Permission denied)'), 'error connecting to /tmp/x (Permission denied)'],
  ['a stale socket', exited(1, 'error connecting to /tmp/x (Connection refused)'), 'error connecting to /tmp/x (Connection refused)'],
  ['a server that went away', exited(1, 'server exited unexpectedly'), 'server exited unexpectedly'],
  ['no server, said by something else', exited(1, 'x: no server running on /tmp'), 'x: no server running on /tmp'],
  ['no server, though it worked', exited(0, 'no server running on /tmp/x'), 'a listing that fleet cannot read'],
  ['a tmux that hangs', { kind: 'timeout', program: 'tmux', timeoutMs: 5000 }, 'tmux did not answer within 5s'],
  ['no tmux', { kind: 'missing', program: 'tmux' }, 'tmux is not installed or not in PATH'],
  ['a killed client', { kind: 'signaled', signal: 'SIGKILL', stderr: '' }, 'tmux was killed by SIGKILL'],
  ['half a listing', exited(0, '', 'V 1\nS $1'), 'a listing that fleet cannot read'],
])('%s is unknown, not absent', async (_, result, message) => {
  expect(await observeTmux(given(result), 's')).toEqual({ known: false, message: expect.stringContaining(message) as string });
}); // prettier-ignore

test('a server without any session is one, and whose it is is read from its cgroup', async () => {
  const own = await observeTmux(given(exited(1, 'no current target\n', `V ${process.pid}\n`)), 's');
  expect(own).toEqual({ known: true, value: { pid: process.pid, inHolder: false, sessions: [] } });
  const gone = await observeTmux(given(exited(0, '', 'V 4194305\n')), 's');
  expect(gone).toMatchObject({ value: { inHolder: null } });
});

test('the same text again is the same value, and a server that moved is another', async () => {
  const read = rememberedServer();
  const look = (text: string) => observeTmux(given(exited(0, '', text)), 's', read);
  const first = await look(`V ${process.pid}\n`);
  expect(await look(`V ${process.pid}\n`)).toBe(first);
  const other = await look('V 4194305\n');
  expect(other).toMatchObject({ value: { pid: 4194305 } });
  expect(await look('V 4194305\n')).toBe(other);
  expect(await look('half')).toMatchObject({ known: false });
});

test('is one process, on the given socket, read byte by byte and bounded in time', async () => {
  const calls: unknown[] = [];
  await observeTmux((program, args, options) => {
    calls.push([program, args.slice(0, 3), options]);
    return Promise.resolve(exited(1, ''));
  }, 'mine');
  expect(calls).toEqual([['tmux', ['-u', '-L', 'mine'], { timeoutMs: 5000, encoding: 'latin1' }]]);
});
