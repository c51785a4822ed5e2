import { run, type Outcome } from '../test/support/user-manager.js';
import { socket } from './rosters.js';
import { output, print, style, typed } from './screen.js';

/** The story cannot go on. */
export class StoryFailure extends Error {}

/** A fleet command gets so long, in milliseconds; more than ten times what it needs. */
const patience = 30_000;

/**
 * Types a command line as the operator would and shows what it prints, in the order in which a terminal would.
 *
 * @throws StoryFailure where it ends with another exit code than expected
 */
export async function type(line: string, expected = 0, most = Infinity): Promise<string> {
  typed(line);
  const { code, stdout } = await run('/bin/sh', ['-c', `exec 2>&1\n${line}`], patience);
  output(stdout, most);
  if (code !== 0 && line.startsWith('fleet ')) print(style.dim(`     (exit code ${code})`));
  if (code !== expected) throw new StoryFailure(`\`${line}\` ended with exit code ${code}, not ${expected}`);
  return stdout;
}

/** Runs a command without showing it. */
export const quietly = (file: string, ...args: readonly string[]): Promise<Outcome> =>
  run(file, args, patience);

export interface PlannedAction {
  readonly agent: string;
  readonly action: 'start' | 'stop' | 'restart' | 'reset' | 'update' | 'adopt';
  readonly gate: string;
}

/** What `fleet plan` says now, for a program. */
export async function planned(): Promise<readonly PlannedAction[]> {
  const { code, stdout, stderr } = await quietly('fleet', 'plan', '--json');
  if (code !== 0)
    throw new StoryFailure(`\`fleet plan --json\` ended with exit code ${code}: ${stderr.trim()}`);
  return (JSON.parse(stdout) as { actions: readonly PlannedAction[] }).actions;
}

/** Who runs at one moment: tmux's word, not fleet's. */
export interface Snapshot {
  /** Pid of the tmux server, or null where none answers. */
  readonly server: number | null;
  /** Pid of each agent that runs, by name. */
  readonly pids: ReadonlyMap<string, number>;
}

export async function snapshot(): Promise<Snapshot> {
  const format = '#{pid} #{pane_dead} #{pane_pid} #{@fleet_agent}';
  const { code, stdout } = await quietly('tmux', '-L', socket, 'list-panes', '-a', '-F', format);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const living = rows.filter(([, dead, , agent = '']) => dead === '0' && agent !== '');
  return {
    server: code === 0 ? Number(rows[0]?.[0]) : null,
    pids: new Map(living.map(([, , pid, agent = '']) => [agent, Number(pid)])),
  };
}
