import { describe, expect, it } from 'vitest';
import { retained } from '../../src/roster/retained.js';
import type { Roster } from '../../src/roster/types.js';
import { head, rosterOf } from './compiling.js';

const roster = (...agents: readonly string[]): Roster =>
  rosterOf(head(`agents:\n${agents.map((agent) => `  - ${agent}\n`).join('')}`));

describe('a roster that was read again', () => {
  it('is the same object where it says the same', () => {
    const before = roster('{ name: a, runtime: pi }', '{ name: b, runtime: pi }');
    const again = roster('{ name: a, runtime: pi }', '{ name: b, runtime: pi }');
    expect(again).not.toBe(before);
    expect(retained(before, again)).toBe(before);
  });

  it('shares the agents that did not change, and says what the new one says', () => {
    const before = roster('{ name: a, runtime: pi }', '{ name: b, runtime: pi }');
    const now = roster('{ name: a, runtime: pi }', '{ name: b, runtime: codex }', '{ name: c, runtime: pi }');
    const shared = retained(before, now);
    expect(shared).toEqual(now);
    expect(shared.agents[0]).toBe(before.agents[0]);
    expect(shared.agents[1]).toBe(now.agents[1]);
  });

  it('shares the list where only other things changed', () => {
    const before = roster('{ name: a, runtime: pi }');
    const now = { ...before, agents: structuredClone(before.agents), startSpacingMs: 5, revision: 'other' };
    const shared = retained(before, now);
    expect(shared).toEqual(now);
    expect(shared.agents).toBe(before.agents);
  });
});
