import { formatDuration } from './duration.js';
import { kickstartDigest } from './hash.js';
import type { AgentSpec } from './types.js';

/** Digest of the argument vector in force. */
export const ARGV_IN_FORCE = 'in_force.argv';
/** The context hash. */
export const CONTEXT_IN_FORCE = 'in_force.context';
/** Digest of the kickstart template's content. */
export const KICKSTART_DIGEST = 'kickstart_template.content';
export const ENV = 'env.';
export const SITE_ENV = 'site_env.';

interface Column {
  readonly name: string;
  readonly of: (agent: AgentSpec) => string | null;
}

const column = (name: string, of: (agent: AgentSpec) => string | null): Column => ({ name, of });
const flag = (value: boolean): string => (value ? 'true' : 'false');
const words = (value: readonly string[] | null): string | null =>
  value === null ? null : JSON.stringify(value);

/** How every field is written down; identity and lifecycle are not, for they never change a running agent. */
export const COLUMNS: Readonly<Record<keyof AgentSpec, readonly Column[]>> = {
  name: [],
  session: [],
  suspend: [],
  // Written name by name, see recordOf.
  env: [],
  runtime: [column('runtime', (agent) => agent.runtime)],
  class: [column('class', (agent) => agent.class)],
  workingDirectory: [column('working_directory', (agent) => agent.workingDirectory)],
  launcher: [column('launcher', (agent) => words(agent.launcher))],
  command: [column('command', (agent) => words(agent.command))],
  ownCommand: [
    column('command_of', ({ command, ownCommand }) => command && (ownCommand ? 'agent' : 'runtime')),
  ],
  modelHint: [column('model_hint', (agent) => agent.modelHint)],
  persona: [column('persona', (agent) => agent.persona)],
  protection: [column('persistent_persona', (agent) => agent.protection)],
  resetBetweenTasks: [column('reset_between_tasks', (agent) => flag(agent.resetBetweenTasks))],
  kickstart: [
    column('kickstart_template', (agent) => agent.kickstart?.path ?? null),
    column(KICKSTART_DIGEST, (agent) => agent.kickstart && short(kickstartDigest(agent.kickstart))),
  ],
  disruption: [column('disruption', (agent) => agent.disruption)],
  idleAfterMs: [column('idle_after', (agent) => formatDuration(agent.idleAfterMs))],
  stopGraceMs: [column('stop_grace', (agent) => formatDuration(agent.stopGraceMs))],
  backoff: [
    column('backoff.base', ({ backoff }) => formatDuration(backoff.baseMs)),
    column('backoff.max', ({ backoff }) => formatDuration(backoff.maxMs)),
    column('backoff.reset_after', ({ backoff }) => formatDuration(backoff.resetAfterMs)),
    column('backoff.stall_after', ({ backoff }) => String(backoff.stallAfter)),
  ],
  resources: [
    column('resources.memory_max', ({ resources }) => resources.memoryMax),
    column('resources.cpu_quota', ({ resources }) => resources.cpuQuota),
    column('resources.tasks_max', ({ resources }) => resources.tasksMax),
  ],
  resume: [column('resume', (agent) => flag(agent.resume))],
  conversation: [
    column('conversation.new', ({ conversation }) => words(conversation.new)),
    column('conversation.resume', ({ conversation }) => words(conversation.resume)),
  ],
  onInterrupted: [column('on_interrupted', (agent) => agent.onInterrupted)],
  resetCommand: [column('reset_command', (agent) => agent.resetCommand)],
  readyPattern: [column('ready_pattern', (agent) => agent.readyPattern)],
  busyPattern: [column('busy_pattern', (agent) => agent.busyPattern)],
  dialogPattern: [column('dialog_pattern', (agent) => agent.dialogPattern)],
  composerPattern: [column('composer_pattern', (agent) => agent.composerPattern)],
  freshPattern: [column('fresh_pattern', (agent) => agent.freshPattern)],
  submitDelayMs: [
    column('submit_delay', ({ submitDelayMs }) =>
      submitDelayMs === null ? null : formatDuration(submitDelayMs),
    ),
  ],
};

/** Every column of a record, by name. */
export const ALL_COLUMNS = Object.values(COLUMNS)
  .flat()
  .sort((a, b) => (a.name < b.name ? -1 : 1));

/** A digest as written in a record: 16 hex digits. */
export const short = (digest: string): string => digest.slice(0, 16);
