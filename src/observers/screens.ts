import type { Known } from '../controller/observed.js';
import type { PaneTarget, Screen } from '../controller/screen.js';
import { describeExec, type Exec, type ExecResult } from '../host/exec.js';
import { allHold, isStill, paneAddress } from '../host/tmux-target.js';
import { isNoServer } from './tmux.js';
import {
  markedFilter,
  markedFormat,
  parseMarked,
  parseMarkedAndScreens,
  parseScreens,
  screenFormat,
  type MarkedPane,
} from './screen-output.js';

const timeoutMs = 5000;

/** So many screens are asked for in one call: a client's message to the server is capped at 16 kB. */
const perCall = 20;

/** Every agent's own pane on the socket, whosever home it is of. One process. null: no server. */
export async function findPanes(exec: Exec, socket: string): Promise<Known<readonly MarkedPane[] | null>> {
  const words = ['list-panes', '-a', '-f', markedFilter, '-F', markedFormat];
  const result = await exec('tmux', ['-N', '-u', '-L', socket, ...words], { timeoutMs, encoding: 'latin1' });
  if (result.kind !== 'exited') return { known: false, message: describeExec('tmux', result) };
  if (result.code !== 0) {
    if (isNoServer(result.stderr.trim())) return { known: true, value: null };
    if (result.stderr.trim() === 'no current target') return { known: true, value: [] };
    return { known: false, message: describeExec('tmux', result) };
  }
  const panes = parseMarked(result.stdout);
  return panes === null
    ? { known: false, message: 'tmux printed a listing that fleet cannot read' }
    : { known: true, value: panes };
}

/**
 * The same, and in the same process a look at what an agent's session shows. Its screen is among them where it shows the agent's
 * own pane: a human may have split or renamed it.
 *
 * @param session the agent's, by its name
 */
export async function findAndLook(
  exec: Exec,
  socket: string,
  agent: string,
  session: string,
): Promise<
  Known<{
    readonly panes: readonly MarkedPane[];
    readonly screens: ReadonlyMap<string, Screen>;
  } | null>
> {
  const words = [
    ...['list-panes', '-a', '-f', markedFilter, '-F', markedFormat, ';'],
    // What it takes for a missing target is another agent's, and the condition does not hold.
    ...['if-shell', '-F', '-t', `=${session}:`, `#{==:#{@fleet_agent},${agent}}`, looked(`=${session}:`)],
  ];
  const result = await exec('tmux', ['-N', '-u', '-L', socket, ...words], { timeoutMs, encoding: 'latin1' });
  const seen = result.kind === 'exited' && result.code === 0 ? parseMarkedAndScreens(result.stdout) : null;
  if (seen !== null) return { known: true, value: seen };
  const panes = await findPanes(exec, socket);
  if (!panes.known) return panes;
  return { known: true, value: panes.value === null ? null : { panes: panes.value, screens: new Map() } };
}

/**
 * The screens of several panes, one process per twenty. A pane that is gone is left out; one whose process is another by
 * now is there, with that one's pid.
 */
export async function lookAt(
  exec: Exec,
  socket: string,
  targets: readonly PaneTarget[],
): Promise<Known<ReadonlyMap<string, Screen>>> {
  const screens = new Map<string, Screen>();
  for (let from = 0; from < targets.length; from += perCall) {
    const words = targets.slice(from, from + perCall).flatMap((target) => [';', ...lookWords(target)]);
    const seen = readScreens(
      await exec('tmux', ['-N', '-u', '-L', socket, ...words.slice(1)], { timeoutMs, encoding: 'latin1' }),
    );
    if (!seen.known) return seen;
    for (const [pane, screen] of seen.value) screens.set(pane, screen);
  }
  return { known: true, value: screens };
}

/**
 * The last lines of an agent's screen and scrollback, its blank end left out. The server itself compares whose pane it is: ids start
 * again after its death, and whoever goes on looking would be shown somebody else.
 *
 * @returns null: that process is not in that pane any more
 */
export async function linesOf(
  exec: Exec,
  socket: string,
  agent: string,
  target: PaneTarget,
  count: number,
): Promise<Known<readonly string[] | null>> {
  const address = paneAddress(target);
  const words = [
    ...['if-shell', '-F', '-t', address, allHold(isStill(agent, target))],
    `display-message -p LINES ; capture-pane -p -S -${count} -t '${address}'`,
  ];
  const result = await exec('tmux', ['-N', '-u', '-L', socket, ...words], { timeoutMs });
  if (result.kind !== 'exited') return { known: false, message: describeExec('tmux', result) };
  const error = result.stderr.trim();
  if (result.code !== 0 && !isNoServer(error) && !error.startsWith("can't find "))
    return { known: false, message: describeExec('tmux', result) };
  const [first, ...lines] = result.stdout.trimEnd().split('\n');
  return { known: true, value: first === 'LINES' ? lines : null };
}

/**
 * A look as words of a tmux command line, to be made alone or in the same call as an act. if-shell takes a missing target
 * for none at all and goes on with another pane (3.3a), so the condition names the pane again.
 */
export function lookWords(target: PaneTarget): readonly string[] {
  const address = paneAddress(target);
  return [...['if-shell', '-F', '-t', address, `#{==:#{pane_id},${target.pane}}`], looked(address)];
}

const looked = (address: string): string =>
  `display-message -p -t '${address}' '${screenFormat}' ; capture-pane -p -e -t '${address}'`;

function readScreens(result: ExecResult): Known<ReadonlyMap<string, Screen>> {
  if (result.kind !== 'exited') return { known: false, message: describeExec('tmux', result) };
  if (result.code !== 0) return { known: false, message: describeExec('tmux', result) };
  const screens = parseScreens(result.stdout);
  return screens === null
    ? { known: false, message: 'tmux printed a screen that fleet cannot read' }
    : { known: true, value: screens };
}
