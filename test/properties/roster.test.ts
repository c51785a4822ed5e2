import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRoster } from '../../src/roster/compile.js';
import { effectiveSpec } from '../../src/roster/effective.js';
import { contextHash, specHash } from '../../src/roster/hash.js';
import { changedFields, recordOf } from '../../src/roster/record.js';
import type { AgentSpec, Roster } from '../../src/roster/types.js';
import { type PlainRoster, STYLES, respelled, rosters } from './roster-generated.js';

const compile = (text: string) =>
  compileRoster(
    { file: 'roster.yaml', text },
    { home: '/home/me', readTemplate: (path) => ({ ok: true, text: `from ${path}: {name} {{}}` }) },
  );

const rosterOf = (text: string): Roster => {
  const result = compile(text);
  if (!result.ok) throw new Error(`${text}\n${JSON.stringify(result.failure, null, 2)}`);
  return result.value;
};

const site = fc.dictionary(
  fc.constantFrom('KEY', 'SITE', 'MOSAIC_AGENT_COMMAND'),
  fc.constantFrom('v', 'x', '', '"a b" c'),
);

const specOf = (agent: AgentSpec, lines: Readonly<Record<string, string>>): string => {
  const effective = effectiveSpec(agent, lines);
  if (!effective.ok) throw new Error(effective.failure);
  return specHash(effective.value);
};

const figures = (roster: Roster) => ({
  revision: roster.revision,
  agents: roster.agents.map((agent) => [specOf(agent, {}), contextHash(agent), recordOf(agent, {})]),
});

const FILLED_IN: Readonly<Record<string, unknown>> = {
  class: 'worker',
  env: {},
  persistent_persona: false,
  reset_between_tasks: false,
  suspend: false,
  resume: true,
  on_interrupted: 'wait',
  resources: {},
};

/** The roster with defaults written out where nothing is given. */
const writtenOut = (roster: PlainRoster): PlainRoster => ({
  tmux: { socket_name: 'mosaic-factory', holder_session: '_holder' },
  ...roster,
  defaults: {
    working_directory: '~/src',
    launcher: ['mosaic', 'yolo'],
    disruption: 'when-idle',
    idle_after: '30s',
    stop_grace: '10s',
    start_spacing: '0s',
    max_disruption: '50%',
    ...(roster['defaults'] as object | undefined),
  },
  runtimes: {
    claude: { reset_command: '/clear', submit_delay: '300ms', resume: true },
    pi: { reset_command: '/new', submit_delay: '300ms', resume: true },
    ...(roster['runtimes'] as object | undefined),
  },
  agents: roster.agents.map((agent) => ({ ...FILLED_IN, ...agent })),
});

describe('what means the same is the same', () => {
  it('whatever its format, order, spelling, comments, and defaults written out', () => {
    fc.assert(
      fc.property(
        rosters,
        fc.constantFrom(...STYLES),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        (plain, style, camel, reversed, full) => {
          const expected = figures(rosterOf(JSON.stringify(plain)));
          const other = full ? writtenOut(plain) : plain;
          const agents = reversed ? [...other.agents].reverse() : other.agents;
          expect(figures(rosterOf(style(respelled({ ...other, agents }, camel, reversed))))).toEqual(
            expected,
          );
        },
      ),
      { numRuns: 600 },
    );
  });
});

describe('changed fields', () => {
  it('agree with the hashes, for any two versions of an agent', () => {
    fc.assert(
      fc.property(rosters, rosters, site, site, (before, after, linesBefore, linesAfter) => {
        const [a, b] = [
          rosterOf(JSON.stringify(before)).agents[0],
          rosterOf(JSON.stringify(after)).agents[0],
        ];
        if (a === undefined || b === undefined) throw new Error('no agent');
        const to = { ...b, name: a.name, session: a.session };
        const [from, record] = [recordOf(a, linesBefore), recordOf(to, linesAfter)];
        const changes = changedFields(from, record, to);
        const has = (policy: string): boolean => changes.some((change) => change.policy === policy);
        expect(has('restart')).toBe(specOf(a, linesBefore) !== specOf(to, linesAfter));
        if (contextHash(a, linesBefore) !== contextHash(to, linesAfter))
          expect(has('context') || has('restart')).toBe(true);
        expect(changes.length === 0).toBe(JSON.stringify(from) === JSON.stringify(record));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('broken texts', () => {
  it('a roster cut off anywhere never throws, and is refused or complete', () => {
    fc.assert(
      fc.property(rosters, fc.constantFrom(...STYLES), (plain, style) => {
        const text = style(plain);
        for (let end = 0; end < text.length; end += 7) {
          const result = compile(text.slice(0, end));
          if (result.ok) expect(result.value.agents.length).toBeGreaterThan(0);
          else expect(result.failure.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('nor does an example cut off at any character', () => {
    const text = readFileSync(new URL('../../roster/examples/local-canary.yaml', import.meta.url), 'utf8');
    for (let end = 0; end < text.length; end++) {
      const result = compile(text.slice(0, end));
      expect(result.ok || result.failure.length > 0).toBe(true);
    }
  });

  it('any text at all never throws', () => {
    const piece = fc.constantFrom(
      'version: 1',
      '\n',
      '  ',
      '- ',
      ':',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      '&a ',
      '*a',
      '!t ',
      '\t',
      '#',
      '\u0000',
      'agents',
      '|',
      '>',
      '? ',
      '---',
      '%',
      ',',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (parts) => {
        const result = compile(parts.join(''));
        expect(result.ok || result.failure.length > 0).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});
