import { describe, expect, test } from 'vitest';
import type { PlannedAction, Reason } from '../../src/controller/action.js';
import { needsNewProcess } from '../../src/controller/reset.js';
import { verdictOf } from '../../src/controller/verdict.js';
import type { Situation } from '../../src/controller/situation.js';
import { gateText, howText } from '../../src/cli/render/reason-text.js';
import { progressing } from '../../src/controller/conditions.js';

const changed = (field: string): Reason => ({
  ...{ code: 'ContextChanged', field, from: 'a', to: 'b', policy: 'reset' },
});
const reset = (...reasons: readonly Reason[]): PlannedAction => ({
  ...{ agent: 'a', action: 'reset', gate: { kind: 'ready' }, reasons, cost: { kind: 'none' } },
  live: { busy: false, attached: false, idleSeconds: 9, pid: 7 },
  conversation: { now: { kind: 'none' }, next: { kind: 'plain', because: null } },
  ...{ target: null, applied: 'v1:s/v1:old', desired: 'v1:s/v1:new' },
});

describe('a reset', () => {
  test('stays in its process unless the environment changes with it', () => {
    expect(needsNewProcess(reset(changed('kickstart_template')))).toBeNull();
    expect(needsNewProcess(reset(changed('kickstart_template'), changed('class')))).toContain('its class');
    expect(needsNewProcess(reset({ code: 'MarkChanged', mark: 'context', policy: 'reset' }))).toContain(
      'not on record',
    );
    expect(needsNewProcess({ ...reset(), live: null })).toContain('does not run');
  });

  test('in the runtime has come true where the same process carries the new mark', () => {
    const live = (context: string): Situation => ({
      ...{ kind: 'live', unit: true },
      session: {
        ...{ id: '$1', name: 'a', createdAt: 0, attached: 0, panes: [] },
        marks: { agent: 'a', home: '/h', pane: '%1', unit: null, spec: 'v1:s', context, conversation: null },
      },
      pane: { id: '%1', pid: 7, dead: false, lastOutputAt: 0, blank: false },
    });
    const planned = reset(changed('kickstart_template'));
    expect(verdictOf(planned, live('v1:new'), true)).toBeNull();
    expect(verdictOf(planned, live('v1:new'))).toBe('was not restarted');
    expect(verdictOf(planned, live('v1:old'), true)).toBe('runs, but not as the roster says');
  });

  test('tells how it was done, and what it waits for', () => {
    expect(howText({ in: 'runtime' })).toBe('in its runtime');
    expect(howText({ in: 'process', because: 'x' })).toBe('by ending its process and starting it afresh: x');
    const gate = { kind: 'deferred', why: 'screen', message: 'a draft stands in its composer' } as const;
    expect(gateText(gate)).toBe('deferred: a draft stands in its composer');
    expect(progressing({ ...reset(), gate }, false)).toMatchObject({
      reason: 'DeferredScreen',
      message: gate.message,
    });
  });
});
