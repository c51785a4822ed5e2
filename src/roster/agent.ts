import { isTooLong, LONGEST_WORD, readWords } from './argument-vector.js';
import { variableFault } from './environment-names.js';
import type { Fields } from './fields.js';
import { DISRUPTIONS, type Defaults, IDLE_AFTER, readDirectory } from './fleet-settings.js';
import type { KickstartTemplates } from './kickstart.js';
import { nameFault, sessionName } from './names.js';
import { fillIn, placeholderValues, uses } from './placeholders.js';
import { readResources } from './resources.js';
import { type Runtimes, checkRuntime, undeclaredRuntime } from './runtime-settings.js';
import type { AgentSpec } from './types.js';
import { hasControlCharacter, quoted } from './visible.js';

/** What an agent is read against. */
export interface Surroundings {
  readonly home: string;
  readonly defaults: Defaults;
  readonly runtimes: Runtimes;
  readonly templates: KickstartTemplates;
}

/**
 * One agent, normalized. Where its name or runtime cannot be used the rest is checked all the same, and the result is
 * of no use: the roster is refused then.
 */
export const readAgent = (fields: Fields, surroundings: Surroundings): AgentSpec => {
  const { defaults, home, runtimes, templates } = surroundings;
  const name = readName(fields, 'name') ?? '';
  const runtime = readName(fields, 'runtime') ?? '';
  const settings = runtimes.get(runtime) ?? undeclaredRuntime(runtime);
  if (runtime !== '' && !fields.has('command'))
    checkRuntime(runtime, fields.at('runtime'), runtimes, fields.findings);
  const own = readWords(fields.raw('command'), fields.at('command'), 'agent', fields.findings);
  const command = own ?? settings.command;
  const persona = readPersona(fields);
  const agent: AgentSpec = {
    name,
    session: sessionName(name),
    runtime,
    class: fields.text('class') ?? 'worker',
    workingDirectory: readDirectory(fields, home) ?? defaults.workingDirectory,
    launcher: command === null ? defaults.launcher : null,
    command,
    ownCommand: own !== null,
    modelHint: fields.text('model_hint'),
    env: readEnvironment(fields),
    persona: persona.name,
    protection: persona.protection,
    resetBetweenTasks: fields.flag('reset_between_tasks') ?? false,
    kickstart: templates.read(fields),
    disruption:
      fields.choice('disruption', DISRUPTIONS) ??
      (persona.protection === 'full' ? 'ask' : defaults.disruption),
    idleAfterMs: fields.duration('idle_after', IDLE_AFTER) ?? defaults.idleAfterMs,
    stopGraceMs: defaults.stopGraceMs,
    backoff: defaults.backoff,
    resources: readResources(fields.below('resources')),
    suspend: fields.flag('suspend') ?? false,
    resume: (fields.flag('resume') ?? true) && settings.resume,
    conversation: settings.conversation,
    onInterrupted: fields.choice('on_interrupted', ['wait', 'continue']) ?? 'wait',
    resetCommand: settings.resetCommand,
    readyPattern: settings.readyPattern,
    busyPattern: settings.busyPattern,
    dialogPattern: settings.dialogPattern,
    composerPattern: settings.composerPattern,
    freshPattern: settings.freshPattern,
    submitDelayMs: settings.submitDelayMs,
  };
  checkCommand(agent, fields, home);
  return agent;
};

const readName = (fields: Fields, key: 'name' | 'runtime'): string | null => {
  const value = fields.raw(key);
  if (typeof value !== 'string') return null;
  const fault = nameFault(value);
  if (fault === null) return value;
  fields.findings.value('InvalidValue', fields.at(key), `${key} ${quoted(value)} ${fault}`);
  return null;
};

const readPersona = (fields: Fields): Pick<AgentSpec, 'protection'> & { readonly name: string | null } => {
  const value = fields.raw('persistent_persona');
  if (value === true) return { name: null, protection: 'full' };
  if (value === 'semi') return { name: null, protection: 'semi' };
  if (value === 'true' || value === 'false') {
    const message = `persistent_persona: write ${value} without quotes; in quotes it would be a persona’s name`;
    fields.findings.value('InvalidValue', fields.at('persistent_persona'), message);
  }
  const name = fields.text('persistent_persona');
  return { name, protection: name === null ? 'none' : 'semi' };
};

const readEnvironment = (fields: Fields): Readonly<Record<string, string>> => {
  const env = fields.below('env');
  const pairs: [string, string][] = [];
  for (const [key, value] of env.entries()) {
    const fault = variableFault(key);
    if (fault !== null)
      env.findings.key('InvalidValue', env.at(key), `env: ${quoted(key)} cannot be set: ${fault}`);
    if (typeof value !== 'string') continue;
    if (hasControlCharacter(value, 'newline-and-tab')) {
      const message = `env: the value of ${quoted(key)} must not contain control characters other than newline and tab`;
      env.findings.value('InvalidValue', env.at(key), message);
    } else if (isTooLong(`${key}=${value}`)) {
      const message = `env: ${quoted(key)} and its value must be shorter than ${LONGEST_WORD} bytes: the kernel takes no more`;
      env.findings.value('TooLarge', env.at(key), message);
    } else pairs.push([key, value]);
  }
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** What can be said of a command only once it is filled in for its agent. */
const checkCommand = (agent: AgentSpec, fields: Fields, home: string): void => {
  if (agent.command === null) return;
  const at = agent.ownCommand ? fields.at('command') : fields.at('runtime');
  const whose = agent.ownCommand ? 'command' : `the command of runtime ${agent.runtime}`;
  const values = placeholderValues(agent, home);
  for (const [index, word] of agent.command.entries()) {
    const path = agent.ownCommand ? [...at, index] : at;
    if (!fields.has('model_hint') && uses([word], 'model_hint')) {
      const message = `${whose} uses {model_hint}, but this agent declares no model_hint`;
      fields.findings.value('MissingField', path, message);
    }
    if (word.includes('{') && isTooLong(fillIn(word, values))) {
      const message = `a word of ${whose} is ${LONGEST_WORD} bytes or longer once filled in; the kernel takes no longer one`;
      fields.findings.value('TooLarge', path, message);
    }
  }
};
