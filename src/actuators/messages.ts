import type { Act } from '../controller/deliver.js';
import type { PaneTarget } from '../controller/screen.js';
import { describeExec, type Exec } from '../host/exec.js';

const timeoutMs = 10_000;

const address = ({ session, window, pane }: PaneTarget): string => `${session}:${window}.${pane}`;

/**
 * Whether the pane is still that agent's, alive, and open to keys: evaluated inside the server in the same call as the act.
 * `paste-buffer` into a dead pane crashes the server of 3.3a; in copy mode text arrives without brackets and Enter is
 * swallowed; with input off it is lost. All of that with status 0.
 */
function guard(agent: string, { pane, pid, server }: PaneTarget): string {
  return [
    `#{==:#{@fleet_agent},${agent}}`,
    `#{==:#{pane_id},${pane}}`,
    `#{==:#{pane_pid},${pid}}`,
    `#{==:#{pid},${server}}`,
    '#{==:#{pane_dead},0}',
    '#{==:#{pane_in_mode},0}',
    '#{==:#{pane_input_off},0}',
  ].reduce((all, one) => `#{&&:${one},${all}}`);
}

/** Words of a guarded act that says whether it was done. */
function guarded(agent: string, target: PaneTarget, command: string): readonly string[] {
  return [
    ...['if-shell', '-F', '-t', address(target), guard(agent, target)],
    `${command} ; display-message -p DONE`,
    'display-message -p REFUSED',
  ];
}

/**
 * Pastes a text in brackets. The buffer is this call's own (with a shared name concurrent senders lose messages) and is
 * deleted in the same call, whatever the guard says.
 *
 * @param id unique among all messages
 */
export async function pasteText(
  exec: Exec,
  socket: string,
  agent: string,
  target: PaneTarget,
  id: string,
  text: string,
): Promise<Act> {
  const buffer = `fleet-${id}`;
  return act(
    exec,
    socket,
    [
      ...['load-buffer', '-b', buffer, '-', ';'],
      ...guarded(agent, target, `paste-buffer -p -b ${buffer} -t '${address(target)}'`),
      ...[';', 'delete-buffer', '-b', buffer],
    ],
    text,
  );
}

/** Presses keys, by tmux's names. */
export async function pressKeys(
  exec: Exec,
  socket: string,
  agent: string,
  target: PaneTarget,
  keys: readonly string[],
): Promise<Act> {
  return act(exec, socket, guarded(agent, target, `send-keys -t '${address(target)}' ${keys.join(' ')}`));
}

async function act(exec: Exec, socket: string, words: readonly string[], input?: string): Promise<Act> {
  const result = await exec('tmux', ['-N', '-u', '-L', socket, ...words], {
    timeoutMs,
    ...(input === undefined ? {} : { input }),
  });
  const said = result.kind === 'exited' ? result.stdout.trim() : '';
  if (said === 'DONE') return { kind: 'done' };
  if (said === 'REFUSED') return { kind: 'refused' };
  return {
    kind: 'unknown',
    message: `tmux did not say whether it was done: ${describeExec('tmux', result)}`,
  };
}
