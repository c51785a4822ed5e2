import type { Act } from '../controller/deliver.js';
import type { PaneTarget } from '../controller/screen.js';
import type { Sign } from '../roster/profile.js';
import { describeExec, type Exec } from '../host/exec.js';
import { allHold, isNotEnding, isStill, paneAddress, reachesOthers } from '../host/tmux-target.js';

const timeoutMs = 10_000;

/**
 * Whether the pane is still that agent's, alive, and open to keys: evaluated inside the server in the same call as the act.
 * `paste-buffer` into a dead pane crashes the server of 3.3a; in copy mode text arrives without brackets and Enter is
 * swallowed; with input off it is lost; with `synchronize-panes` keys are pressed in the panes beside it as well. All of that with
 * status 0.
 */
function guard(agent: string, target: PaneTarget, forbidden: readonly Sign[]): string {
  return allHold([
    ...without(forbidden),
    ...isStill(agent, target),
    isNotEnding,
    ...['#{==:#{pane_dead},0}', '#{==:#{pane_in_mode},0}', '#{==:#{pane_input_off},0}'],
    `#{==:${reachesOthers},0}`,
  ]);
}

/**
 * That none of these signs of a dialog is there, evaluated in the same call as the key: between a look and an Enter a runtime
 * can ask for an approval, which that Enter would give (claude 2.1 on a busy machine).
 *
 * tmux's regular expressions are POSIX's: of JavaScript's classes those for digits and blanks are said otherwise; what it cannot
 * read matches nothing, and then the look alone guards.
 */
function without(signs: readonly Sign[]): readonly string[] {
  return signs.flatMap(({ on, pattern }) => {
    const posix = pattern
      .replaceAll('\\d', '[0-9]')
      .replaceAll('\\s', '[[:space:]]')
      .replaceAll('(?:', '(')
      .replace(/[#,}]/g, '#$&');
    const screen = `#{==:#{C/r:${posix}},0}`;
    const title = `#{==:#{m/r:${posix},#{pane_title}},0}`;
    switch (on) {
      case 'screen':
        return [screen];
      case 'title':
        return [title];
      case 'either':
        return [screen, title];
    }
  });
}

/** Words of a guarded act that says whether it was done. */
function guarded(
  agent: string,
  target: PaneTarget,
  command: string,
  forbidden: readonly Sign[],
): readonly string[] {
  return [
    ...['if-shell', '-F', '-t', paneAddress(target), guard(agent, target, forbidden)],
    `${command} ; display-message -p DONE`,
    'display-message -p REFUSED',
  ];
}

/**
 * Pastes a text in brackets. The buffer is this call's own (with a shared name concurrent senders lose messages) and is
 * deleted in the same call, whatever the guard says.
 *
 * @param id unique among all messages
 * @param forbidden signs under which nothing is pasted: a dialog can come up after the look
 */
export async function pasteText(
  exec: Exec,
  socket: string,
  agent: string,
  target: PaneTarget,
  id: string,
  text: string,
  forbidden: readonly Sign[],
): Promise<Act> {
  const buffer = `fleet-${id}`;
  return act(
    exec,
    socket,
    [
      ...['load-buffer', '-b', buffer, '-', ';'],
      ...guarded(agent, target, `paste-buffer -p -b ${buffer} -t '${paneAddress(target)}'`, forbidden),
      ...[';', 'delete-buffer', '-b', buffer],
    ],
    text,
  );
}

/** Presses keys, by tmux's names. @param forbidden signs under which nothing is pressed */
export async function pressKeys(
  exec: Exec,
  socket: string,
  agent: string,
  target: PaneTarget,
  keys: readonly string[],
  forbidden: readonly Sign[],
): Promise<Act> {
  const command = `send-keys -t '${paneAddress(target)}' ${keys.join(' ')}`;
  return act(exec, socket, guarded(agent, target, command, forbidden));
}

async function act(exec: Exec, socket: string, words: readonly string[], input?: string): Promise<Act> {
  const result = await exec('tmux', ['-N', '-u', '-L', socket, ...words], {
    timeoutMs,
    ...(input === undefined ? {} : { input }),
  });
  const said = result.kind === 'exited' ? result.stdout.trim() : '';
  if (said === 'DONE') return { kind: 'done' };
  if (said === 'REFUSED') return { kind: 'refused' };
  const message = describeExec('tmux', result);
  // The server was never asked.
  if (result.kind === 'missing' || (result.kind === 'failed' && result.unstarted === true))
    return { kind: 'refused', message };
  return { kind: 'unknown', message: `tmux did not say whether it was done: ${message}` };
}
