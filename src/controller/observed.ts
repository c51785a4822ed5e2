import type { IgnoredLine } from '../roster/environment-file.js';
import type { SpecRecord } from '../roster/record.js';
import type { FailureRecord, Moment } from './backoff.js';
import type { ConversationSight } from './conversation.js';

/** What a source showed, or why it showed nothing. Unknown is never read as absent. */
export type Known<T> =
  { readonly known: true; readonly value: T } | { readonly known: false; readonly message: string };

/** systemd's ActiveState. */
export type ActiveState =
  'active' | 'reloading' | 'inactive' | 'failed' | 'activating' | 'deactivating' | 'maintenance';

export interface ObservedUnit {
  readonly active: ActiveState;
  /** systemd's SubState, e.g. `running`; `exited` marks a oneshot unit of the predecessor. */
  readonly sub: string;
}

/** A unit that systemd does not list is inactive: stopped instances are garbage-collected. */
export interface ObservedUnits {
  readonly holder: ObservedUnit | null;
  readonly controller: ObservedUnit | null;
  readonly agents: ReadonlyMap<string, ObservedUnit>;
}

export interface ObservedPane {
  /** `%7` */
  readonly id: string;
  /** Of its first process; 0: it is dead, and tmux does not tell it any more (3.8). */
  readonly pid: number;
  readonly dead: boolean;
  /** tmux's activity clock of the pane's window: epoch seconds of the last output. */
  readonly lastOutputAt: number;
  /** Nothing but blanks is on its screen. */
  readonly blank: boolean;
}

/** The user options fleet sets on its sessions; null where unset. */
export interface Marks {
  readonly agent: string | null;
  readonly home: string | null;
  readonly pane: string | null;
  /** The start of the unit that created the session and ends with it; null where it was adopted. */
  readonly unit: string | null;
  readonly spec: string | null;
  readonly context: string | null;
  readonly conversation: string | null;
}

export interface ObservedSession {
  /** `$7` */
  readonly id: string;
  readonly name: string;
  /** Epoch seconds. */
  readonly createdAt: number;
  /** Number of clients that show its windows, through another session of its group too. */
  readonly attached: number;
  readonly marks: Marks;
  readonly panes: readonly ObservedPane[];
}

export interface ObservedServer {
  readonly pid: number;
  /** Whether the server runs in the holder unit's cgroup; null where that could not be read. */
  readonly inHolder: boolean | null;
  readonly sessions: readonly ObservedSession[];
}

/** What `<home>/fleet/agents/<agent>.json` remembers of the last applied spec. */
export interface AppliedSpec {
  /** What was applied last, updates included. */
  readonly applied: SpecRecord;
  /** What the running process was started with. */
  readonly started: SpecRecord;
  /** How often fleet has started this agent. */
  readonly starts: number;
}

/** An agent's env file, which its operator writes too. */
export interface EnvironmentFile {
  readonly text: string;
  /** Epoch milliseconds. */
  readonly changedAt: number;
  /** Names the file itself: another one has another. */
  readonly inode: string;
  /** Whether it was put there as a whole when it changed last, instead of being written into. */
  readonly replaced: boolean;
}

/** Fleet's own files about one agent. */
export interface AgentFiles {
  /** null: there is none; absent: it is not known. */
  readonly environmentFile?: EnvironmentFile | null;
  /** Epoch milliseconds at which it was first missed; absent: it is there, or never was while somebody looked. */
  readonly absentSince?: number;
  /** Site-owned lines of the env file; empty where there is no file. */
  readonly siteEnvironment: Known<Readonly<Record<string, string>>>;
  /** Lines of the env file, as an operator writes its path, that set nothing; absent: there are none. */
  readonly ignored?: { readonly file: string; readonly lines: readonly IgnoredLine[] };
  /** Whether an env file of this home names this agent. */
  readonly owned: boolean;
  readonly applied: AppliedSpec | null;
}

/** A hold: fleet leaves the agent as it is. `stop` holds too. */
export interface Hold {
  /** Epoch milliseconds. */
  readonly since: number;
  /** Epoch milliseconds from which it is in force again, after `release --for`. */
  readonly from?: number;
  readonly until: number | null;
  readonly reason: string | null;
  readonly by: 'hold' | 'stop';
}

/** One use of one action, or (`fleet`) of everything a roster revision asks for. */
export type Approval =
  | {
      readonly kind: 'agent';
      readonly agent: string;
      readonly action: string;
      readonly applied: string;
      readonly desired: string;
      /** Given with `--all`, for this roster alone. */
      readonly revision?: string;
    }
  | { readonly kind: 'fleet'; readonly revision: string };

/** How an agent's process ended last, as the host wrote it down. */
export interface LastEnd {
  /** The unit's invocation id; null where it is not on record. */
  readonly invocation: string | null;
  /** `exited`, `signaled`, `killed-session`, `server-gone`, `start-failed`, `agent-run-killed`, `agent-run-ended`, or `unit-` and what systemd called it. */
  readonly reason: string;
  readonly status: number | null;
  readonly signal: string | null;
  /** Epoch seconds. */
  readonly at: number;
  /** How long it had run, milliseconds; null where that is not on record. */
  readonly ranMs: number | null;
  readonly spec: string | null;
  /** When it ended, on a clock that no one sets. */
  readonly moment: Moment;
  /** The conversation it was started in, and how; absent: in none that was named. */
  readonly conversation?: { readonly id: string; readonly how: 'new' | 'resume' };
}

/** A living agent was stopped, restarted or reset. */
export interface Disruption {
  readonly agent: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** On a clock that no one sets; absent where an earlier version wrote it down. */
  readonly moment?: Moment;
}

/** What fleet remembers between passes. */
export interface Memory {
  readonly holds: ReadonlyMap<string, Hold>;
  /** A hold of the whole fleet, agents not yet in the roster included. */
  readonly fleetHold: Hold | null;
  readonly approvals: readonly Approval[];
  /** Disruptions of the last minute, for the brake. */
  readonly recent: readonly Disruption[];
  /** Roster revision whose mass change the brake holds: it stays held until confirmed, however the fleet grows. */
  readonly braked: string | null;
  /** Agents that keep ending, for backoff. */
  readonly failures: ReadonlyMap<string, FailureRecord>;
}

/** A snapshot of the world, taken once per pass. */
export interface Observed {
  readonly units: Known<ObservedUnits>;
  /** null: no server on the socket. */
  readonly tmux: Known<ObservedServer | null>;
  readonly files: ReadonlyMap<string, AgentFiles>;
  /** Why an agent cannot be launched: directory or program missing. Agents not named can. */
  readonly obstacles: ReadonlyMap<string, string>;
  /** Last ends of agents whose unit does not run, where they are on record. */
  readonly ends: ReadonlyMap<string, LastEnd>;
  /** Agents not named: nothing is known of conversations of theirs. */
  readonly conversations: ReadonlyMap<string, ConversationSight>;
  /** When this was seen, on a clock that no one sets. */
  readonly moment: Moment;
  readonly memory: Known<Memory>;
}
