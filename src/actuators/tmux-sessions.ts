import type { Outcome, SessionMarks, SessionTarget } from '../controller/port.js';
import type { PaneTarget } from '../controller/screen.js';
import { describeExec, type Exec } from '../host/exec.js';
import { allHold, panePid } from '../host/tmux-target.js';

const timeoutMs = 5000;

/** A word of a command that tmux parses itself: between single quotes nothing has a meaning but the quote. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** No pane that lives in the session is the own one of another agent, moved there by a human, who would end with it (own-session.sh). */
const alone =
  '#{==:#{W:#{P:#{?#{||:#{pane_dead},#{||:#{==:#{@fleet_own},},#{==:#{@fleet_own},#{@fleet_unit}}}},,x}}},}';

/** A client's message to the server is capped at 16 kB; the rest is left for the message's own frame. */
const messageBytes = 12_000;

/**
 * Marks sessions that carry no marks yet, each only while its pane still runs the process that was observed: compared
 * inside the server, for ids start again with a new one. What was marked since it was observed belongs to somebody, and
 * `-o` refuses to overwrite.
 */
export async function adoptSessions(
  exec: Exec,
  socket: string,
  home: string,
  sessions: readonly SessionMarks[],
): Promise<Outcome> {
  const commands = sessions.map(({ agent, session, pane, pid, spec, context }) => {
    const set = (name: string, value: string): string =>
      `set-option -oq -t ${quoted(session)} ${name} ${quoted(value)}`;
    const marks = [
      set('@fleet_agent', agent),
      set('@fleet_home', home),
      set('@fleet_pane', pane),
      set('@fleet_spec', spec),
      set('@fleet_context', context),
    ];
    return [
      ...['if-shell', '-F', '-t', pane],
      `#{&&:#{==:#{@fleet_agent}#{@fleet_home},},#{&&:#{==:${panePid},${pid}},#{==:#{session_id},${session}}}}`,
      ...[marks.join(' ; '), ';'],
    ];
  });
  return run(exec, socket, commands);
}

/** The mark of a conversation that was begun anew, while the pane still runs the process that was talked to. */
export async function markContext(
  exec: Exec,
  socket: string,
  agent: string,
  { session, pane, pid, server }: PaneTarget,
  context: string,
): Promise<Outcome> {
  const ours = `#{&&:#{==:#{@fleet_agent},${agent}},#{&&:#{==:${panePid},${pid}},#{==:#{pid},${server}}}}`;
  const mark = `set-option -t ${quoted(session)} @fleet_context ${quoted(context)}`;
  // From here agent-run.sh takes it where it makes the session anew.
  const kept = `set-option -p -t ${pane} @fleet_own_context ${quoted(context)}`;
  const words = ['if-shell', '-F', '-t', pane, ours, `${mark} ; ${kept}`];
  const result = await exec('tmux', ['-N', '-u', '-L', socket, ...words], { timeoutMs });
  return result.kind === 'exited' && result.code === 0 ? null : describeExec('tmux', result);
}

/**
 * Ends sessions by their id, each only while its agent's pane still runs the process that was observed, under the marks
 * that were observed: ids start again with a new server.
 */
export async function killSessions(
  exec: Exec,
  socket: string,
  targets: readonly SessionTarget[],
): Promise<Outcome> {
  const commands = targets.map(({ agent, session, pane, pid, marked }) => [
    ...['if-shell', '-F', '-t', pane],
    allHold([
      `#{==:#{session_id},${session}}`,
      `#{==:#{@fleet_agent},${marked ? agent : ''}}`,
      `#{==:${panePid},${pid}}`,
      alone,
    ]),
    ...[`kill-session -t '${session}'`, ';'],
  ]);
  return run(exec, socket, commands);
}

async function run(exec: Exec, socket: string, commands: readonly (readonly string[])[]): Promise<Outcome> {
  let outcome: Outcome = null;
  for (const call of inCalls(commands)) {
    const result = await exec('tmux', ['-u', '-L', socket, ...call.slice(0, -1)], { timeoutMs });
    if (result.kind !== 'exited' || result.code !== 0) outcome ??= describeExec('tmux', result);
  }
  return outcome;
}

/** Joins commands (each ending in `;`) to as few tmux calls as their size allows. */
function inCalls(commands: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const calls: string[][] = [];
  let bytes = Infinity;
  for (const command of commands) {
    const size = command.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
    if (bytes + size > messageBytes) {
      calls.push([]);
      bytes = 0;
    }
    calls.at(-1)?.push(...command);
    bytes += size;
  }
  return calls;
}
