import * as fc from 'fast-check';
import type { AgentDoc } from './scene.js';

/** Names that bite: prefixes of each other, a dot that tmux cannot hold. */
export const pool = ['a', 'a-2', 'a.0', 'b', 'c', 'd'] as const;

export interface RosterDoc {
  readonly agents: readonly AgentDoc[];
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly templates: Readonly<Record<string, string>>;
}

export const firstRoster: RosterDoc = {
  agents: [
    { name: 'a', runtime: 'codex', disruption: 'ask' },
    { name: 'a-2', runtime: 'claude', reset_between_tasks: true, kickstart_template: 'k.md' },
    { name: 'a.0', runtime: 'codex' },
    { name: 'b', runtime: 'codex', disruption: 'immediate' },
    { name: 'c', runtime: 'pi', persistent_persona: true, resources: { memory_max: '1G' } },
  ],
  defaults: {},
  templates: { 'k.md': 'hello' },
};

export type Edit =
  | { readonly kind: 'add' | 'remove'; readonly name: string }
  | { readonly kind: 'set'; readonly name: string; readonly field: string; readonly value: unknown }
  | { readonly kind: 'default'; readonly field: string; readonly value: unknown }
  | { readonly kind: 'template'; readonly text: string }
  | { readonly kind: 'reverse' };

const fields: readonly (readonly [string, readonly unknown[]])[] = [
  ['runtime', ['codex', 'claude']],
  ['class', ['worker', 'reviewer']],
  ['working_directory', ['~/src', '~/app', '/srv/x']],
  ['command', [undefined, ['agent', '{name}'], ['agent', '--as', '{class}']]],
  ['env', [undefined, { KEY: 'one' }, { KEY: 'two;' }]],
  ['model_hint', [undefined, 'big', 'small']],
  ['persistent_persona', [undefined, true, 'semi', 'ada']],
  ['kickstart_template', [undefined, 'k.md']],
  ['resources', [undefined, { memory_max: '2G' }, { memory_max: '4G', tasks_max: 64 }]],
  ['disruption', [undefined, 'when-idle', 'immediate', 'ask']],
  ['idle_after', [undefined, '5s', '2m']],
  ['reset_between_tasks', [undefined, true]],
  ['suspend', [undefined, true]],
];

export const name = fc.constantFrom(...pool);

export const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('add' as const, 'remove' as const), name }) },
  {
    weight: 8,
    arbitrary: fc.constantFrom(...fields).chain(([field, values]) =>
      fc.record({
        kind: fc.constant('set' as const),
        name,
        field: fc.constant(field),
        value: fc.constantFrom(...values),
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<(readonly [string, unknown])[]>(
        ['working_directory', '~/src'],
        ['working_directory', '~/other'],
        ['launcher', ['mosaic', 'yolo']],
        ['launcher', []],
        ['max_disruption', '100%'],
        ['max_disruption', 3],
        ['start_spacing', '2s'],
      )
      .map(([field, value]) => ({ kind: 'default' as const, field, value })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('hello', 'goodbye').map((text) => ({ kind: 'template' as const, text })),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'reverse' as const }) },
);

/** The roster after an edit; edits that would leave it without agents, or twice the same one, change nothing. */
export function edited(doc: RosterDoc, change: Edit): RosterDoc {
  switch (change.kind) {
    case 'add':
      return doc.agents.some((agent) => agent.name === change.name)
        ? doc
        : { ...doc, agents: [...doc.agents, { name: change.name, runtime: 'codex' }] };
    case 'remove': {
      const agents = doc.agents.filter((agent) => agent.name !== change.name);
      return agents.length === 0 ? doc : { ...doc, agents };
    }
    case 'set':
      return {
        ...doc,
        agents: doc.agents.map((agent) =>
          agent.name === change.name ? { ...agent, [change.field]: change.value } : agent,
        ),
      };
    case 'default':
      return { ...doc, defaults: { ...doc.defaults, [change.field]: change.value } };
    case 'template':
      return { ...doc, templates: { 'k.md': change.text } };
    case 'reverse':
      return { ...doc, agents: doc.agents.toReversed() };
  }
}
