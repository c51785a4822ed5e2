import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { apply } from '../../src/controller/apply.js';
import { findingsIn } from '../../src/controller/findings.js';
import { continuing, launchRecord } from '../../src/controller/launch.js';
import { noWords, type Words } from '../../src/controller/gate.js';
import { operatorPlan } from '../../src/controller/operator-plan.js';
import { plan } from '../../src/controller/plan.js';
import type { Plan } from '../../src/controller/action.js';
import type { World } from '../../src/controller/assess.js';
import { resumabilityOf } from '../../src/roster/conversation.js';
import { ok } from '../../src/roster/result.js';
import { FakeHost, FleetKilled, launching } from '../support/fake-host.js';
import { rosterOf, type AgentDoc } from '../support/scene.js';

type Happening =
  | { readonly kind: 'apply'; readonly words: 'none' | 'now' | 'approve'; readonly dieAfter: number | null }
  | { readonly kind: 'restart'; readonly fresh: boolean; readonly dieAfter: number | null }
  | {
      readonly kind: 'edit';
      readonly field: 'runtime' | 'env' | 'directory' | 'resume';
      readonly value: number;
    }
  /** A message is accepted by what runs; `told`: fleet delivered it and wrote that down. */
  | { readonly kind: 'say'; readonly told: boolean }
  | { readonly kind: 'crash' | 'kill-session' | 'kill-server' | 'leave' | 'come back' | 'clear' | 'by hand' };

const dieAfter = fc.option(fc.integer({ min: 0, max: 8 }), { freq: 3 });
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('apply' as const),
      words: fc.constantFrom('none' as const, 'now' as const, 'approve' as const),
      dieAfter,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('restart' as const), fresh: fc.boolean(), dieAfter }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('edit' as const),
      field: fc.constantFrom('runtime' as const, 'env' as const, 'directory' as const, 'resume' as const),
      value: fc.integer({ min: 0, max: 1 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('say' as const), told: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc
      .constantFrom(
        ...(['crash', 'kill-session', 'kill-server', 'leave', 'come back', 'clear', 'by hand'] as const),
      )
      .map((kind) => ({ kind })),
  },
);

/** One agent, and the conversation that its last accepted message went to. */
class Story {
  readonly host = new FakeHost();
  doc: Record<string, unknown> = { name: 'a', runtime: 'claude' };
  inRoster = true;
  lastAccepted: string | null = null;
  #pid: number | null = null;
  #cleared = 0;

  get world(): World {
    return this.host.observe(
      rosterOf([
        ...(this.inRoster ? [this.doc as AgentDoc] : []),
        { name: 'z', runtime: 'own', command: ['x'] },
      ]),
    );
  }

  async happen(one: Happening): Promise<void> {
    const { host, doc } = this;
    host.now += 3_600_000;
    const session = host.sessionOf('a');
    switch (one.kind) {
      case 'apply': {
        const words: Words = {
          ...{ now: one.words === 'now', confirm: true },
          approve: new Set(one.words === 'approve' ? ['a'] : []),
        };
        await this.#walk((world) => plan(world, { ...noWords, ...words }, host.now), one.dieAfter);
        break;
      }
      case 'restart':
        if (this.inRoster)
          await this.#walk(
            (world) => operatorPlan(world, one.fresh ? 'restart --fresh' : 'restart', ['a'], host.now),
            one.dieAfter,
          );
        break;
      case 'edit':
        if (one.field === 'runtime') doc['runtime'] = ['claude', 'codex'][one.value];
        if (one.field === 'env') doc['env'] = { X: String(one.value) };
        if (one.field === 'directory') doc['working_directory'] = ['~/a', '~/b'][one.value];
        if (one.field === 'resume') doc['resume'] = one.value === 1;
        break;
      case 'say': {
        const id = this.#shown();
        if (id === null) break;
        host.spoken.add(id);
        this.lastAccepted = id;
        const record = host.conversations.get('a');
        if (one.told && record?.current?.id === id)
          host.conversations.set('a', { ...record, current: { ...record.current, accepted: true } });
        break;
      }
      case 'crash':
      case 'kill-session':
        if (session !== undefined) host.endSession(session);
        break;
      case 'kill-server':
        host.killServer();
        break;
      case 'leave':
        this.inRoster = false;
        break;
      case 'come back':
        this.inRoster = true;
        break;
      case 'clear':
        // Somebody types /clear: the process shows another id from now on.
        if (session !== undefined && this.#shown() !== null)
          session.marks = { ...session.marks, conversation: `cleared-${(this.#cleared += 1)}` };
        break;
      case 'by hand':
        await host.restartUnits(session === undefined ? [] : ['a']);
        break;
    }
    this.#judge(one);
    this.#keep();
  }

  /** A controller looks every quarter of a minute, and writes down what the process shows. */
  #keep(): void {
    const { world } = this;
    for (const { agent, after, assessment } of findingsIn(world, this.host.now)) {
      this.host.conversations.set(agent, after);
      const { desired, situation } = assessment;
      if (situation.kind !== 'live' || after.current === null) continue;
      const { spec, context } = situation.session.marks;
      const same =
        desired?.kind === 'resolved' && spec === desired.specHash && context === desired.contextHash;
      const can = same ? resumabilityOf(desired.spec, desired.site) : null;
      if (!same || can?.kind !== 'can') {
        const record = continuing(this.host.launchRecords.get(agent) ?? '', after.current.id);
        if (record !== null) this.host.launchRecords.set(agent, record);
        continue;
      }
      const { places } = launching(world.roster.socketName);
      const record = launchRecord(desired, places, { shape: can.shape, id: after.current.id });
      if (record.ok) this.host.launchRecords.set(agent, record.value);
    }
  }

  #shown(): string | null {
    const marks = this.host.sessionOf('a')?.marks;
    if (marks === undefined || this.host.pidOf('a') === null) return null;
    return marks.conversation === null || marks.conversation === ''
      ? `shown-${marks.unit ?? 'a'}`
      : marks.conversation;
  }

  /** What was just started is in the conversation that its last accepted message went to, or in one that holds nothing. */
  #judge(one: Happening): void {
    const pid = this.host.pidOf('a');
    if (pid === this.#pid) return;
    this.#pid = pid;
    const id = this.#shown();
    if (id === null || id === this.lastAccepted) return;
    expect(
      this.host.spoken.has(id),
      `${JSON.stringify(one)}: started in ${id}, spoken to in ${this.lastAccepted}`,
    ).toBe(false);
  }

  async #walk(planOf: (world: World) => Plan, dies: number | null): Promise<void> {
    const { host, world } = this;
    host.callsLeft = dies;
    try {
      await apply(
        planOf(world),
        world,
        {
          actuators: host,
          ...launching(world.roster.socketName),
          observe: () => Promise.resolve(this.world),
          planAgain: () => Promise.resolve(ok(planOf(this.world))),
          report: () => undefined,
          pause: () => Promise.resolve(),
          interrupted: () => false,
        },
        host.now,
      );
    } catch (error) {
      if (!(error instanceof FleetKilled)) throw error;
    }
    host.callsLeft = null;
  }
}

test('an agent is started in the conversation that its last accepted message went to, or in an empty one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 5, maxLength: 40 }), async (history) => {
      const story = new Story();
      await story.happen({ kind: 'apply', words: 'none', dieAfter: null });
      for (const one of history) await story.happen(one);
    }),
    { numRuns: 500 },
  );
}, 300_000);

test('without an edit and without the word that ends it, an agent never loses its conversation', async () => {
  const harmless = happening.filter(
    ({ kind }) => kind !== 'edit' && kind !== 'clear' && kind !== 'leave' && kind !== 'say',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(harmless, { minLength: 5, maxLength: 30 }), async (history) => {
      const story = new Story();
      await story.happen({ kind: 'apply', words: 'none', dieAfter: null });
      await story.happen({ kind: 'say', told: true });
      const id = story.lastAccepted;
      for (const one of history) if (one.kind !== 'restart' || !one.fresh) await story.happen(one);
      for (let i = 0; i < 3; i += 1) await story.happen({ kind: 'apply', words: 'now', dieAfter: null });
      expect(story.host.sessionOf('a')?.marks.conversation).toBe(id);
    }),
    { numRuns: 200 },
  );
}, 300_000);

test('edits that are taken back before anybody spoke lead back to the conversation before them', async () => {
  const silent = happening.filter(
    ({ kind }) => kind !== 'clear' && kind !== 'leave' && kind !== 'say' && kind !== 'by hand',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(silent, { minLength: 3, maxLength: 20 }), async (history) => {
      const story = new Story();
      const before = { ...story.doc };
      await story.happen({ kind: 'apply', words: 'none', dieAfter: null });
      await story.happen({ kind: 'say', told: true });
      const id = story.lastAccepted;
      for (const one of history) {
        if (one.kind === 'restart' && one.fresh) continue;
        await story.happen('dieAfter' in one ? { ...one, dieAfter: null } : one);
      }
      story.doc = before;
      await story.happen({ kind: 'apply', words: 'approve', dieAfter: null });
      // That it is resumed again is an update: in force with the next start.
      await story.happen({ kind: 'restart', fresh: false, dieAfter: null });
      expect(story.host.sessionOf('a')?.marks.conversation).toBe(id);
    }),
    { numRuns: 200 },
  );
}, 300_000);
