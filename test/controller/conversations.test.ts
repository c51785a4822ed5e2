import { describe, expect, test } from 'vitest';
import { outlookText } from '../../src/cli/render/reason-text.js';
import { commence } from '../../src/controller/commence.js';
import { conversationInForce } from '../../src/controller/continuation.js';
import {
  noConversations,
  unseen,
  withCurrent,
  type Conversation,
  type ConversationRecord,
  type EndedBy,
  type Evidence,
} from '../../src/controller/conversation.js';
import { findingsIn } from '../../src/controller/findings.js';
import { spokenIn } from '../../src/controller/last-conversation.js';
import { endedOnResume } from '../../src/controller/soon-ended.js';
import type { LastEnd } from '../../src/controller/observed.js';
import { chooseConversation, resumePlan } from '../../src/controller/resume-plan.js';
import { launching } from '../support/fake-host.js';
import { now, Scene } from '../support/scene.js';

const conversation = (id: string, more: Partial<Conversation> = {}): Conversation => ({
  ...{ id, runtime: 'claude', directory: '~/src', origin: 'chosen', createdAt: now - 60_000 },
  ...{ accepted: true, unit: null, resumed: null, ...more },
});

const former = (id: string, ended: EndedBy, more: Partial<Conversation> = {}) => ({
  ...conversation(id, more),
  ...{ ended, endedAt: now - 1000 },
});

/** A stopped agent with a record. */
function stopped(record: ConversationRecord, doc: Readonly<Record<string, unknown>> = {}): Scene {
  const scene = new Scene([{ name: 'a', runtime: 'claude', ...doc }]);
  scene.conversations.set('a', { ...unseen, record: { known: true, value: record } });
  return scene;
}

const startOf = (scene: Scene) => scene.actionOn('a')?.conversation.next;

describe('a conversation whose file is not there', () => {
  const nextOf = (runtime: string, more: Partial<Conversation>) => {
    const scene = stopped({ current: conversation('x', { runtime, ...more }), former: [] }, { runtime });
    const sight = scene.conversations.get('a') ?? unseen;
    scene.conversations.set('a', { ...sight, evidence: new Map([['x', { state: 'empty' }]]) });
    return startOf(scene);
  };
  test.each(['pi', 'codex'])('%s begins it late: it is gone only where it was seen', (runtime) => {
    expect(nextOf(runtime, {})).toMatchObject({ kind: 'same', resumes: true });
    expect(nextOf(runtime, { stored: true })).toMatchObject({ kind: 'barred', code: 'gone' });
  });
  test('claude begins it with the first message: it is gone', () => {
    expect(nextOf('claude', {})).toMatchObject({ kind: 'barred', code: 'gone' });
    expect(nextOf('claude', { accepted: false })).toMatchObject({ kind: 'same', resumes: false });
  });
});

describe('what a start does', () => {
  test.each<readonly [string, ConversationRecord, Readonly<Record<string, unknown>>, object]>([
    ['nothing on record', noConversations, {}, { kind: 'fresh', because: null }],
    ['a conversation', { current: conversation('x'), former: [] }, {}, { kind: 'same', resumes: true }],
    [
      'one that nobody spoke in, after an edit that was taken back',
      { current: conversation('y', { runtime: 'codex', id: '', accepted: false }), former: [] },
      {},
      { kind: 'fresh', because: null },
    ],
    [
      'another runtime',
      { current: conversation('x', { runtime: 'pi' }), former: [] },
      {},
      { kind: 'fresh', because: 'runtime: pi → claude' },
    ],
    [
      'another directory',
      { current: conversation('x', { directory: '~/old' }), former: [] },
      {},
      { kind: 'fresh', because: 'working_directory: ~/old → ~/src, where claude cannot resume it' },
    ],
    [
      'resume: false',
      { current: conversation('x'), former: [] },
      { resume: false },
      { kind: 'plain', because: 'resume: false in the roster' },
    ],
    [
      'a command of its own',
      { current: conversation('x'), former: [] },
      { command: ['claude'] },
      { kind: 'plain', because: 'its command has no word {conversation}', wordless: 'agent' },
    ],
    [
      'opencode',
      { current: conversation('x', { runtime: 'opencode' }), former: [] },
      { runtime: 'opencode' },
      { kind: 'same', resumes: true },
    ],
  ])('%s', (_, record, doc, next) => {
    expect(startOf(stopped(record, doc))).toMatchObject(next);
  });

  const startedAs = (scene: Scene): ConversationRecord | null => {
    const desired = scene.world().desired.get('a');
    if (desired?.kind !== 'resolved') throw new Error('it is in the roster');
    const sight = scene.conversations.get('a');
    return commence(scene.actionOn('a')!, desired, sight, { ...launching('s'), now }).record;
  };

  test('an edit that is taken back before anybody spoke continues the one before', () => {
    const empty = conversation('n', { runtime: 'pi', accepted: false });
    const scene = stopped({ current: empty, former: [former('x', 'changed')] });
    scene.conversations.set('a', {
      ...unseen,
      ...{ record: { known: true, value: { current: empty, former: [former('x', 'changed')] } }, live: null },
      evidence: new Map([['n', { state: 'empty' }]]),
    });
    expect(startOf(scene)).toMatchObject({ kind: 'same', conversation: { id: 'x' }, resumes: true });
    expect(outlookText(scene.actionOn('a')!)).toBe('continues its conversation');
    // What it leaves held nothing, and is on no list.
    expect(startedAs(scene)).toMatchObject({ current: { id: 'x' }, former: [] });
    // One that was ended on purpose stays ended.
    scene.conversations.set('a', {
      ...unseen,
      ...{ record: { known: true, value: { current: empty, former: [former('x', 'fresh')] } }, live: null },
      evidence: new Map([['n', { state: 'empty' }]]),
    });
    expect(startOf(scene)).toMatchObject({ kind: 'fresh' });
  });

  describe('an edit that is taken back on an agent that lives', () => {
    /** It was edited, runs in an empty n since, and the edit is taken back. */
    function takenBack(
      o: Partial<Conversation> = {},
      n: Partial<Conversation> & { readonly said?: boolean; readonly ended?: EndedBy } = {},
      doc: Readonly<Record<string, unknown>> = {},
      evidence: Evidence = { state: 'holds', bytes: 1, changedAt: now },
    ): Scene {
      const { said = false, ended = 'changed', ...more } = n;
      const scene = new Scene([{ name: 'a', runtime: 'claude', ...doc }]).live('a', {
        was: { working_directory: '~/new' },
        marks: { conversation: more.id ?? 'n' },
      });
      const current = conversation('n', { accepted: said, directory: '~/new', ...more });
      const record = { current, former: [former('o', ended, o)] };
      const held = new Map([
        ['n', { state: 'empty' } as const],
        ['o', evidence],
      ]);
      const sight = { ...unseen, record: { known: true, value: record } as const, evidence: held };
      scene.conversations.set('a', { ...sight, spokenTo: said });
      return scene;
    }
    const back = { kind: 'same', conversation: { id: 'o' }, resumes: true };
    test('leads back to the one before, which costs nothing', () => {
      expect(takenBack().actionOn('a')).toMatchObject({
        ...{ action: 'restart', gate: { kind: 'ready' }, cost: { kind: 'none' } },
        conversation: { now: { kind: 'known', holds: false }, next: back },
      });
      expect(outlookText(takenBack().actionOn('a')!)).toBe('goes back to its earlier conversation');
    });
    test.each(['pi', 'codex', 'opencode', 'gemini'])('of %s, too', (runtime) => {
      expect(startOf(takenBack({ runtime }, { runtime }, { runtime }))).toMatchObject(back);
      // The process has not shown which one it is in.
      const unshown = takenBack({ runtime }, { runtime, id: '' }, { runtime });
      expect(startOf(unshown)).toMatchObject(back);
      expect(unshown.actionOn('a')?.cost).toEqual({ kind: 'none' });
    });
    test('what it leaves is on no list, since it held nothing', () => {
      expect(startedAs(takenBack())).toMatchObject({ current: { id: 'o' }, former: [] });
    });
    test.each<readonly [string, Scene]>([
      ['something was said since', takenBack({}, { said: true })],
      ['the one before was ended on purpose', takenBack({}, { ended: 'fresh' })],
      ['the one before was begun elsewhere', takenBack({ directory: '~/old' })],
      ['the one before is of another runtime', takenBack({ runtime: 'pi' })],
      ['the next process would not find it', takenBack({}, {}, {}, { state: 'elsewhere' })],
      ['its file is gone', takenBack({}, {}, {}, { state: 'empty' })],
    ])('does not where %s', (_, scene) => {
      expect(startOf(scene)).not.toMatchObject({ conversation: { id: 'o' } });
      expect(scene.actionOn('a')?.gate.kind).not.toBe('blocked');
    });
    test('does not where a human has begun another one that is not on record yet', () => {
      const scene = takenBack({}, { id: 'held', said: true });
      scene.conversations.set('a', { ...scene.conversations.get('a')!, live: 'n' });
      expect(startOf(scene)).toMatchObject({ kind: 'fresh' });
    });
    test('--fresh ends both, for good', () => {
      const before = { current: conversation('n', { accepted: false }), former: [former('o', 'changed')] };
      const after = withCurrent(before, conversation('m'), { ended: 'fresh', at: now, held: false });
      expect(after).toMatchObject({ current: { id: 'm' }, former: [{ id: 'o', ended: 'fresh' }] });
    });
  });

  test('what is not continued is said', () => {
    const scene = stopped({ current: conversation('x', { directory: '~/old' }), former: [] });
    expect(outlookText(scene.actionOn('a')!)).toMatch(
      /^begins a new conversation \(working_directory: ~\/old → ~\/src, .*\); the earlier one is kept: fleet agent conversations$/,
    );
  });

  test('an environment that leads to another home loses it, and that waits for approval', () => {
    const scene = new Scene([{ name: 'a', runtime: 'claude', env: { CLAUDE_CONFIG_DIR: '/new' } }]).live(
      'a',
      {
        was: { env: {} },
      },
    );
    scene.conversations.set('a', {
      ...unseen,
      ...{ record: { known: true, value: noConversations }, live: null },
      evidence: new Map([['of-a', { state: 'elsewhere' }]]),
    });
    expect(scene.actionOn('a')).toMatchObject({
      cost: { kind: 'loses-conversation', because: 'its environment leads to another home' },
      gate: { kind: 'needs-approval', why: 'loses-conversation' },
    });
    expect(scene.actionOn('a', { approve: new Set(['a']) })?.gate.kind).toBe('ready');
  });

  test('an id that nobody knows is lost, and an agent that says immediate waits for nobody', () => {
    const of = (disruption: string): Scene =>
      new Scene([{ name: 'a', runtime: 'claude', disruption, env: { A: '1' } }]).live('a', {
        was: { env: {} },
        marks: { conversation: null },
      });
    expect(of('when-idle').actionOn('a')).toMatchObject({
      cost: { kind: 'loses-conversation', because: 'its id is unknown' },
      gate: { kind: 'needs-approval' },
    });
    expect(of('immediate').actionOn('a')?.gate.kind).toBe('ready');
  });
});

test('a process that shows another id than its mark is in that one', () => {
  const scene = new Scene([{ name: 'a', runtime: 'claude' }]).live('a');
  const [assessment] = scene.assess().agents;
  const { situation, desired, files } = assessment!;
  if (situation.kind !== 'live') throw new Error('it lives');
  const sight = { ...unseen, live: 'other' };
  expect(
    conversationInForce({ agent: 'a', sight, marks: situation.session.marks, files, desired, end: null }),
  ).toMatchObject({ kind: 'known', conversation: { id: 'other', runtime: 'claude' }, holds: true });
});

describe('a human who begins one conversation after the other', () => {
  const humans = (more: Partial<Conversation>): Conversation =>
    conversation('second', { origin: 'learnt', createdAt: 0, ...more });
  const after = (current: Conversation, evidence: Evidence): ConversationRecord | undefined => {
    // Its session names what it was started in.
    const conversation = current.origin === 'chosen' ? current.id : 'first';
    const scene = new Scene([{ name: 'a', runtime: 'claude' }]).live('a', { marks: { conversation } });
    const record = { current, former: [former('first', 'in-runtime')] };
    scene.conversations.set('a', {
      ...{ record: { known: true, value: record }, live: 'third', spokenTo: true },
      evidence: new Map([[current.id, evidence]]),
    });
    return findingsIn(scene.world(), now)[0]?.after;
  };
  const holding: Evidence = { state: 'holds', bytes: 1, changedAt: now };
  test.each<readonly [string, Conversation, Evidence, readonly string[]]>([
    ['that was spoken in', humans({ accepted: false }), holding, ['second', 'first']],
    ['that fleet delivered to', humans({ accepted: true }), { state: 'unknown' }, ['second', 'first']],
    ['that holds nothing', humans({ accepted: false }), { state: 'empty' }, ['first']],
    // fleet began it, and he had said nothing in it.
    [
      'of fleet’s that holds nothing',
      conversation('second', { accepted: false }),
      { state: 'empty' },
      ['first'],
    ],
    [
      'of fleet’s of which no file tells',
      conversation('second', { accepted: false }),
      { state: 'unknown' },
      ['second', 'first'],
    ],
  ])('of one %s the history knows what it has to', (_, current, evidence, ids) => {
    const record = after(current, evidence);
    expect(record?.current?.id).toBe('third');
    expect(record?.former.map(({ id }) => id)).toEqual(ids);
  });
});

describe('a conversation on record that never began', () => {
  const never = conversation('never', { accepted: false, createdAt: now - 10_000 });
  const record = { current: never, former: [former('goes-on', 'fresh')] };
  const evidence = new Map<string, Evidence>([
    ['never', { state: 'empty' }],
    ['goes-on', { state: 'holds', bytes: 1, changedAt: now }],
  ]);
  const sight = { ...unseen, record: { known: true, value: record } as const, evidence };
  const lives = (marked: string, seen: typeof sight = sight): ConversationRecord | undefined => {
    const scene = new Scene([{ name: 'a', runtime: 'claude' }]).live('a', {
      marks: { conversation: marked },
    });
    scene.conversations.set('a', seen);
    return findingsIn(scene.world(), now)[0]?.after;
  };
  const dead = (more: Partial<LastEnd>, seen: typeof sight = sight): ConversationRecord | null => {
    const scene = stopped(record);
    scene.conversations.set('a', seen);
    scene.ends.set('a', {
      ...{
        invocation: 'i',
        reason: 'signaled',
        status: null,
        signal: 'KILL',
        at: now / 1000,
        ranMs: 900_000,
      },
      ...{ spec: null, moment: { boot: 'b', ms: 0 }, conversation: { id: 'goes-on', how: 'new' } },
      ...more,
    });
    const desired = scene.world().desired.get('a');
    if (desired?.kind !== 'resolved') throw new Error('it is in the roster');
    return commence(scene.actionOn('a')!, desired, seen, { ...launching('s'), now }).record;
  };
  const begun = { current: { id: 'never' }, former: [{ id: 'goes-on', ended: 'fresh' }] };

  test('is forgotten by whoever sees the one before it go on', () => {
    expect(lives('goes-on')).toMatchObject({ current: { id: 'goes-on' }, former: [] });
    expect(lives('never')).toBeUndefined();
    const spoken = new Map<string, Evidence>([['never', { state: 'holds', bytes: 1, changedAt: now }]]);
    expect(lives('goes-on', { ...sight, evidence: spoken })).toMatchObject({
      ...{ current: { id: 'goes-on' }, former: [{ id: 'never', ended: 'in-runtime' }] },
    });
  });

  test('is not begun where the one before it went on, and ended of itself', () => {
    expect(dead({})).toMatchObject({ current: { id: 'goes-on', resumed: {} }, former: [] });
  });

  test.each<readonly [string, Partial<LastEnd>, typeof sight]>([
    ['it began, and ended', { conversation: { id: 'never', how: 'new' } }, sight],
    ['the other one had ended before', { at: now / 1000 - 11 }, sight],
    ['the other one is gone', {}, { ...sight, evidence: new Map([['never', { state: 'empty' }]]) }],
    [
      'it may hold something',
      {},
      { ...sight, evidence: new Map([...evidence, ['never', { state: 'unknown' }]]) },
    ],
  ])('is the current one where %s', (_, end, seen) => {
    expect(dead(end, seen)).toMatchObject(begun);
  });
});

test.each<readonly [string, ConversationRecord, string | null, string]>([
  ['the one on record', { current: conversation('x'), former: [] }, 'x', 'x'],
  ['what it was started in', { current: conversation('never'), former: [former('x', 'fresh')] }, 'x', 'x'],
  ['also where that is on no record', { current: conversation('never'), former: [] }, 'x', 'x'],
  [
    'what a human began',
    { current: conversation('y', { unit: 'u' }), former: [former('x', 'in-runtime')] },
    'x',
    'y',
  ],
  [
    'what a human began, before a restart that did not come',
    { current: conversation('never'), former: [former('y', 'fresh', { unit: 'u' })] },
    'x',
    'y',
  ],
  ['one that does not show', { current: conversation(''), former: [] }, null, ''],
  ['the one on record, of an adopted session', { current: conversation('x'), former: [] }, null, 'x'],
  ['nothing on record', noConversations, null, ''],
])('what is said is said in %s', (_, record, marked, id) => {
  expect(spokenIn(record, { unit: 'u', conversation: marked })).toBe(id);
});

test('the history holds the last fifty that held something', () => {
  let record: ConversationRecord = noConversations;
  for (let i = 0; i < 60; i += 1)
    record = withCurrent(record, conversation(`c${i}`), { ended: 'fresh', at: i, held: i % 60 !== 1 });
  expect(record.former).toHaveLength(50);
  expect(record.former[0]).toMatchObject({ id: 'c58', ended: 'fresh' });
  const back = withCurrent(record, record.former[3]!, { ended: 'replaced', at: 99, held: true });
  expect(back.former.map(({ id }) => id)).not.toContain(back.current?.id);
});

test('only the runtime’s own failure, soon after its start, is a resume that failed', () => {
  const end: LastEnd = {
    ...{ invocation: 'i', reason: 'exited', status: 1, signal: null, at: 0, ranMs: 900, spec: null },
    ...{ moment: { boot: 'b', ms: 0 }, conversation: { id: 'x', how: 'resume' as const } },
  };
  expect(endedOnResume(end)).toBe(true);
  expect(endedOnResume({ ...end, status: 0 })).toBe(false);
  expect(endedOnResume({ ...end, reason: 'signaled' })).toBe(false);
  expect(endedOnResume({ ...end, ranMs: 60_000 })).toBe(false);
  expect(endedOnResume({ ...end, conversation: { id: 'x', how: 'new' } })).toBe(false);
});

describe('a new conversation of pi', () => {
  const idFor = (directory: string, name = 'a', env: object = {}): string => {
    const scene = new Scene([{ name, runtime: 'pi', working_directory: directory, env }]);
    const desired = scene.world().desired.get(name);
    if (desired?.kind !== 'resolved') throw new Error('it is in the roster');
    const around = { ...launching('s'), now, newId: () => '01234567-89ab-4def-8123-456789abcdef' };
    return commence(scene.actionOn(name)!, desired, undefined, around).record?.current?.id ?? '';
  };
  test.each<readonly [string, string, string]>([
    ['of a short path', '~/src', 'a'],
    ['of a long one', `/work/${'directory/'.repeat(40)}`, 'a'],
    ['of one in other letters', `/work/${'ディレクトリ/🦊/'.repeat(20)}`, 'a'],
    ['of a long name', '/home/some/where/that/is/not/short/at/all', 'n'.repeat(200)],
  ])('is a file in a directory of its own that can be made: %s', (_, directory, name) => {
    const [folder = '', file] = idFor(directory, name).split('/').slice(-2);
    expect(file).toBe('01234567-89ab-4def-8123-456789abcdef.jsonl');
    expect(folder).toMatch(new RegExp(`^--[^/\ufffd]+--fleet-${name}-01234567$`, 'u'));
    expect(Buffer.byteLength(folder)).toBeLessThanOrEqual(255);
  });
  test('lies where pi looks for it', () => {
    expect(idFor('~/src')).toMatch(/^\/home\/op\/\.pi\/agent\/sessions\/--home-op-src--fleet-a-/);
    expect(idFor('~/src', 'a', { PI_CODING_AGENT_DIR: '/pi' })).toMatch(/^\/pi\/sessions\/--/);
    expect(idFor('~/src', 'a', { PI_CODING_AGENT_DIR: '' })).toMatch(/^\/home\/op\/\.pi\/agent\/sessions\//);
  });
});

describe('agent resume', () => {
  const record: ConversationRecord = {
    current: conversation('aaa-1'),
    former: [
      former('aab-2', 'fresh'),
      former('aab-3', 'fresh'),
      former('pi-4', 'changed', { runtime: 'pi' }),
      former('dir-5', 'changed', { directory: '~/old' }),
    ],
  };
  test.each<readonly [string, RegExp]>([
    [
      'zzz',
      /a has no such conversation on record, and claude keeps none by that whole id; see: fleet agent conversations a/,
    ],
    ['aab', /2 conversations of a begin with that/],
    ['pi-4', /it was begun with pi, and a is a claude now/],
    ['dir-5', /claude can only resume it in ~\/old/],
  ])('%s is refused', (id, message) => {
    const chosen = chooseConversation(stopped(record).world(), 'a', id);
    expect(chosen.ok ? '' : chosen.message).toMatch(message);
  });
  test('one that is on no record is taken by its whole id, where the runtime’s files hold it', () => {
    const whole = '01234567-89ab-4def-8123-456789abcdef';
    const chosen = chooseConversation(stopped(record).world(), 'a', whole, (id) => id === whole);
    expect(chosen).toMatchObject({ ok: true, conversation: { id: whole, accepted: true, origin: 'learnt' } });
    for (const [text, held] of [
      [whole, false],
      [whole.slice(0, 8), true],
      ['../x', true],
      ['', true],
    ] as const)
      expect(chooseConversation(stopped(record).world(), 'a', text, () => held).ok, text).toBe(false);
  });
  describe('beside another agent', () => {
    const place = '/home/op/.pi/agent/sessions/--home-op-src--fleet-b-01234567--';
    const own = place.replace(/--$/, '');
    /** What stands in the way of a, a pi, while b's own conversation is this one. */
    const refusal = (theirs: string, wanted: string): string => {
      const scene = new Scene([
        { name: 'a', runtime: 'pi' },
        { name: 'b', runtime: 'pi' },
      ]);
      const record = { current: conversation(theirs, { runtime: 'pi' }), former: [] };
      scene.conversations.set('b', { ...unseen, record: { known: true, value: record } });
      const chosen = chooseConversation(scene.world(), 'a', wanted, () => true);
      return chosen.ok ? '' : chosen.message;
    };
    test.each<readonly [string, string, string, RegExp]>([
      ['its conversation', `${own}/x.jsonl`, `${own}/x.jsonl`, /^b is in it$/],
      ['its conversation in another spelling', `/${own}//./x.jsonl`, `${own}/x.jsonl`, /^b is in it$/],
      [
        'one that its human began beside it',
        `${own}/x.jsonl`,
        `${own}/y.jsonl`,
        /^b is in another one of the/,
      ],
      ['one that lies elsewhere', `${own}/x.jsonl`, `${own.replace('-b-', '-c-')}/y.jsonl`, /^$/],
      ['one of a directory that many share', `${place}/x.jsonl`, `${place}/y.jsonl`, /^$/],
      ['one in a spelling that is no id', `${own}/x.jsonl`, `${own}/./y.jsonl`, /no such conversation/],
    ])('%s', (_, theirs, wanted, message) => {
      expect(refusal(theirs, wanted)).toMatch(message);
    });
  });
  test('of a runtime without conversations, or of one that cannot, is refused', () => {
    const own = chooseConversation(stopped(record, { runtime: 'own', command: ['own'] }).world(), 'a', 'aaa');
    expect(own.ok ? '' : own.message).toBe('own has no conversations that fleet knows of');
    const off = chooseConversation(stopped(record, { resume: false }).world(), 'a', 'aaa');
    expect(off.ok ? '' : off.message).toBe('resume: false in the roster');
  });
  test('plans a start in it', () => {
    const world = stopped(record).world();
    const chosen = chooseConversation(world, 'a', 'aab-2');
    if (!chosen.ok) throw new Error(chosen.message);
    expect(resumePlan(world, 'a', chosen.conversation, now).actions).toMatchObject([
      {
        action: 'start',
        gate: { kind: 'ready' },
        conversation: { next: { kind: 'same', conversation: { id: 'aab-2' }, resumes: true } },
      },
    ]);
  });
  test.each([
    ['was-b', 'goes into a conversation of b’s'],
    ['nobodys', 'goes into a conversation that is on no record of it'],
    ['was-a', 'goes back to its earlier conversation'],
  ])('%s: it is told whose it was', (id, text) => {
    const scene = new Scene([
      { name: 'a', runtime: 'pi' },
      { name: 'b', runtime: 'pi' },
    ]).live('a', { marks: { conversation: 'now-a' } });
    for (const name of ['a', 'b']) {
      const current = conversation(`now-${name}`, { runtime: 'pi', accepted: false });
      const value = { current, former: [former(`was-${name}`, 'fresh', { runtime: 'pi' })] };
      const evidence = new Map([[current.id, { state: 'empty' } as const]]);
      scene.conversations.set(name, { ...unseen, record: { known: true, value }, evidence });
    }
    const wanted = conversation(id, { runtime: 'pi' });
    const [action] = resumePlan(scene.world(), 'a', wanted, now).actions;
    expect(outlookText(action!)).toBe(text);
  });
});
