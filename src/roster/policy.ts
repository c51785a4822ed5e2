import type { AgentSpec } from './types.js';

/**
 * What a changed field does to a live agent.
 *
 * - `identity`: another agent, not a changed one
 * - `restart`: in force only with a new process
 * - `context`: in force with the next fresh conversation
 * - `restart-or-context`: a placeholder's value. `restart` where the command in force uses it, else `context`
 * - `update`: applied at once, without disruption
 * - `lifecycle`: whether the agent is to run at all
 */
export type FieldPolicy = 'identity' | 'restart' | 'context' | 'restart-or-context' | 'update' | 'lifecycle';

/** The policy of every field. A field without one does not compile. */
export const FIELD_POLICY = {
  name: 'identity',
  session: 'identity',
  runtime: 'restart',
  class: 'restart-or-context',
  workingDirectory: 'restart',
  launcher: 'restart',
  command: 'restart',
  ownCommand: 'restart',
  modelHint: 'restart-or-context',
  env: 'restart',
  persona: 'restart-or-context',
  protection: 'update',
  resetBetweenTasks: 'update',
  kickstart: 'context',
  disruption: 'update',
  idleAfterMs: 'update',
  stopGraceMs: 'update',
  backoff: 'update',
  resources: 'update',
  suspend: 'lifecycle',
  resume: 'update',
  conversation: 'update',
  onInterrupted: 'update',
  resetCommand: 'update',
  readyPattern: 'update',
  busyPattern: 'update',
  dialogPattern: 'update',
  composerPattern: 'update',
  freshPattern: 'update',
  submitDelayMs: 'update',
} as const satisfies Record<keyof AgentSpec, FieldPolicy>;
