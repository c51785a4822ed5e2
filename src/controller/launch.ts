import { conversationWords, withId, type ConversationShape } from '../roster/conversation.js';
import { expandHome, launchArgv, preparingArgv } from '../roster/effective.js';
import { profileOf } from '../roster/profile.js';
import type { Result } from '../roster/result.js';
import type { AgentSpec } from '../roster/types.js';
import type { Desired } from './desired.js';

type Resolved = Extract<Desired, { kind: 'resolved' }>;

export interface LaunchPlaces {
  /** The operator's home directory. */
  readonly userHome: string;
  readonly mosaicHome: string;
  readonly socketName: string;
  /** Where fleet keeps an agent's conversation record. */
  readonly conversationFile: (agent: string) => string;
}

/** The conversation an agent is started in. The pane's first program chooses between its words by what is on disk then. */
export interface LaunchConversation {
  readonly shape: ConversationShape;
  /** '' where the process will make one up. */
  readonly id: string;
}

/** What the agent's environment says of itself; no roster or site line can change it. */
export function identityEnvironment(spec: AgentSpec, places: LaunchPlaces): Readonly<Record<string, string>> {
  return {
    MOSAIC_HOME: places.mosaicHome,
    MOSAIC_AGENT_NAME: spec.name,
    MOSAIC_AGENT_CLASS: spec.class,
    MOSAIC_AGENT_RUNTIME: spec.runtime,
    MOSAIC_AGENT_SESSION: spec.session,
    MOSAIC_TMUX_SOCKET: places.socketName,
  };
}

/**
 * The record the pane's first program reads: NUL-terminated strings, so that every byte an argv word or a variable may
 * hold arrives as it was declared. `framework/tools/fleet/agent-run.sh` documents the fields.
 */
export function launchRecord(
  desired: Resolved,
  places: LaunchPlaces,
  conversation: LaunchConversation | null,
): Result<string, string> {
  const { spec, effective, site } = desired;
  const words =
    conversation === null
      ? { new: [], resume: [] }
      : conversationWords(conversation.shape, conversation.id === '' ? null : conversation.id);
  const argv = launchArgv(spec, site, places.userHome, words.new);
  if (!argv.ok) return argv;
  const resuming: Result<readonly string[], string> =
    conversation === null || conversation.id === ''
      ? { ok: true, value: [] }
      : launchArgv(spec, site, places.userHome, words.resume);
  if (!resuming.ok) return resuming;
  const preparing = preparation(desired, places, conversation);
  if (!preparing.ok) return preparing;
  const signs = conversation === null ? [] : signsOf(conversation, spec.name, places);
  const environment = Object.entries({ ...effective.env, ...identityEnvironment(spec, places) });
  const fields = [
    'fleet-launch-4',
    spec.name,
    spec.session,
    expandHome(spec.workingDirectory, places.userHome),
    desired.specHash,
    desired.contextHash,
    conversation?.id ?? '',
    String(spec.stopGraceMs),
    String(environment.length),
    ...environment.map(([key, value]) => `${key}=${value}`),
    String(argv.value.length),
    ...argv.value,
    String(resuming.value.length),
    ...resuming.value,
    conversation?.shape.mend === true ? 'mend' : '',
    String(signs.length),
    ...signs.flat(),
    String(preparing.value.argv.length),
    ...preparing.value.argv,
    preparing.value.input,
    profileOf(spec).turn ?? '',
  ];
  return { ok: true, value: fields.map((field) => `${field}\0`).join('') };
}

/** What is run before the words for a new conversation are; no words: nothing is. */
function preparation(
  { spec, site }: Resolved,
  { userHome }: LaunchPlaces,
  conversation: LaunchConversation | null,
): Result<{ readonly argv: readonly string[]; readonly input: string }, string> {
  const prepare = conversation?.shape.prepare ?? null;
  if (conversation === null || prepare === null) return { ok: true, value: { argv: [], input: '' } };
  const argv = preparingArgv(spec, site, userHome, prepare.words);
  return argv.ok
    ? { ok: true, value: { argv: argv.value, input: withId(prepare.input, conversation.id) } }
    : argv;
}

/**
 * A launch record with another conversation in it and all else as it is: for an agent whose roster line says otherwise by now,
 * which must not come into force by the way. null: it names none that could be replaced.
 */
export function continuing(record: string, id: string): string | null {
  const [format, , , , , , before = ''] = record.split('\0');
  return /^fleet-launch-[234]$/.test(format ?? '') && before !== ''
    ? record.replaceAll(before, () => id)
    : null;
}

/** What says, when the process starts, that there is something to resume: variable, below HOME, glob, text in it. */
function signsOf(
  { shape, id }: LaunchConversation,
  agent: string,
  places: LaunchPlaces,
): readonly (readonly [string, string, string, string])[] {
  if (id === '') return [];
  const { evidence } = shape;
  // Also the file of what was delivered, which has the same name but for its end.
  const own = [
    '',
    '',
    globEscaped(places.conversationFile(agent)).replace(/json$/, '*'),
    heldText(id),
  ] as const;
  if (evidence === null) return [own];
  const files = withId(evidence.files, globEscaped(id));
  return [[evidence.variable ?? '', evidence.below, files, withId(evidence.holds ?? '', id)], own];
}

/** The line in an agent's conversation record that says that its current conversation holds something. */
export const heldText = (id: string): string => `"holds": ${JSON.stringify(id)}`;

const globEscaped = (text: string): string => text.replace(/[\\*?[\]]/g, '\\$&');

/** The systemd drop-in with an agent's limits, or null where it has none. Values were checked with the roster. */
export function limitsDropIn({ resources }: AgentSpec): string | null {
  const lines = [
    ...(resources.memoryMax === null ? [] : [`MemoryMax=${resources.memoryMax}`]),
    ...(resources.cpuQuota === null ? [] : [`CPUQuota=${resources.cpuQuota}`]),
    ...(resources.tasksMax === null ? [] : [`TasksMax=${resources.tasksMax}`]),
  ];
  return lines.length === 0
    ? null
    : `# Written by fleet from the roster; do not edit.\n[Service]\n${lines.join('\n')}\n`;
}
