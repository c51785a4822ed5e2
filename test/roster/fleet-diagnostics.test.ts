import { describe, expect, it } from 'vitest';
import type { DiagnosticCode } from '../../src/roster/types.js';
import { agentOf, agentText, diagnosticsOf, head } from './compiling.js';

type Row = readonly [text: string, code: DiagnosticCode, path: string, message: RegExp, suggestion?: string];

const shown = (row: Row) => ({ title: row[0].slice(0, 60), row });

const FLEET: readonly Row[] = [
  ['tmux: { socket_name: default }', 'InvalidValue', 'tmux.socket_name', /the user’s own tmux server/],
  ['tmux: { socket_name: -x }', 'InvalidValue', 'tmux.socket_name', /must not start with "-"/],
  ['tmux: { socket_name: a/b }', 'InvalidValue', 'tmux.socket_name', /letters, digits/],
  ['tmux: { holder_session: a.b }', 'InvalidValue', 'tmux.holder_session', /must not contain "\."/],
  ['tmux: { holder_session: a }', 'ReservedName', 'agents[0].name', /taken by the holder session/],
  ['defaults: { stop_grace: 5m1s }', 'InvalidValue', 'defaults.stop_grace', /0s to 5m/],
  ['defaults: { start_spacing: 2 }', 'WrongType', 'defaults.start_spacing', /write 2s/],
  ['defaults: { max_disruption: 101% }', 'InvalidValue', 'defaults.max_disruption', /0% to 100%/],
  [
    'defaults: { max_disruption: -1 }',
    'InvalidValue',
    'defaults.max_disruption',
    /or a whole number, not -1/,
  ],
  ['defaults: { max_disruption: half }', 'InvalidValue', 'defaults.max_disruption', /0% to 100%/],
  [
    'defaults: { backoff: { base: 1h } }',
    'InvalidValue',
    'defaults.backoff.base',
    /max \(10m\) must not be below backoff\.base \(1h\)/,
  ],
  [
    'defaults: { backoff: { max: 5s } }',
    'InvalidValue',
    'defaults.backoff.max',
    /max \(5s\) must not be below/,
  ],
  [
    'defaults: { backoff: { base: 1s, reset_after: 500ms } }',
    'InvalidValue',
    'defaults.backoff.reset_after',
    /reset_after \(500ms\) must not be below backoff\.base \(1s\): .* without any delay/,
  ],
  ['defaults: { backoff: { reset_after: 0s } }', 'InvalidValue', 'defaults.backoff.reset_after', /100ms to/],
  ['defaults: { backoff: { base: 1ms } }', 'InvalidValue', 'defaults.backoff.base', /must be 100ms to 24h/],
  ['defaults: { backoff: { stall_after: 0 } }', 'InvalidValue', 'defaults.backoff.stall_after', /1 to 1000/],
  ['defaults: { launcher: ["", x] }', 'InvalidValue', 'defaults.launcher[0]', /must not be empty/],
  ['defaults: { resources: {} }', 'UnknownField', 'defaults.resources', /it belongs to an agent/],
  [
    'defaults: { idle_after: 1m, idleAfter: 1m }',
    'TwoSpellings',
    'defaults.idle_after',
    /"idleAfter" and "idle_after" \(line 3\) are the same field/,
  ],
  [
    'defaults: { idle_after: 1m, idle_after: 2m }',
    'DuplicateKey',
    'defaults.idle_after',
    /"idle_after" is already given on line 3/,
  ],
  [
    'runtimes: { gose: { reset_command: /x } }',
    'UnknownRuntime',
    'runtimes.gose',
    /no agent uses it, and it has no command/,
  ],
  ['runtimes: { codx: {} }', 'UnknownRuntime', 'runtimes.codx', /is no runtime fleet knows/, 'codex'],
  [
    'runtimes: { pi: { command: [x, "{conversation}"] } }',
    'UnknownPlaceholder',
    'runtimes.pi.command[1]',
    /in an agent’s own command only/,
  ],
  [
    'runtimes: { codex: { command: [x, "{model_hint}"] } }',
    'MissingField',
    'agents[0].runtime',
    /the command of runtime codex uses \{model_hint\}/,
  ],
  [
    'runtimes: { pi: { ready_pattern: "(" } }',
    'InvalidValue',
    'runtimes.pi.ready_pattern',
    /JavaScript regular expression/,
  ],
  [
    'runtimes: { pi: { busy_pattern: "" } }',
    'InvalidValue',
    'runtimes.pi.busy_pattern',
    /would match every screen/,
  ],
  [
    'runtimes: { pi: { conversation: { new: ["a\\u0007", x] } } }',
    'InvalidValue',
    'runtimes.pi.conversation.new[0]',
    /must not contain control characters/,
  ],
  [
    'runtimes: { pi: { conversation: { new: [], resume: [--resume, "{conversation}"] } } }',
    'UnknownPlaceholder',
    'runtimes.pi.conversation.resume[1]',
    /unknown placeholder "\{conversation\}": conversation words know \{id\} alone/,
  ],
  ['runtimes: { pi: { submit_delay: 2m } }', 'InvalidValue', 'runtimes.pi.submit_delay', /0s to 1m/],
  [
    'runtimes: { "a b": { command: [x] } }',
    'InvalidValue',
    'runtimes["a b"]',
    /a runtime’s name may hold letters/,
  ],
  ['extra: 1', 'UnknownField', 'extra', /in the roster: known are version/],
];

describe('the fleet', () => {
  it.each(FLEET.map(shown))('$title', ({ row: [text, code, path, message, suggestion] }) => {
    const found = diagnosticsOf(agentText('', text));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ code, path, suggestion: suggestion ?? null });
    expect(found[0]?.message).toMatch(message);
  });
});

it('may hold a shell’s variables in the words of a conversation', () => {
  const word = 'exec mine --session {id} --dir "${HOME}/x"';
  const runtimes = { mine: { command: ['sh', '-c'], conversation: { new: [word], resume: [word] } } };
  expect(agentOf('runtime: mine', `runtimes: ${JSON.stringify(runtimes)}`).conversation.new).toEqual([word]);
});

describe('names', () => {
  const named = (...names: string[]): string =>
    head(`agents:\n${names.map((name) => `  - { name: ${JSON.stringify(name)}, runtime: pi }\n`).join('')}`);

  it.each([
    [['a', 'a'], 'DuplicateAgent', /"a" is already declared on line 4/],
    [['a.0', 'a_0'], 'SessionCollision', /"a_0" and "a\.0" \(line 4\) would share the tmux session "a_0"/],
    [['b', '_holder'], 'ReservedName', /"_holder" is taken by the holder session/],
    [['b', '.holder'], 'ReservedName', /"\.holder" \(as tmux session "_holder"\) is taken/],
    [['b', '-x'], 'InvalidValue', /must not start with "-": programs would read it as an option/],
    [['b', 'a b'], 'InvalidValue', /letters, digits/],
    [['b', ''], 'InvalidValue', /must not be empty/],
    [['b', '..'], 'InvalidValue', /must not be "\." or "\.\."/],
    [['b', 'x'.repeat(201)], 'InvalidValue', /longer than 200 characters/],
  ] as const)('%j', (names, code, message) => {
    const found = diagnosticsOf(named(...names));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ code, line: 5, column: 13, path: 'agents[1].name' });
    expect(found[0]?.message).toMatch(message);
  });

  it('a beside a-2 is fine', () => {
    expect(() => diagnosticsOf(named('a', 'a-2', 'a.0'))).toThrow('compiled');
  });
});
