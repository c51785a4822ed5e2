import { expect, it } from 'vitest';
import fc from 'fast-check';
import { exportText, findValues, unlikeOthers, type ExportedFleet } from '../../src/roster/export.js';
import { recordOf } from '../../src/roster/record.js';
import type { Roster } from '../../src/roster/types.js';
import { compile, rosterOf } from './compiling.js';

const files = { 'k.md': 'Hello {name}' };

const exportOf = (roster: Roster): ExportedFleet => ({
  settings: roster,
  pace: roster,
  agents: roster.agents.map((agent) => {
    const record = recordOf(agent, {});
    return { name: agent.name, record, suspend: agent.suspend, env: findValues(record, [agent.env]) };
  }),
  heading: ['a \u001b[31m heading'],
  remarks: ['a remark\nname: x'],
});

const full = rosterOf(
  `version: 1
transport: tmux
defaults: { launcher: [], max_disruption: 3, start_spacing: 2s, backoff: { base: 1s } }
runtimes: { codex: { command: [codex, "{name}"], fresh_pattern: "a: #b", submit_delay: 1s } }
agents:
  - { name: a, runtime: codex, env: { K: "1.0", EMPTY: "" }, resources: { tasks_max: 512 }, kickstart_template: k.md }
  - { name: b, runtime: pi, suspend: true, persistent_persona: true, disruption: immediate, class: "08" }
  - { name: c, runtime: pi, resume: false, persistent_persona: Ada, on_interrupted: continue }
`,
  files,
);

it('an exported roster is the roster that was applied', () => {
  const text = exportText(exportOf(full), 'shown');
  expect(rosterOf(text, files)).toEqual({ ...full, lines: expect.anything() as unknown });
  expect(text).not.toContain('\u001b');
  expect(text).toMatch(/\n# a remark␊name: x\n$/);
});

it('hidden and unknown values are left empty, and then it is no roster', () => {
  const fleet = exportOf(full);
  const hidden = exportText(fleet, 'hidden');
  expect(hidden).toContain('K: # hidden; print it with --show-env, or write it with --write FILE');
  expect(hidden).not.toContain('1.0');
  expect(compile(hidden, files).ok).toBe(false);
  const lost = exportText(
    { ...fleet, agents: fleet.agents.map((agent) => ({ ...agent, env: {} })) },
    'shown',
  );
  expect(lost).toContain('K: # its value is not known any more: write it here');
  expect(compile(lost, files).ok).toBe(false);
});

it('a value is taken only where it fits the digest on record', () => {
  const [a] = full.agents;
  if (a === undefined) throw new Error('no agent');
  const record = recordOf(a, {});
  expect(findValues(record, [{ K: 'other' }, { K: '1.0', MORE: 'x' }])).toEqual({ K: '1.0' });
});

it('any value of a variable and any word of a command come back as they were', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 }).map((each) => each.replace(/\p{Cc}/gu, '\n'));
  fc.assert(
    fc.property(text, text, (value, word) => {
      const declared = { agents: [{ name: 'a', runtime: 'pi', env: { K: value }, command: ['x', word] }] };
      const compiled = compile(JSON.stringify({ version: 1, transport: 'tmux', ...declared }));
      // A word or a value that no roster may hold.
      if (!compiled.ok) return;
      expect(rosterOf(exportText(exportOf(compiled.value), 'shown')).revision).toBe(compiled.value.revision);
    }),
  );
});

it('names agents whose settings one roster cannot say beside those of most', () => {
  const { agents } = exportOf(full);
  const odd = agents.map((agent, index) =>
    index === 0 ? { ...agent, record: { ...agent.record, stop_grace: '99s' } } : agent,
  );
  expect([unlikeOthers(agents), unlikeOthers(odd)]).toEqual([[], ['a']]);
});
