import { describe, expect, test } from 'vitest';
import { unseen } from '../../src/controller/conversation.js';
import { holdOn } from '../../src/controller/gate.js';
import type { Approval, Hold, Memory } from '../../src/controller/observed.js';
import { now, Scene, type LiveOptions } from '../support/scene.js';

const moved = { working_directory: '/old' };
const scene = (agent: object, options: LiveOptions = {}): Scene =>
  new Scene([{ name: 'a', ...agent }]).live('a', { was: moved, ...options });
const hold = (fields: Partial<Hold> = {}): Hold => ({
  since: 0,
  until: null,
  reason: null,
  by: 'hold',
  ...fields,
});
const held = (one: Hold): Partial<Memory> => ({ holds: new Map([['a', one]]) });

describe('deferral', () => {
  const busy = { idleSeconds: 4 };
  test.each<readonly [string, object, LiveOptions, object, object]>([
    ['idle for as long as idle_after', {}, { idleSeconds: 30 }, {}, { kind: 'ready' }],
    ['busy', {}, busy, {}, { kind: 'deferred', why: 'busy', idleSeconds: 4, idleAfterSeconds: 30 }],
    ['busy by its own idle_after', { idle_after: '2m' }, { idleSeconds: 119 }, {}, { kind: 'deferred', why: 'busy', idleSeconds: 119, idleAfterSeconds: 120 }],
    ['last output in the future', {}, { idleSeconds: -50 }, {}, { kind: 'deferred', why: 'busy', idleSeconds: 0, idleAfterSeconds: 30 }],
    ['attached and idle', {}, { attached: 1 }, {}, { kind: 'deferred', why: 'attached' }],
    ['attached and busy', {}, { attached: 2, ...busy }, {}, { kind: 'deferred', why: 'attached' }],
    ['busy, --now', {}, busy, { now: true }, { kind: 'ready' }],
    ['attached, --now', {}, { attached: 1 }, { now: true }, { kind: 'ready' }],
    ['busy and attached, immediate', { disruption: 'immediate' }, { attached: 1, ...busy }, {}, { kind: 'ready' }],
    ['idle, ask', { disruption: 'ask' }, {}, { now: true, confirm: true }, { kind: 'needs-approval', why: 'ask' }],
    ['idle, persistent persona', { persistent_persona: true }, {}, {}, { kind: 'needs-approval', why: 'persistent-persona' }],
    ['idle, named persona', { persistent_persona: 'ada' }, {}, {}, { kind: 'ready' }],
    ['persistent persona, when-idle', { persistent_persona: true, disruption: 'when-idle' }, {}, {}, { kind: 'ready' }],
    ['ask, --approve', { disruption: 'ask' }, {}, { approve: new Set(['a']) }, { kind: 'ready' }],
    ['ask, --approve of another', { disruption: 'ask' }, {}, { approve: new Set(['b']) }, { kind: 'needs-approval', why: 'ask' }],
    ['ask, --approve, busy', { disruption: 'ask' }, busy, { approve: new Set(['a']) }, { kind: 'deferred', why: 'busy', idleSeconds: 4, idleAfterSeconds: 30 }],
    ['a process that has ended is nobody\'s turn', { disruption: 'ask' }, { dead: true, attached: 1, ...busy }, {}, { kind: 'ready' }],
  ])('%s', (_, agent, options, words, gate) => {
    const action = scene(agent, options).actionOn('a', words);
    expect(action?.action).toBe('restart');
    expect(action?.gate).toEqual(gate);
  }); // prettier-ignore

  test('does not stand before an update', () => {
    const one = new Scene([{ name: 'a', disruption: 'ask', class: 'n' }]).live('a', {
      was: { class: 'o' },
      attached: 1,
      idleSeconds: 0,
    });
    expect(one.actionOn('a')).toMatchObject({ action: 'update', gate: { kind: 'ready' } });
  });
});

describe('a command of its own without {conversation}, in a runtime that has conversations', () => {
  const gateOf = (spokenTo: boolean, more: object = {}): object | undefined => {
    const silent = scene({ command: ['claude'], ...more }, { marks: { conversation: null } });
    silent.conversations.set('a', { ...unseen, spokenTo });
    const action = silent.actionOn('a');
    expect(action?.cost).toMatchObject({ kind: 'loses-conversation' });
    return action?.gate;
  };

  test('what it may hold is ended with approval only', () => {
    expect(gateOf(true)).toEqual({ kind: 'needs-approval', why: 'loses-conversation' });
    expect(gateOf(true, { disruption: 'immediate' })).toEqual({ kind: 'ready' });
    expect(gateOf(true, { reset_between_tasks: true })).toEqual({ kind: 'ready' });
  });

  test.each<readonly [string, object | null, string | undefined]>([
    ['suspended', { suspend: true }, undefined],
    ['suspended, that may be ended at any moment', { suspend: true, disruption: 'immediate' }, 'ready'],
    ['suspended, a disposable slot', { suspend: true, reset_between_tasks: true }, 'ready'],
    ['taken out of the roster', null, undefined],
    ['taken out, having been a disposable slot', { reset_between_tasks: true }, 'ready'],
    ['taken out, having allowed it', { disruption: 'immediate' }, 'ready'],
  ])('also where it is %s', (_, doc, expected = 'needs-approval') => {
    const stays = doc !== null && 'suspend' in doc;
    const command = ['claude'];
    const gone = new Scene(stays ? [{ name: 'a', command, ...doc }] : ['z']).live('a', {
      was: { command, ...doc, suspend: false },
      marks: { conversation: null },
      attached: 1,
    });
    gone.conversations.set('a', { ...unseen, spokenTo: true });
    expect(gone.actionOn('a')).toMatchObject({ action: 'stop', gate: { kind: expected } });
    expect(gone.actionOn('a', { approve: new Set(['a']) })?.gate.kind).toBe('ready');
    gone.conversations.set('a', { ...unseen, spokenTo: false });
    expect(gone.actionOn('a')?.gate.kind).toBe('ready');
  });

  test('where its runtime wrote nothing since it started, the disruption setting alone decides', () => {
    expect(gateOf(false)).toEqual({ kind: 'ready' });
    expect(gateOf(false, { disruption: 'ask' })).toEqual({ kind: 'needs-approval', why: 'ask' });
  });
});

describe('holds', () => {
  test.each<readonly [string, () => Scene, string]>([
    ['start', () => new Scene(['a']), 'start'],
    ['restart', () => scene({}), 'restart'],
    ['stop', () => new Scene([{ name: 'a', suspend: true }]).live('a'), 'stop'],
    ['update', () => new Scene([{ name: 'a', class: 'n' }]).live('a', { was: { class: 'o' } }), 'update'],
    ['adopt', () => new Scene(['a']).unit('a', 'active').session('a'), 'adopt'],
  ])('stand before a %s, and no word lifts them', (_, make, action) => {
    const words = { now: true, confirm: true, approve: new Set(['a']) };
    expect(make().remember(held(hold())).actionOn('a', words)).toMatchObject({
      action,
      gate: { kind: 'held', fleet: false },
    });
    const fleet = make().remember({ fleetHold: hold({ by: 'stop' }) });
    expect(fleet.actionOn('a', words)).toMatchObject({
      action,
      gate: { kind: 'held', fleet: true, hold: { by: 'stop' } },
    });
  });

  test.each<readonly [string, Hold | null, Hold | null, object | null]>([
    [
      'own before fleet',
      hold({ reason: 'own' }),
      hold({ reason: 'fleet' }),
      { hold: { reason: 'own' }, fleet: false },
    ],
    ['the longer one, the fleet’s', hold({ until: now + 1 }), hold(), { fleet: true }],
    ['the longer one, its own', hold(), hold({ until: now + 1 }), { fleet: false }],
    ['own expired, fleet in force', hold({ until: now }), hold(), { fleet: true }],
    ['own until later', hold({ until: now + 1 }), null, { fleet: false }],
    ['own expired', hold({ until: now }), null, null],
    ['fleet expired', null, hold({ until: now - 1 }), null],
    ['none', null, null, null],
  ])('%s', (_, own, fleetHold, expected) => {
    const memory: Memory = {
      holds: new Map(own === null ? [] : [['a', own]]),
      fleetHold,
      approvals: [],
      recent: [],
      braked: null,
      failures: new Map(),
    };
    const found = holdOn('a', memory, now);
    if (expected === null) expect(found).toBeNull();
    else expect(found).toMatchObject(expected);
    expect(holdOn('b', memory, now)?.fleet ?? null).toBe(
      fleetHold !== null && (fleetHold.until ?? now + 1) > now ? true : null,
    );
  });
});

describe('obstacles', () => {
  const blocked = { kind: 'blocked', code: 'CannotLaunch', message: 'codex is not in PATH' };
  test.each<readonly [string, () => Scene, object]>([
    ['block a start', () => new Scene(['a']), blocked],
    ['block a restart', () => scene({}), blocked],
    ['do not hinder a stop', () => new Scene([{ name: 'a', suspend: true }]).live('a'), { kind: 'ready' }],
    [
      'do not hinder an update',
      () => new Scene([{ name: 'a', class: 'n' }]).live('a', { was: { class: 'o' } }),
      { kind: 'ready' },
    ],
    ['do not hinder an adoption', () => new Scene(['a']).unit('a', 'active').session('a'), { kind: 'ready' }],
  ])('%s', (_, make, gate) => {
    const one = make();
    one.obstacles.set('a', 'codex is not in PATH');
    expect(one.actionOn('a', { now: true, approve: new Set(['a']), confirm: true })?.gate).toEqual(gate);
  });
});

describe('an approval on record', () => {
  const ask = (): Scene => scene({ disruption: 'ask' });
  const approval = (fields: object = {}): Approval => {
    const { agent, action, applied, desired } = ask().actionOn('a')!;
    return { kind: 'agent', agent, action, applied, desired, ...fields };
  };

  test('lifts the gate of the very change it names', () => {
    expect(
      ask()
        .remember({ approvals: [approval()] })
        .actionOn('a')?.gate,
    ).toEqual({ kind: 'ready' });
  });

  test.each([{ agent: 'b' }, { action: 'reset' }, { applied: 'v1:x/v1:y' }, { desired: 'v1:x/v1:y' }])(
    'is void where it names another %j',
    (fields) => {
      const gate = ask()
        .remember({ approvals: [approval(fields)] })
        .actionOn('a')?.gate;
      expect(gate).toEqual({ kind: 'needs-approval', why: 'ask' });
    },
  );

  test('is void once the roster changes again', () => {
    const later = scene({ disruption: 'ask', env: { KEY: 'v' } }).remember({ approvals: [approval()] });
    expect(later.actionOn('a')?.gate.kind).toBe('needs-approval');
  });

  test('of the fleet does not speak for an agent that asks', () => {
    const one = ask();
    one.remember({ approvals: [{ kind: 'fleet', revision: one.roster.revision }] });
    expect(one.actionOn('a')?.gate.kind).toBe('needs-approval');
  });
});
