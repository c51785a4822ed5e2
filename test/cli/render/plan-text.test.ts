import { describe, expect, test } from 'vitest';
import type { Cost, Gate, Plan, PlannedAction, Reason } from '../../../src/controller/action.js';
import { planText } from '../../../src/cli/render/plan-text.js';
import { gateHint, gateText, reasonText } from '../../../src/cli/render/reason-text.js';
import { colourWanted, styleFor } from '../../../src/cli/render/style.js';
import { now, Scene } from '../../support/scene.js';

const plain = styleFor(false);
const text = (plan: Plan, path = 'roster.yaml'): string => planText(plan, path, plain).join('\n');
const none: Cost = { kind: 'none' };
const ready: Gate = { kind: 'ready' };

function action(
  agent: string,
  kind: PlannedAction['action'],
  reason: Reason,
  gate: Gate = ready,
  cost: Cost = none,
): PlannedAction {
  return {
    agent,
    action: kind,
    reasons: [reason],
    gate,
    cost,
    conversation: { now: { kind: 'none' }, next: { kind: 'plain', because: null } },
    live: null,
    target: null,
    applied: '',
    desired: '',
  };
}
const changed = (
  field: string,
  from: string | null,
  to: string | null,
  policy: 'restart' | 'reset' | 'update',
): Reason => ({
  code: policy === 'restart' ? 'SpecChanged' : policy === 'reset' ? 'ContextChanged' : 'SettingChanged',
  ...{ field, from, to, policy },
});

test('a plan with every kind of line, and the commands that go on', () => {
  const busy: Gate = { kind: 'deferred', why: 'busy', idleSeconds: 4, idleAfterSeconds: 30 };
  const persona: Gate = { kind: 'needs-approval', why: 'persistent-persona' };
  const plan: Plan = {
    rosterRevision: '3f9c1a2f00000000000000000000000000000000',
    observedRevision: '0',
    unknownSources: [],
    notes: [],
    actions: [
      action('scout', 'start', { code: 'NotRunning' }),
      action('builder', 'restart', changed('working_directory', '~/src', '~/app', 'restart')),
      action('reviewer0', 'reset', changed('kickstart_template', null, null, 'reset'), busy, { kind: 'loses-conversation', because: 'disposable slot' }),
      action('lead', 'restart', changed('command', null, null, 'restart'), persona, { kind: 'keeps-conversation' }),
      action('coder1', 'update', changed('resources.memory_max', '2G', '4G', 'update')),
      action('old', 'stop', { code: 'NotInRoster' }),
    ],
    unknownAgents: [{ agent: 'planner', message: 'tmux did not answer within 5s' }],
    summary: { start: 1, restart: 2, reset: 1, update: 1, stop: 1, adopt: 0, unchanged: 7, unknown: 1, gated: 2 },
  }; // prettier-ignore
  expect(text(plan, '~/.config/mosaic/fleet/roster.yaml')).toBe(
    `Roster ~/.config/mosaic/fleet/roster.yaml  revision 3f9c1a2

  +   scout      start    not running
  -/+ builder    restart  working_directory: ~/src → ~/app
  ↻   reviewer0  reset    kickstart_template changed                deferred: busy, last output 4s ago
                          LOSES the conversation (disposable slot)
  -/+ lead       restart  command changed                           needs approval: persistent persona
                          keeps the conversation
  ~   coder1     update   resources.memory_max: 2G → 4G
  -   old        stop     not in the roster
  ?   planner    unknown  tmux did not answer within 5s

Plan: 1 to start, 2 to restart, 1 to reset, 1 to update, 1 to stop; 7 unchanged, 1 unknown. 2 gated.
To go on with reviewer0: fleet apply once it is idle and nobody is attached, or at once: fleet apply --now
To go on with lead: fleet approve lead`,
  );
});

const many = (count: number): Scene => {
  const names = Array.from({ length: count }, (_, index) => `a${index}`);
  return names.reduce((scene, name) => scene.live(name), new Scene(names));
};

test.each([
  [12, 'No changes. 12 agents match the roster.'],
  [1, 'No changes. 1 agent matches the roster.'],
])('nothing to do for %i', (count, line) => {
  expect(text(many(count).plan())).toBe(line);
});

test('the same plan gives the same text, without a colour where none is wanted', () => {
  const scene = new Scene(['a', 'b']).live('b', { was: { env: { KEY: 'x' } } });
  expect(text(scene.plan())).toBe(text(scene.plan()));
  // eslint-disable-next-line no-control-regex -- escape sequences are what this looks for
  expect(text(scene.plan())).not.toMatch(/\u001b/);
  expect(planText(scene.plan(), 'r', styleFor(true)).join('')).toContain('\u001b[32m');
});

describe('text of strangers', () => {
  const evil = 'x\u001b]0;owned\u0007\u009b2J\u202e\n+ a start';
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;
  test.each<readonly [string, Scene]>([
    ["a session's name", new Scene(['a']).live('a').session(evil)],
    ["a session's mark", new Scene(['a']).session('a', { marks: { agent: null, home: evil, pane: null, unit: null, spec: null, context: null, conversation: null } })],
    ['an error of tmux', (() => { const scene = new Scene(['a']).live('a'); scene.tmuxUnknown = evil; return scene; })()],
    ['an obstacle', (() => { const scene = new Scene(['a']); scene.obstacles.set('a', evil); return scene; })()],
    ['a hold', new Scene(['a']).remember({ fleetHold: { since: 0, until: null, reason: evil, by: 'hold' } })],
    ["a field's old value", new Scene(['a']).live('a', { was: { class: 'x' } })],
  ])('%s is shown without what a terminal would act on', (_, scene) => {
    const lines = planText(scene.plan(), evil, plain);
    for (const line of lines) {
      expect(line).not.toMatch(raw);
      expect(line).not.toContain('\n');
    }
  }); // prettier-ignore
});

test('values of the environment are in no text', () => {
  const scene = new Scene([{ name: 'a', env: { TOKEN: 'hunter2', OTHER: 'new-value' } }]).live('a', {
    was: { env: { TOKEN: 'old-pass', GONE: 'gone-value' } },
  });
  const shown = text(scene.plan());
  expect(shown).toContain('env.TOKEN changed');
  expect(shown).toContain('env.GONE changed');
  expect(shown).not.toMatch(/hunter2|old-pass|new-value|gone-value/);
});

test('of two long values is shown where they begin to differ', () => {
  const words = (model: string, more: string): string =>
    JSON.stringify([
      'mosaic',
      'yolo',
      'claude',
      '--append-system-prompt',
      '😀 be brief',
      '--model',
      model,
      more,
    ]);
  const shown = (from: string | null, to: string | null): string =>
    reasonText(changed('command', from, to, 'restart'));
  const [opus, sonnet] = [words('opus', 'x'.repeat(90)), words('sonnet', 'x'.repeat(90))];
  const [before = '', after = ''] = shown(opus, sonnet).replace('command: ', '').split(' → ');
  expect(before).toMatch(/^….*"--model","opus","x+…$/);
  expect(after).toMatch(/^….*"--model","sonnet","x+…$/);
  expect([Array.from(before).length, Array.from(after).length]).toEqual([60, 60]);
  // What is short, or differs at its beginning, stands as it did.
  expect(shown('["pi"]', opus)).toMatch(/^command: \["pi"\] → \["mosaic","yolo",.*…$/);
  expect(shown(null, opus)).toMatch(/^command: \(none\) → \["mosaic","yolo",.*…$/);
  // Of one that goes on where the other ends, the end is seen.
  expect(shown(`${opus}!`, opus)).toMatch(/^command: …x+"\]! → …x+"\]$/);
});

test('a long value is cut, and pushes no gate to the right', () => {
  const long = 'x'.repeat(500);
  const line = reasonText(changed('class', 'y', long, 'restart'));
  expect(line.length).toBeLessThan(80);
  expect(reasonText(changed('class', null, 'y', 'restart'))).toBe('class: (none) → y');
});

const reasons: readonly (readonly [Reason, string])[] = [
  [{ code: 'NotRunning' }, 'not running'],
  [{ code: 'Failed', how: null }, 'not running: its unit failed'],
  [{ code: 'ProcessExited' }, 'its process has ended'],
  [{ code: 'NotInRoster' }, 'not in the roster'],
  [{ code: 'Suspended' }, 'suspended in the roster'],
  [{ code: 'Unmarked' }, "runs under its unit without fleet's marks"],
  [{ code: 'OperatorWord', command: 'restart' }, 'fleet restart'],
  [{ code: 'MarkChanged', mark: 'spec', policy: 'restart' }, 'runs with another configuration; which field changed is not on record'],
  [{ code: 'MarkChanged', mark: 'context', policy: 'reset' }, 'its context changed; which field is not on record'],
]; // prettier-ignore
test.each(reasons)('%j', (reason, line) => expect(reasonText(reason)).toBe(line));

const hold = { since: 0, until: null, reason: null, by: 'hold' } as const;
const gates: readonly (readonly [Gate, string | null, string | null])[] = [
  [ready, null, null],
  [{ kind: 'deferred', why: 'screen', message: 'a draft stands in its composer' }, 'deferred: a draft stands in its composer', 'fleet apply once its screen shows that no more, or at once: fleet apply --now'],
  [{ kind: 'deferred', why: 'attached' }, 'deferred: somebody is attached', 'fleet apply once it is idle and nobody is attached, or at once: fleet apply --now'],
  [{ kind: 'needs-approval', why: 'ask' }, 'needs approval: disruption is ask', 'fleet approve a'],
  [{ kind: 'held', hold, fleet: false }, 'held: by the operator', 'fleet release a'],
  [{ kind: 'held', hold: { ...hold, until: now, reason: 'why' }, fleet: true }, 'held: fleet by the operator until 2026-01-02T03:04:05.000Z (why)', 'fleet release a'],
  [{ kind: 'held', hold: { ...hold, by: 'stop' }, fleet: false }, 'held: stopped by the operator', 'fleet start a'],
  [{ kind: 'held', hold: { ...hold, by: 'stop' }, fleet: true }, 'held: fleet stopped by the operator', 'fleet start'],
  [{ kind: 'braked', count: 4, live: 5, limit: '50%' }, 'braked: 4 of 5 agents within a minute, limit 50%', 'fleet approve --all, or fleet apply --confirm'],
  [{ kind: 'blocked', code: 'CannotLaunch', message: 'no such directory' }, 'blocked: no such directory', null],
]; // prettier-ignore
test.each(gates)('%j', (gate, line, hint) => {
  expect(gateText(gate)).toBe(line);
  expect(gateHint(gate, 'a')).toBe(hint);
  // Every command of it acts on the roster that was named.
  const there = 'fleet --roster /r';
  expect(gateHint(gate, 'a', there)).toBe(hint?.replace(/\bfleet (?=[a-z])/g, `${there} `) ?? null);
});

test.each<readonly [boolean, boolean | undefined, object, boolean]>([
  [true, true, {}, true],
  [false, true, {}, false],
  [true, undefined, {}, false],
  [true, true, { NO_COLOR: '1' }, false],
  [true, true, { NO_COLOR: '' }, true],
  [true, true, { TERM: 'dumb' }, false],
  [true, undefined, { FORCE_COLOR: '1' }, false],
  [true, true, { TERM: 'dumb', FORCE_COLOR: '1' }, false],
])('colour asked %s, terminal %s, %j: %s', (asked, terminal, env, wanted) => {
  expect(colourWanted(asked, terminal, { ...env })).toBe(wanted);
});

describe('how to go on', () => {
  const changed = (names: readonly string[], more: object = {}): Scene => {
    const scene = new Scene(names.map((name) => ({ name, persistent_persona: true, model_hint: 'y', command: ['x', '{model_hint}', '{conversation}'], ...more }))); // prettier-ignore
    for (const name of names) scene.live(name, { was: { model_hint: 'x' } });
    return scene;
  };
  const hintsOf = (scene: Scene): readonly string[] =>
    planText(scene.plan(), 'r', styleFor(false)).filter((line) => line.startsWith('To go on'));

  test('with several that wait for approval: one command, and from three on a word for all', () => {
    expect(hintsOf(changed(['a', 'b']))).toEqual(['To go on with a, b: fleet approve a b']);
    expect(hintsOf(changed(['a', 'b', 'c', 'd']))).toEqual([
      'To go on with a, b and 2 more: fleet approve a b c d',
      'To go on with all that waits for approval: fleet approve --all',
    ]);
  });

  test('whose conversation would end is approved by itself, and counted in the word for all', () => {
    const scene = changed(['a', 'b', 'c']).live('gone', { said: true, marks: { conversation: null } });
    scene.conversations.delete('gone');
    expect(hintsOf(scene)).toEqual([
      'To go on with a, b, c: fleet approve a b c',
      'To go on with gone: fleet approve gone',
      'To go on with all that waits for approval: fleet approve --all, which ends 1 conversation',
    ]);
  });
});
