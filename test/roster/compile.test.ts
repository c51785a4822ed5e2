import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileRoster } from '../../src/roster/compile.js';
import { agentOf, head, rosterOf } from './compiling.js';

const examples = new URL('../../roster/examples/', import.meta.url);
const example = (name: string) =>
  compileRoster(
    { file: name, text: readFileSync(new URL(`${name}.yaml`, examples), 'utf8') },
    {
      home: '/home/me',
      readTemplate: (path) => ({ ok: true, text: readFileSync(new URL(path, examples), 'utf8') }),
    },
  );

describe('the examples', () => {
  it.each(['minimal', 'local-canary', 'software-factory'])('%s compiles', (name) => {
    expect(example(name)).toMatchObject({ ok: true });
  });

  it('software-factory has thirteen agents, six implementers on two runtimes', () => {
    const result = example('software-factory');
    const agents = result.ok ? result.value.agents : [];
    expect(agents).toHaveLength(13);
    const implementers = agents.filter((agent) => agent.class === 'implementer');
    expect(implementers).toHaveLength(6);
    expect(new Set(implementers.map(({ runtime }) => runtime)).size).toBe(2);
    expect(agents.every(({ kickstart }) => kickstart !== null)).toBe(true);
  });
});

describe('defaults', () => {
  it('fills everything in', () => {
    expect(rosterOf(head('agents: [{ name: a.b, runtime: pi }]'))).toEqual({
      socketName: 'mosaic-factory',
      holderSession: '_holder',
      startSpacingMs: 0,
      maxDisruption: { kind: 'percent', value: 50 },
      lines: { 'a.b': 3 },
      revision: expect.stringMatching(/^[0-9a-f]{40}$/) as string,
      agents: [
        {
          name: 'a.b',
          session: 'a_b',
          runtime: 'pi',
          class: 'worker',
          workingDirectory: '~/src',
          launcher: ['mosaic', 'yolo'],
          command: null,
          ownCommand: false,
          modelHint: null,
          env: {},
          persona: null,
          protection: 'none',
          resetBetweenTasks: false,
          kickstart: null,
          disruption: 'when-idle',
          idleAfterMs: 30_000,
          stopGraceMs: 10_000,
          backoff: { baseMs: 10_000, maxMs: 600_000, resetAfterMs: 600_000, stallAfter: 5 },
          resources: { memoryMax: null, cpuQuota: null, tasksMax: null },
          suspend: false,
          resume: true,
          conversation: { new: null, resume: null },
          onInterrupted: 'wait',
          resetCommand: '/new',
          readyPattern: null,
          busyPattern: null,
          dialogPattern: null,
          composerPattern: null,
          freshPattern: null,
          submitDelayMs: null,
        },
      ],
    });
  });

  it('the roster’s defaults reach every agent, the agent’s own win', () => {
    const defaults =
      'defaults: { working_directory: /srv, launcher: [], idle_after: 1m, stop_grace: 5m, disruption: immediate }';
    const agent = agentOf('idle_after: 2m', defaults);
    expect(agent).toMatchObject({ workingDirectory: '/srv', launcher: [], idleAfterMs: 120_000 });
    expect(agent).toMatchObject({ stopGraceMs: 300_000, disruption: 'immediate' });
  });
});

describe('spellings', () => {
  it('accepts the camelCase twin of every key at every level', () => {
    const snake = head(`tmux: { socket_name: s, holder_session: h }
defaults: { working_directory: /w, max_disruption: 3, start_spacing: 1s, backoff: { reset_after: 1m, stall_after: 2 } }
runtimes: { pi: { reset_command: /x, submit_delay: 1s, ready_pattern: r } }
agents:
  - { name: a, runtime: pi, model_hint: m, reset_between_tasks: true, on_interrupted: continue, resources: { memory_max: 1G } }
`);
    const camel = snake.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    expect(camel).toContain('maxDisruption');
    expect(rosterOf(camel)).toEqual(rosterOf(snake));
  });

  it('keeps the operator’s own keys as they are', () => {
    const agent = agentOf('env: { fooBar: a, foo_bar: b, __proto__: c }');
    expect(Object.entries(agent.env)).toEqual([
      ['__proto__', 'c'],
      ['fooBar', 'a'],
      ['foo_bar', 'b'],
    ]);
    expect(agentOf('runtime: myRuntime', 'runtimes: { myRuntime: { command: [x] } }').command).toEqual(['x']);
  });

  it('agents may have names that objects have members of', () => {
    const roster = rosterOf(
      head('agents: [{ name: __proto__, runtime: pi }, { name: constructor, runtime: pi }]'),
    );
    expect(roster.agents.map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
    expect(Object.entries(roster.lines)).toEqual([
      ['__proto__', 3],
      ['constructor', 3],
    ]);
  });
});

describe('values', () => {
  it('takes numbers and booleans among variables, and numbers among words, as they are spelled', () => {
    const agent = agentOf(
      'env: { PORT: 08, V: 1.0, X: 0x1F, ON: True, S: "8" }\ncommand: [x, 5.0, 1e3, 007]',
    );
    expect(agent.env).toEqual({ ON: 'True', PORT: '08', S: '8', V: '1.0', X: '0x1F' });
    expect(agent.command).toEqual(['x', '5.0', '1e3', '007']);
  });

  it('keeps newlines, tabs, quotes and shell characters in words and variables', () => {
    const agent = agentOf('command: [x, "a\\nb\\tc", "$(id);", "%n"]\nenv: { K: "a\\nb" }');
    expect(agent.command).toEqual(['x', 'a\nb\tc', '$(id);', '%n']);
    expect(agent.env).toEqual({ K: 'a\nb' });
  });

  it.each([
    ['true', { persona: null, protection: 'full', disruption: 'ask' }],
    ['false', { persona: null, protection: 'none', disruption: 'when-idle' }],
    ['semi', { persona: null, protection: 'semi', disruption: 'when-idle' }],
    ['Ada', { persona: 'Ada', protection: 'semi', disruption: 'when-idle' }],
  ])('persistent_persona: %s', (value, expected) => {
    expect(agentOf(`persistent_persona: ${value}`)).toMatchObject(expected);
  });

  it.each([
    ['memory_max', '4096M', { memoryMax: '4G' }],
    ['memory_max', '4294967296', { memoryMax: '4G' }],
    ['memory_max', '1500M', { memoryMax: '1500M' }],
    ['cpu_quota', '200.50%', { cpuQuota: '200.5%' }],
    ['tasks_max', '512', { tasksMax: '512' }],
    ['tasks_max', '"512"', { tasksMax: '512' }],
  ])('resources %s: %s', (key, value, expected) => {
    expect(agentOf(`resources: { ${key}: ${value} }`).resources).toMatchObject(expected);
  });

  it('an agent’s command wins over its runtime’s, and either makes the launcher irrelevant', () => {
    const runtimes = 'runtimes: { codex: { command: [from-runtime] } }';
    expect(agentOf('command: [own]', runtimes)).toMatchObject({
      command: ['own'],
      ownCommand: true,
      launcher: null,
    });
    expect(agentOf('', runtimes)).toMatchObject({
      command: ['from-runtime'],
      ownCommand: false,
      launcher: null,
    });
  });

  it('the runtime’s settings reach its agents', () => {
    const settings = 'command: [g], reset_command: /n, busy_pattern: "b+", submit_delay: 50ms, resume: false';
    expect(agentOf('runtime: goose', `runtimes: { goose: { ${settings} } }`)).toMatchObject({
      resetCommand: '/n',
      busyPattern: 'b+',
      submitDelayMs: 50,
      resume: false,
    });
  });

  it('aliases are fine', () => {
    const agents =
      'agents:\n  - name: a\n    runtime: pi\n    env: &e { K: v }\n  - name: b\n    runtime: pi\n    env: *e\n';
    expect(rosterOf(head(agents)).agents.map(({ env }) => env)).toEqual([{ K: 'v' }, { K: 'v' }]);
  });

  it('JSON is read with tabs, escapes and a byte order mark', () => {
    const json =
      '\ufeff{\n\t"version": 1,\n\t"transport": "tmux",\n\t"agents": [\n\t\t{ "name": "a", "runtime": "pi", "env": { "E": "\\ud83d\\ude00\\/" } }\n\t]\n}\n';
    expect(rosterOf(json).agents[0]?.env).toEqual({ E: '😀/' });
  });

  it('each template is read once and kept unrendered', () => {
    let reads = 0;
    const text = head(
      'agents: [{ name: a, runtime: pi, kickstart_template: k.md }, { name: b, runtime: pi, kickstart_template: k.md }]',
    );
    const result = compileRoster(
      { file: 'r', text },
      { home: '/h', readTemplate: () => ({ ok: true, text: `Hello {name} {{ ${++reads} }}` }) },
    );
    expect(reads).toBe(1);
    expect(result.ok && result.value.agents.map(({ kickstart }) => kickstart)).toEqual([
      { path: 'k.md', content: 'Hello {name} {{ 1 }}' },
      { path: 'k.md', content: 'Hello {name} {{ 1 }}' },
    ]);
  });

  it('agents are sorted by name and know their lines', () => {
    const roster = rosterOf(head('agents:\n  - runtime: pi\n    name: z\n  - name: a\n    runtime: pi\n'));
    expect(roster.agents.map(({ name }) => name)).toEqual(['a', 'z']);
    expect(roster.lines).toEqual({ z: 5, a: 6 });
  });
});
