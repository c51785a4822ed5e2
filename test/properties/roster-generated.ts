import fc from 'fast-check';
import { stringify } from 'yaml';
import { camelCase } from '../../src/roster/shapes.js';

/** A roster as plain data with snake_case keys. */
export interface PlainRoster {
  readonly version: 1;
  readonly transport: 'tmux';
  readonly [key: string]: unknown;
  readonly agents: readonly Readonly<Record<string, unknown>>[];
}

const optional = { requiredKeys: [] };
const duration = fc.constantFrom('1s', '30s', '2m', '1h30m', '1500ms', '90s');
const word = fc.constantFrom(
  'codex',
  '--model',
  '-x',
  'a b',
  '{name}',
  '{working_directory}/x',
  '{{}}',
  '5.0',
  'true',
  '#c',
);
const value = fc.constantFrom('v', '', 'a: b', ' x ', '$(id)', "it's", '8080', 'null', 'ünï', 'a # b', '~');
const directory = fc.constantFrom('~', '~/src', '/srv/x', '/home/me/src/app');

const agent = fc.record(
  {
    runtime: fc.constantFrom('claude', 'codex', 'pi', 'gemini'),
    class: fc.constantFrom('worker', 'implementer', 'a b'),
    working_directory: directory,
    command: fc.array(word, { minLength: 1, maxLength: 4 }),
    model_hint: fc.constantFrom('gpt-5', 'opus'),
    env: fc.dictionary(fc.constantFrom('KEY', 'fooBar', 'foo_bar', 'PORT'), value),
    persistent_persona: fc.constantFrom<unknown>(true, false, 'semi', 'Ada'),
    reset_between_tasks: fc.boolean(),
    kickstart_template: fc.constantFrom('k.md', 'l.md'),
    disruption: fc.constantFrom('when-idle', 'immediate', 'ask'),
    idle_after: duration,
    resources: fc.record(
      { memory_max: fc.constantFrom('4G', '512M'), tasks_max: fc.constantFrom(5, 512) },
      optional,
    ),
    suspend: fc.boolean(),
    resume: fc.boolean(),
    on_interrupted: fc.constantFrom('wait', 'continue'),
  },
  { requiredKeys: ['runtime'] },
);

const names = fc.uniqueArray(fc.constantFrom('lead', 'coder0', 'coder1', 'a.b', 'x-1', '__proto__'), {
  minLength: 1,
  maxLength: 5,
});

/** Valid rosters that use most of the format. */
export const rosters: fc.Arbitrary<PlainRoster> = fc
  .record(
    {
      defaults: fc.record(
        {
          working_directory: directory,
          launcher: fc.array(fc.constantFrom('mosaic', 'yolo'), { maxLength: 2 }),
          idle_after: duration,
          stop_grace: fc.constantFrom('5s', '1m'),
          max_disruption: fc.constantFrom<unknown>('50%', 3),
          backoff: fc.record(
            { base: fc.constantFrom('1s', '5s'), stall_after: fc.nat({ max: 8 }).map((n) => n + 1) },
            optional,
          ),
        },
        optional,
      ),
      runtimes: fc.record(
        {
          pi: fc.record(
            { reset_command: fc.constant('/x'), submit_delay: fc.constantFrom('10ms', '1s') },
            optional,
          ),
        },
        optional,
      ),
      agents: names.chain((all) =>
        fc.tuple(...all.map((name) => agent.map((fields) => ({ name, ...fields })))),
      ),
    },
    { requiredKeys: ['agents'] },
  )
  .map((roster) => ({ version: 1, transport: 'tmux', ...roster }));

const isMap = (data: unknown): data is Readonly<Record<string, unknown>> =>
  typeof data === 'object' && data !== null && !Array.isArray(data);

/** The same roster with every map's keys in another order, and where wanted in the other spelling. */
export const respelled = (data: unknown, camel: boolean, reversed: boolean, own = true): unknown => {
  if (Array.isArray(data)) return data.map((item) => respelled(item, camel, reversed));
  if (!isMap(data)) return data;
  const entries = Object.entries(data).map(([key, below]): [string, unknown] => [
    own && camel ? camelCase(key) : key,
    respelled(below, camel, reversed, key !== 'env' && key !== 'runtimes'),
  ]);
  return Object.fromEntries(reversed ? entries.reverse() : entries);
};

/** Ways to write the same data. */
export const STYLES: readonly ((data: unknown) => string)[] = [
  (data) => stringify(data),
  (data) => stringify(data, { collectionStyle: 'flow', lineWidth: 0 }),
  (data) => stringify(data, { indent: 4, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' }),
  (data) => stringify(data, { defaultStringType: 'QUOTE_SINGLE', indentSeq: false }),
  (data) => stringify(data).replaceAll('\n', '\n# a comment: with "things" {in} it\n\n'),
  (data) => stringify(data).replaceAll('\n', '\r\n'),
  (data) => JSON.stringify(data),
  (data) => JSON.stringify(data, null, '\t'),
];
