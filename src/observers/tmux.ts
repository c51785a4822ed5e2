import type { Known, ObservedServer } from '../controller/observed.js';
import { describeExec, type Exec, type ExecResult } from '../host/exec.js';
import { cgroupOf } from '../host/process.js';
import { holderUnit } from './systemd-output.js';
import { paneFormat, parseListing, serverFormat, sessionFormat } from './tmux-output.js';

const timeoutMs = 5000;

/**
 * Observes server, sessions, panes, marks, activity and attachment with one process, however many agents.
 *
 * @param read {@link readServer}, or one that remembers
 */
export async function observeTmux(
  exec: Exec,
  socket: string,
  read = readServer,
): Promise<Known<ObservedServer | null>> {
  const result = await exec(
    'tmux',
    [
      ...['-u', '-L', socket, 'display-message', '-p', serverFormat],
      ...[';', 'list-sessions', '-F', sessionFormat],
      ...[';', 'list-panes', '-a', '-F', paneFormat],
    ],
    { timeoutMs, encoding: 'latin1' },
  );
  return readResult(result, read);
}

function readResult(result: ExecResult, read: typeof readServer): Known<ObservedServer | null> {
  if (result.kind !== 'exited') return { known: false, message: describeExec('tmux', result) };
  const problem = result.stderr.trim();
  if (result.code !== 0 && isNoServer(problem)) return { known: true, value: null };
  // A server without any session: list-panes -a then has no target to start from (3.3a).
  if (result.code !== 0 && problem !== 'no current target') {
    return { known: false, message: describeExec('tmux', result) };
  }
  return read(result.stdout);
}

/** What tmux printed, as an observation. */
export function readServer(text: string): Known<ObservedServer> {
  const listing = parseListing(text);
  if (listing === null) return { known: false, message: 'tmux printed a listing that fleet cannot read' };
  return { known: true, value: { ...listing.server, inHolder: isInHolder(listing.server.pid) } };
}

/** The same for who looks again and again. A server's cgroup is looked up anew each time: it may be moved. */
export function rememberedServer(): typeof readServer {
  let last: { readonly text: string; readonly seen: Known<ObservedServer> } | null = null;
  return (text) => {
    const before = last?.text === text ? last.seen : null;
    if (before?.known === true && before.value.inHolder === isInHolder(before.value.pid)) return before;
    last = { text, seen: readServer(text) };
    return last.seen;
  };
}

/** The only two texts that mean "no server"; every other failure is unknown. */
export function isNoServer(message: string): boolean {
  return (
    /^no server running on \S/.test(message) ||
    /^error connecting to .* \(No such file or directory\)$/.test(message)
  );
}

function isInHolder(pid: number): boolean | null {
  const cgroup = cgroupOf(pid);
  return cgroup === null ? null : cgroup.split('/').includes(holderUnit);
}
