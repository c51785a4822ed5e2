import { describe, expect, it } from 'vitest';
import { type FieldChange, changedFields, recordOf } from '../../src/roster/record.js';
import type { AgentSpec } from '../../src/roster/types.js';
import { agentOf } from './compiling.js';

type Site = Readonly<Record<string, string>>;

const changes = (from: AgentSpec, to: AgentSpec, before: Site = {}, after: Site = before): FieldChange[] =>
  changedFields(recordOf(from, before), recordOf(to, after), to);

const full = agentOf(
  `model_hint: m
command: [codex, "a b", "{model_hint}"]
env: { SECRET: hunter2 }
working_directory: ~/src
kickstart_template: k.md
resources: { memory_max: 4G }`,
  '',
  { 'k.md': 'hello' },
);

describe('recordOf', () => {
  it('writes every field down as shown, and no value of a variable', () => {
    const record = recordOf(full, { SITE: 'hunter3' });
    expect(record).toMatchObject({
      runtime: 'codex',
      class: 'worker',
      command: '["codex","a b","{model_hint}"]',
      working_directory: '~/src',
      'backoff.base': '10s',
      'backoff.stall_after': '5',
      'resources.memory_max': '4G',
      kickstart_template: 'k.md',
    });
    expect(record).not.toHaveProperty('suspend');
    expect(record).not.toHaveProperty('persona');
    expect(JSON.stringify(record)).not.toMatch(/hunter|hello/);
    expect(record['env.SECRET']).toMatch(/^[0-9a-f]{16}$/);
    expect(record['site_env.SITE']).toMatch(/^[0-9a-f]{16}$/);
    expect(Object.keys(record)).toEqual(Object.keys(record).sort());
  });
});

describe('changedFields', () => {
  it('nothing changed', () => {
    expect(changes(full, full)).toEqual([]);
  });

  it.each<[string, Partial<AgentSpec>, FieldChange[]]>([
    ['runtime', { runtime: 'pi' }, [{ field: 'runtime', from: 'codex', to: 'pi', policy: 'restart' }]],
    [
      'directory',
      { workingDirectory: '/w' },
      [{ field: 'working_directory', from: '~/src', to: '/w', policy: 'restart' }],
    ],
    ['hint in use', { modelHint: 'n' }, [{ field: 'model_hint', from: 'm', to: 'n', policy: 'restart' }]],
    ['class', { class: 'x' }, [{ field: 'class', from: 'worker', to: 'x', policy: 'context' }]],
    ['persona', { persona: 'Ada' }, [{ field: 'persona', from: null, to: 'Ada', policy: 'context' }]],
    [
      'kickstart content',
      { kickstart: { path: 'k.md', content: 'bye' } },
      [{ field: 'kickstart_template', from: null, to: null, policy: 'context' }],
    ],
    [
      'kickstart path',
      { kickstart: { path: 'l.md', content: 'hello' } },
      [{ field: 'kickstart_template', from: 'k.md', to: 'l.md', policy: 'update' }],
    ],
    [
      'kickstart removed',
      { kickstart: null },
      [{ field: 'kickstart_template', from: 'k.md', to: null, policy: 'context' }],
    ],
    [
      'resources',
      { resources: { memoryMax: '8G', cpuQuota: null, tasksMax: '5' } },
      [
        { field: 'resources.memory_max', from: '4G', to: '8G', policy: 'update' },
        { field: 'resources.tasks_max', from: null, to: '5', policy: 'update' },
      ],
    ],
    [
      'env value',
      { env: { SECRET: 'x' } },
      [{ field: 'env.SECRET', from: null, to: null, policy: 'restart' }],
    ],
    ['env removed', { env: {} }, [{ field: 'env.SECRET', from: null, to: null, policy: 'restart' }]],
    [
      'idle_after',
      { idleAfterMs: 90_000 },
      [{ field: 'idle_after', from: '30s', to: '1m30s', policy: 'update' }],
    ],
    ['suspend', { suspend: true }, []],
  ])('%s', (_, change, expected) => {
    expect(changes(full, { ...full, ...change })).toEqual(expected);
  });

  it('a launcher that gives way to a command of the same words restarts nothing', () => {
    const [from, to] = [agentOf(''), agentOf('command: [mosaic, yolo, codex]')];
    expect(changes(from, to).map(({ field, policy }) => [field, policy])).toEqual([['command', 'update']]);
  });

  it('a launcher that is in force restarts', () => {
    const to = agentOf('', 'defaults: { launcher: [] }');
    expect(changes(agentOf(''), to)).toEqual([
      { field: 'launcher', from: '["mosaic","yolo"]', to: '[]', policy: 'restart' },
    ]);
  });

  it('{model_hint} written out restarts nothing; the hint is context from then on', () => {
    expect(changes(full, { ...full, command: ['codex', 'a b', 'm'] })).toEqual([
      {
        field: 'command',
        from: '["codex","a b","{model_hint}"]',
        to: '["codex","a b","m"]',
        policy: 'context',
      },
    ]);
  });

  it('site lines: what is not in force restarts nothing', () => {
    expect(changes(full, full, {}, { SECRET: 'hunter2' })).toMatchObject([
      { field: 'site_env.SECRET', policy: 'update' },
    ]);
    expect(changes(full, { ...full, env: { SECRET: 'x' } }, { SECRET: 's' })).toMatchObject([
      { field: 'env.SECRET', policy: 'update' },
    ]);
    expect(changes(full, full, {}, { MOSAIC_AGENT_COMMAND: 'x' })).toMatchObject([
      { field: 'site_env.MOSAIC_AGENT_COMMAND', policy: 'update' },
    ]);
  });

  it('site lines: what is in force restarts, without being shown', () => {
    expect(changes(full, full, {}, { NEW: 's' })).toEqual([
      { field: 'site_env.NEW', from: null, to: null, policy: 'restart' },
    ]);
    expect(changes(agentOf(''), agentOf(''), {}, { MOSAIC_AGENT_COMMAND: 'x' })).toEqual([
      { field: 'site_env.MOSAIC_AGENT_COMMAND', from: null, to: null, policy: 'restart' },
    ]);
  });

  it('names something even where a record of another version explains nothing', () => {
    const record = recordOf(full, {});
    expect(changedFields({ ...record, 'in_force.argv': 'x' }, record, full)).toEqual([
      { field: 'command', from: null, to: null, policy: 'restart' },
    ]);
    expect(changedFields({ ...record, future: 'x' }, record, full)).toEqual([
      { field: 'future', from: 'x', to: null, policy: 'update' },
    ]);
  });
});
