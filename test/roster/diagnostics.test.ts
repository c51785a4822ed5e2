import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../../src/roster/diagnostic.js';
import type { DiagnosticCode } from '../../src/roster/types.js';
import { visible } from '../../src/roster/visible.js';
import { agentText, diagnosticsOf, head } from './compiling.js';

type Row = readonly [text: string, code: DiagnosticCode, path: string, message: RegExp, suggestion?: string];

const LONG = 'x'.repeat(131_072);

const AGENT: readonly Row[] = [
  [
    'clas: x',
    'UnknownField',
    'agents[0].clas',
    /unknown field "clas" in an agent: known are name, runtime/,
    'class',
  ],
  ['workingDirectry: /x', 'UnknownField', 'agents[0].workingDirectry', /unknown field/, 'workingDirectory'],
  ['stop_grace: 5s', 'UnknownField', 'agents[0].stop_grace', /it belongs to defaults/],
  ['"e\\e[2J": 1', 'UnknownField', 'agents[0]["e\\u001b[2J"]', /unknown field "e␛\[2J"/],
  ['<<: { class: x }', 'UnknownField', 'agents[0].<<', /merge keys \(<<\) are not part of YAML 1\.2/],
  ['class: 5', 'WrongType', 'agents[0].class', /class must be text, not 5; write "5" in quotes/],
  ['class:', 'WrongType', 'agents[0].class', /class is empty: give it text, or remove the key/],
  ['class: ""', 'InvalidValue', 'agents[0].class', /class must not be empty/],
  ['class: "a\\nb"', 'InvalidValue', 'agents[0].class', /one line without control characters, not "a␊b"/],
  ['model_hint: "a\\tb"', 'InvalidValue', 'agents[0].model_hint', /without control characters/],
  ['persistent_persona: "a\\0b"', 'InvalidValue', 'agents[0].persistent_persona', /control characters/],
  ['persistent_persona: "true"', 'InvalidValue', 'agents[0].persistent_persona', /write true without quotes/],
  [
    'persistent_persona: 3',
    'WrongType',
    'agents[0].persistent_persona',
    /true, false, "semi" or a persona’s name/,
  ],
  ['suspend: yes', 'WrongType', 'agents[0].suspend', /must be true or false, not the text "yes"/],
  [
    'on_interrupted: wiat',
    'InvalidValue',
    'agents[0].on_interrupted',
    /must be wait or continue, not "wiat"/,
    'wait',
  ],
  ['disruption: idle', 'InvalidValue', 'agents[0].disruption', /must be when-idle, immediate or ask/],
  ['idle_after: 30', 'WrongType', 'agents[0].idle_after', /a duration such as 30s, not 30; write 30s/],
  ['idle_after: "30"', 'InvalidValue', 'agents[0].idle_after', /not "30"; write 30s/],
  ['idle_after: soon', 'InvalidValue', 'agents[0].idle_after', /must be a duration such as 30s, 2m or 1h30m/],
  ['idle_after: 25h', 'InvalidValue', 'agents[0].idle_after', /must be 0s to 24h, not 25h/],
  [
    'working_directory: src',
    'InvalidValue',
    'agents[0].working_directory',
    /must be absolute, `~` or `~\/…`/,
  ],
  ['working_directory: ~you/x', 'InvalidValue', 'agents[0].working_directory', /another user’s home/],
  ['working_directory: /a/../b', 'InvalidValue', 'agents[0].working_directory', /must not contain `\.\.`/],
  ['command: []', 'InvalidValue', 'agents[0].command', /at least one word/],
  ['command: codex', 'WrongType', 'agents[0].command', /a list of words such as \[codex/],
  ['command: ["", x]', 'InvalidValue', 'agents[0].command[0]', /first word is the program/],
  [
    'command: [x, true]',
    'WrongType',
    'agents[0].command[1]',
    /an entry of command must be a word, not true; write "true"/,
  ],
  [
    'command: [x, "\\e]"]',
    'InvalidValue',
    'agents[0].command[1]',
    /must not contain control characters: "␛\]"/,
  ],
  [
    'command: [x, "{nam}"]',
    'UnknownPlaceholder',
    'agents[0].command[1]',
    /unknown placeholder "\{nam\}"/,
    'name',
  ],
  ['command: [x, "a{b"]', 'InvalidValue', 'agents[0].command[1]', /a lone "\{": write "\{\{"/],
  ['command: [x, "a}b"]', 'InvalidValue', 'agents[0].command[1]', /a lone "\}": write "\}\}"/],
  ['command: [x, "a{conversation}"]', 'UnknownPlaceholder', 'agents[0].command[1]', /a word of its own/],
  ['command: ["{conversation}"]', 'UnknownPlaceholder', 'agents[0].command[0]', /not the first/],
  ['command: [x, "{model_hint}"]', 'MissingField', 'agents[0].command[1]', /declares no model_hint/],
  [`command: [x, ${LONG}]`, 'TooLarge', 'agents[0].command[1]', /shorter than 131072 bytes/],
  [
    'command: [x, "{class}{class}"]\nclass: ' + 'y'.repeat(70_000),
    'TooLarge',
    'agents[0].command[1]',
    /131072 bytes or longer once filled in/,
  ],
  ['env: { "A B": x }', 'InvalidValue', 'agents[0].env["A B"]', /letters, digits and "_"/],
  ['env: { UID: 1 }', 'InvalidValue', 'agents[0].env.UID', /bash owns this variable/],
  ['env: { TMUX_PANE: x }', 'InvalidValue', 'agents[0].env.TMUX_PANE', /tmux sets this variable/],
  [
    'env: { MOSAIC_AGENT_NAME: x }',
    'InvalidValue',
    'agents[0].env.MOSAIC_AGENT_NAME',
    /fleet sets this variable/,
  ],
  [
    'env: { MOSAIC_AGENT_COMMAND: x }',
    'InvalidValue',
    'agents[0].env.MOSAIC_AGENT_COMMAND',
    /in the roster, write `command`/,
  ],
  ['env: { K: }', 'WrongType', 'agents[0].env.K', /K is empty: give it text/],
  ['env: { K: [a] }', 'WrongType', 'agents[0].env.K', /K must be text, not a list/],
  [
    'env: { K: "a\\x00" }',
    'InvalidValue',
    'agents[0].env.K',
    /control characters other than newline and tab/,
  ],
  [`env: { K: ${LONG} }`, 'TooLarge', 'agents[0].env.K', /shorter than 131072 bytes/],
  ['env: [a]', 'WrongType', 'agents[0].env', /a map of variables/],
  [
    'kickstart_template: no.md',
    'MissingTemplate',
    'agents[0].kickstart_template',
    /"no\.md" cannot be read: no such file/,
  ],
  [
    'kickstart_template: bad.md',
    'UnknownPlaceholder',
    'agents[0].kickstart_template',
    /bad\.md:2: unknown placeholder "\{nmae\}"/,
    'name',
  ],
  ['kickstart_template: lone.md', 'InvalidValue', 'agents[0].kickstart_template', /lone\.md:1: a lone "\}"/],
  [
    'kickstart_template: hint.md',
    'MissingField',
    'agents[0].kickstart_template',
    /hint\.md uses \{model_hint\}/,
  ],
  [
    'kickstart_template: esc.md',
    'InvalidValue',
    'agents[0].kickstart_template',
    /cannot be typed into a terminal/,
  ],
  ['kickstart_template: big.md', 'TooLarge', 'agents[0].kickstart_template', /larger than 1048576 bytes/],
  ['resources: { memory_max: 5 }', 'InvalidValue', 'agents[0].resources.memory_max', /at least 1M/],
  ['resources: { memory_max: "4G\\nX=1" }', 'InvalidValue', 'agents[0].resources.memory_max', /not "4G␊X=1"/],
  ['resources: { memory_max: 4g }', 'InvalidValue', 'agents[0].resources.memory_max', /such as 4G/],
  ['resources: { cpu_quota: 200 }', 'InvalidValue', 'agents[0].resources.cpu_quota', /such as 200%/],
  ['resources: { cpu_quota: 0% }', 'InvalidValue', 'agents[0].resources.cpu_quota', /above zero/],
  ['resources: { tasks_max: 0 }', 'InvalidValue', 'agents[0].resources.tasks_max', /at least 1/],
  ['resources: { tasks_max: 1.5 }', 'InvalidValue', 'agents[0].resources.tasks_max', /whole number/],
  [
    'resources: { memoryMx: 1G }',
    'UnknownField',
    'agents[0].resources.memoryMx',
    /in resources/,
    'memoryMax',
  ],
  [
    'runtime: codx',
    'UnknownRuntime',
    'agents[0].runtime',
    /unknown runtime "codx": use claude, codex/,
    'codex',
  ],
  ['runtime: -x', 'InvalidValue', 'agents[0].runtime', /must not start with "-"/],
  ['class: *nowhere', 'InvalidValue', 'agents[0].class', /no anchor "&nowhere" stands before/],
  ['? [a]\n: b', 'WrongType', 'agents[0]', /a key must be plain text/],
];

const TEMPLATES = {
  'bad.md': 'Hello\n{nmae}',
  'lone.md': 'a } b',
  'hint.md': '{model_hint}',
  'esc.md': '\x1b[2J',
  'big.md': 'x'.repeat(1024 * 1024 + 1),
};

const shown = (row: Row) => ({ title: row[0].slice(0, 60), row });

describe('an agent', () => {
  it.each(AGENT.map(shown))('$title', ({ row: [text, code, path, message, suggestion] }) => {
    const found = diagnosticsOf(agentText(text), TEMPLATES);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ code, path, suggestion: suggestion ?? null });
    expect(found[0]?.message).toMatch(message);
    // Nothing raw, and the frame points at something.
    const printed = found.map(formatDiagnostic).join('').replaceAll('\n', '');
    expect(visible(printed)).toBe(printed);
    expect(found[0]?.frame).toMatch(/\| +\^/);
  });
});

describe('everything at once', () => {
  it('reports schema and meaning in one list, in the order of the text, nothing twice', () => {
    const text = `version: 2
transport: tmx
agents:
  - name: a
    runtime: codx
    idle_after: 30
  - name: a
    runtime: pi
    clas: x
  - {}
`;
    const found = diagnosticsOf(text).map(({ code, line, column }) => [code, line, column]);
    expect(found).toEqual([
      ['UnknownVersion', 1, 10],
      ['InvalidValue', 2, 12],
      ['UnknownRuntime', 5, 14],
      ['WrongType', 6, 17],
      ['DuplicateAgent', 7, 11],
      ['UnknownField', 9, 5],
      ['MissingField', 10, 5],
      ['MissingField', 10, 5],
    ]);
  });

  it('points at each dash that nothing follows, not at the list', () => {
    const text = head('agents:\n  - { name: a, runtime: pi, command: [x] }\n  -\n  - \n  -  # none\n');
    const found = diagnosticsOf(text);
    expect(found.map(({ path, line }) => [path, line])).toEqual([
      ['agents[1]', 5],
      ['agents[2]', 6],
      ['agents[3]', 7],
    ]);
    expect(found[0]).toMatchObject({
      column: 3,
      message: 'an entry of agents is empty: give it a map with name and runtime, or remove it',
    });
    expect(found[0]?.frame).toMatch(/> 5 \| {3}-\n +\| {3}\^$/m);
    expect(diagnosticsOf(agentText('command:\n  - x\n  -'))).toMatchObject([{ line: 8 }]);
  });

  it('says what to write for what is missing', () => {
    const found = diagnosticsOf('version: 1\n');
    expect(found.map(({ path, line }) => [path, line])).toEqual([
      ['transport', 1],
      ['agents', 1],
    ]);
    expect(found[0]?.message).toBe('transport is missing: write `transport: tmux`');
    expect(diagnosticsOf(head('agents: []'))[0]?.message).toBe('agents must have at least one entry');
    expect(diagnosticsOf('version: "1"\ntransport: tmux\nagents: [{ name: a, runtime: pi }]')).toMatchObject([
      { code: 'WrongType', message: 'version must be the number 1, not the text "1"' },
    ]);
  });

  it('points into the anchor of an alias, once', () => {
    const text = head(
      'agents:\n  - name: a\n    runtime: pi\n    env: &e { UID: 1 }\n  - name: b\n    runtime: pi\n    env: *e\n',
    );
    expect(diagnosticsOf(text)).toMatchObject([{ code: 'InvalidValue', line: 6, column: 15 }]);
  });
});
