/** One process in one pane of one server. Ids start again after a server's death, and a pid may be another's later. */
export interface PaneProcess {
  readonly session: string;
  readonly window: string;
  readonly pane: string;
  /** Of the pane's first process (0: it is dead), and of the server. */
  readonly pid: number;
  readonly server: number;
}

/** A pane's first process, as a format; 0 for one that is dead, of which tmux tells none (3.8; up to 3.5a it still tells the pid). */
export const panePid = '#{?pane_pid,#{pane_pid},0}';

/** The target that names this pane within its own session, whatever was split, renamed or linked meanwhile; its window may be '' (3.3a). */
export const paneAddress = ({ session, window, pane }: PaneProcess): string => `${session}:${window}.${pane}`;

/** Conditions, as tmux's formats, under which it is still this agent's; for the server to judge, in the same call as what depends on it. */
export const isStill = (agent: string, { pane, pid, server }: PaneProcess): readonly string[] => [
  `#{==:#{@fleet_agent},${agent}}`,
  `#{==:#{pane_id},${pane}}`,
  `#{==:${panePid},${pid}}`,
  `#{==:#{pid},${server}}`,
];

/** That nobody is ending it: agent-stop.sh says so before it waits for who still tidies up. */
export const isNotEnding = '#{==:#{@fleet_ending},}';

/** That all of them hold, as one format. */
export const allHold = (conditions: readonly string[]): string =>
  conditions.reduce((all, one) => `#{&&:${one},${all}}`);

/** Whether keys for the pane are pressed in those beside it as well: `synchronize-panes`, in a window with more than this one. 1 or 0. */
export const reachesOthers = '#{&&:#{pane_synchronized},#{!=:#{window_panes},1}}';
