import type { Approval, Disruption } from './observed.js';
import type { ConversationRecord } from './conversation.js';
import type { SpecRecord } from '../roster/record.js';

/** null: done. Otherwise one line that says what went wrong. */
export type Outcome = string | null;

/** Everything the host has to hold before an agent is started. */
export interface AgentMaterial {
  readonly agent: string;
  /**
   * The env file's text when it was looked at; null: there was none. Where it is another by now it is not written over.
   * Absent: it was not to be told.
   */
  readonly environmentText?: string | null;
  /** Managed lines of the env file; the site's own lines are kept. */
  readonly managedEnvironment: Readonly<Record<string, string>>;
  readonly launchRecord: string;
  /** Durable before the launch record is written; null: stays as it is. */
  readonly conversations: ConversationRecord | null;
  /** It runs, and what it was started with is kept for {@link Actuators.takeBack}. */
  readonly live: boolean;
}

export interface SessionMarks {
  readonly agent: string;
  readonly session: string;
  /** The agent's pane and its process as observed. */
  readonly pane: string;
  readonly pid: number;
  readonly spec: string;
  readonly context: string;
}

export interface SessionTarget {
  readonly agent: string;
  readonly session: string;
  /** The agent's own pane and its process as observed: ids start again with a new server. */
  readonly pane: string;
  readonly pid: number;
  /** Whether the session carries the agent's mark; otherwise it must carry none. */
  readonly marked: boolean;
}

/** What `apply` may do to the host. Methods that take many do it with one process, and never throw for its failure. */
export interface Actuators {
  writeMaterial(material: AgentMaterial): Outcome;
  /** Puts conversation and launch record of an agent that ran back as they were before, unless they were changed since. */
  takeBack(agent: string): Outcome;
  /** Remembers the spec that was applied; not needed for correctness. */
  writeApplied(agent: string, applied: SpecRecord, started: SpecRecord, starts: number): Outcome;
  /** Takes the launch record of an agent that left the roster away, so that nothing starts it again. */
  forget(agent: string): Outcome;
  /** Writes or removes the limits drop-in. `changed` asks for a reload. */
  writeLimits(
    agent: string,
    content: string | null,
  ): { readonly changed: boolean; readonly outcome: Outcome };
  reloadUnits(): Promise<Outcome>;
  consumeApprovals(used: readonly Approval[]): Promise<Outcome>;
  /** Keeps the mass change of this roster revision held until it is confirmed; null: it was. */
  rememberBrake(revision: string | null): Promise<Outcome>;
  /** Adds to what the brake remembers. */
  recordDisruptions(recent: readonly Disruption[]): Promise<Outcome>;
  /** Sets fleet's marks on sessions that have none; a session that got marks meanwhile is left alone. */
  adopt(sessions: readonly SessionMarks[]): Promise<Outcome>;
  /** Ends sessions that no unit ends, after comparing marks and pids once more inside the server. */
  killSessions(targets: readonly SessionTarget[]): Promise<Outcome>;
  /** Has the holder begin to start while files are still being written. What came of that tells the call that needs it. */
  hastenHolder(): void;
  startHolder(): Promise<Outcome>;
  /** The holder, and agents as soon as it is up, in one call. Where the holder does not come up, no agent is started. */
  startHolderAndUnits(
    agents: readonly string[],
  ): Promise<{ readonly holder: Outcome; readonly units: Outcome }>;
  /** Stops the holder, with everything that still lives in it, and starts it anew. */
  replaceHolder(): Promise<Outcome>;
  /** Resolves once these processes have ended, or after the grace. */
  awaitEnds(pids: readonly number[], graceMs: number): Promise<void>;
  startUnits(agents: readonly string[]): Promise<Outcome>;
  /** @param graceMs the longest `stop_grace` among them */
  stopUnits(agents: readonly string[], graceMs: number): Promise<Outcome>;
  restartUnits(agents: readonly string[], graceMs: number): Promise<Outcome>;
  /** The last lines an agent printed if it ended after `since` (epoch milliseconds), sanitized. */
  lastWords(agent: string, since: number): readonly string[];
}
