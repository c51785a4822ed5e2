import { describe, expect, test } from 'vitest';
import type { AgentFiles } from '../../src/controller/observed.js';
import { outdatedFields } from '../../src/controller/compare.js';
import { Scene, type LiveOptions } from '../support/scene.js';

const templates = { 'k.md': 'new text' };
const slot = { reset_between_tasks: true };
const scene = (agent: object, options: LiveOptions = {}): Scene =>
  new Scene([{ name: 'a', ...agent }], { templates }).live('a', options);

type Fields = Readonly<Record<string, unknown>>;
type Row = readonly [what: string, now: Fields, before: Fields, action: string | null, field: string | null];

const rows: readonly Row[] = [
  ['working directory', { working_directory: '~/app' }, { working_directory: '~/src' }, 'restart', 'working_directory'],
  ['runtime', { runtime: 'claude' }, { runtime: 'codex' }, 'restart', 'runtime'],
  ['own command', { command: ['x', '1'] }, { command: ['x', '2'] }, 'restart', 'command'],
  ['env value', { env: { KEY: 'new' } }, { env: { KEY: 'old' } }, 'restart', 'env.KEY'],
  ['model hint in the command', { command: ['x', '{model_hint}'], model_hint: 'n' }, { model_hint: 'o' }, 'restart', 'model_hint'],
  ['model hint elsewhere', { model_hint: 'n' }, { model_hint: 'o' }, 'update', 'model_hint'],
  ['class', { class: 'n' }, { class: 'o' }, 'update', 'class'],
  ['class on a disposable slot', { ...slot, class: 'n' }, { class: 'o' }, 'reset', 'class'],
  ['persona', { persistent_persona: 'ada' }, { persistent_persona: 'bob' }, 'update', 'persona'],
  ['template on a disposable slot', { ...slot, kickstart_template: 'k.md' }, { kickstart_template: undefined }, 'reset', 'kickstart_template'],
  ['limits', { resources: { memory_max: '4G' } }, { resources: { memory_max: '2G' } }, 'update', 'resources.memory_max'],
  ['idle_after', { idle_after: '9s' }, {}, 'update', 'idle_after'],
  ['disruption', { disruption: 'ask' }, { disruption: 'when-idle' }, 'update', 'disruption'],
  ['protection', { persistent_persona: true }, { persistent_persona: false }, 'update', 'persistent_persona'],
  ['nothing', { class: 'x', env: { KEY: 'v' } }, {}, null, null],
  ['a default written out', { class: 'worker', suspend: false }, { class: undefined, suspend: undefined }, null, null],
]; // prettier-ignore

describe('a live agent, changed in', () => {
  test.each<Row>(rows)('%s', (_, now, before, action, field) => {
    const was = Object.fromEntries(Object.keys(now).map((key) => [key, undefined]));
    const options: { was: Fields; idleSeconds: number } = {
      was: action === null ? before : { ...was, ...now, ...before },
      idleSeconds: 600,
    };
    if (field === 'idle_after') options.was = { idle_after: '30s' };
    const found = scene(now, options).plan();
    expect(found.actions.map((one) => one.action)).toEqual(action === null ? [] : [action]);
    expect(found.summary.unchanged).toBe(action === null ? 1 : 0);
    const fields = found.actions[0]?.reasons.flatMap((reason) => ('field' in reason ? [reason.field] : []));
    if (field !== null) expect(fields).toContain(field);
  });
});

test('a restart names field, from, to and policy; values of the environment never', () => {
  const [action] = scene(
    { working_directory: '~/app', env: { TOKEN: 'new-secret' } },
    { was: { working_directory: '~/src', env: { TOKEN: 'old-secret' } } },
  ).plan().actions;
  expect(action?.reasons).toEqual([
    { code: 'SpecChanged', field: 'env.TOKEN', from: null, to: null, policy: 'restart' },
    { code: 'SpecChanged', field: 'working_directory', from: '~/src', to: '~/app', policy: 'restart' },
  ]);
  expect(JSON.stringify(action)).not.toContain('secret');
});

test('what comes along with a restart is named behind its reasons: a protection that is taken off, too', () => {
  const now = { command: ['x', '2'] };
  const was = { command: ['x', '1'], persistent_persona: true, idle_after: '9s' };
  const found = scene(now, { was, idleSeconds: 600 });
  expect(found.actionOn('a')).toMatchObject({
    action: 'restart',
    gate: { kind: 'ready' },
    reasons: [
      { code: 'SpecChanged', field: 'command', policy: 'restart' },
      { code: 'SettingChanged', field: 'disruption', from: 'ask', to: 'when-idle', policy: 'update' },
      { code: 'SettingChanged', field: 'idle_after', from: '9s', policy: 'update' },
      // As the roster spells it.
      { code: 'SettingChanged', field: 'persistent_persona', from: 'true', to: 'false', policy: 'update' },
    ],
  });
});

test('what a restart brings into the context is named with it', () => {
  const found = scene({ command: ['x', '2'], class: 'new' }, { was: { command: ['x', '1'], class: 'old' } });
  expect(found.actionOn('a')).toMatchObject({
    action: 'restart',
    reasons: [
      { code: 'SpecChanged', field: 'command', policy: 'restart' },
      { code: 'ContextChanged', field: 'class', from: 'old', to: 'new', policy: 'update' },
    ],
  });
});

test('another runtime has another reset command: that is no change of its own', () => {
  const found = scene({ runtime: 'pi' }, { was: { runtime: 'codex' } });
  expect(found.actionOn('a')?.reasons).toMatchObject([{ field: 'runtime', from: 'codex', to: 'pi' }]);
});

test("a site's line of the env file restarts", () => {
  const one = scene({}, { site: {} });
  const files: AgentFiles = one.files.get('a')!;
  one.files.set('a', { ...files, siteEnvironment: { known: true, value: { KEY: 'v' } } });
  expect(one.actionOn('a')).toMatchObject({ action: 'restart', reasons: [{ field: 'site_env.KEY' }] });
});

test("the site's command decides whether the model hint is part of the context", () => {
  const doc = { ...slot, model_hint: 'new' };
  const rest = { templates, runtimes: { codex: { command: ['codex', '{model_hint}'] } } };
  const site = { MOSAIC_AGENT_COMMAND: 'other' };
  const one = new Scene([{ name: 'a', ...doc }], rest).live('a', { was: { model_hint: 'old' }, site });
  expect(one.actionOn('a')).toMatchObject({ action: 'reset', reasons: [{ field: 'model_hint' }] });
});

describe('without the applied record', () => {
  test('matching marks: nothing is done', () => {
    expect(
      scene({ resources: { memory_max: '4G' } }, { was: { resources: {} }, record: false }).plan().actions,
    ).toEqual([]);
    expect(scene({ class: 'n' }, { was: { class: 'o' }, record: false }).plan().actions).toEqual([]);
  });

  test.each<readonly [Fields, Fields, string, string]>([
    [{ working_directory: '~/app' }, { working_directory: '~/src' }, 'restart', 'spec'],
    [{ ...slot, class: 'n' }, { class: 'o' }, 'reset', 'context'],
  ])('another mark still acts, and says that the field is not on record: %j', (now, was, action, mark) => {
    expect(scene(now, { was, record: false }).actionOn('a')).toMatchObject({
      action,
      reasons: [{ code: 'MarkChanged', mark }],
    });
  });
});

describe('a mark that somebody has taken off the session', () => {
  const gone = { marks: { spec: null, context: null } };
  test.each<Fields>([{}, slot])('is no change where the record knows of none: %j', (now) => {
    const one = scene({ ...now, class: 'x' }, gone);
    expect(one.plan().actions).toEqual([]);
    expect(outdatedOf(one)).toEqual([]);
  });
  test.each<readonly [Fields, Fields, string, string]>([
    [{ working_directory: '~/app' }, { working_directory: '~/src' }, 'restart', 'working_directory'],
    [{ ...slot, class: 'n' }, { class: 'o' }, 'reset', 'class'],
    [{ class: 'n' }, { class: 'o' }, 'update', 'class'],
  ])('hides none: %j', (now, was, action, field) => {
    const one = scene(now, { was, ...gone });
    expect(one.actionOn('a')).toMatchObject({ action, reasons: [{ field }] });
    expect(outdatedOf(one)).toEqual([field]);
  });
});

test('an update that was applied is not planned again, and its field stays outdated', () => {
  const one = scene({ class: 'n' }, { was: { class: 'o' } });
  const world = one.world();
  const desired = world.desired.get('a');
  const files = one.files.get('a')!;
  if (desired?.kind !== 'resolved' || files.applied === null) throw new Error('unresolved');
  const applied = { ...files.applied, applied: desired.record };
  one.files.set('a', { ...files, applied });
  expect(one.plan().actions).toEqual([]);
  expect(outdatedFields(desired, one.sessions[0]!.marks, applied)).toEqual(['class']);
  expect(outdatedFields(desired, one.sessions[0]!.marks, null)).toEqual([]);
});

const outdated = (now: Fields, was: Fields): readonly string[] => outdatedOf(scene(now, { was }));

const outdatedOf = (one: Scene): readonly string[] => {
  const desired = one.world().desired.get('a');
  if (desired?.kind !== 'resolved') throw new Error('unresolved');
  return outdatedFields(desired, one.sessions[0]!.marks, one.files.get('a')!.applied);
};

test.each<readonly [Fields, Fields, readonly string[]]>([
  [{ working_directory: '~/n' }, { working_directory: '~/o' }, ['working_directory']],
  [{ class: 'n' }, { class: 'o' }, ['class']],
  [{ resources: { memory_max: '4G' } }, { resources: {} }, []],
  [{}, {}, []],
])('outdated are fields that the process was started without: %j', (now, was, fields) => {
  expect(outdated(now, was)).toEqual(fields);
});
