import { describe, expect, test } from 'vitest';
import { pressKeys } from '../../src/actuators/messages.js';
import { exec } from '../../src/host/exec.js';
import { findPanes } from '../../src/observers/screens.js';
import { BUILT_IN } from '../../src/roster/profiles.js';
import { missing, wanted, type Runtime } from '../support/real-agents.js';
import { fleetPerTest } from './fleet-per-test.js';
import type { RealFleet } from './real-fleet.js';
import { randomFrom } from './seeded.js';

// Questions that the model asks its human with the agent's own tool: they come up in every mode, also where nothing is
// asked for approval. pi has no such tool, and codex refuses its own outside plan mode (0.169): skipped, and counted so.
const asks = (runtime: Runtime): boolean =>
  !missing().includes(runtime) && runtime !== 'pi' && runtime !== 'codex';
const rounds = Number(process.env['FLEET_RACE_ROUNDS'] ?? 6);
const seed = Number(process.env['FLEET_RACE_SEED'] ?? 1);
const keysOf = process.env['FLEET_RACE_KEYS']?.split(' ');
const OPEN = /1\. +First/;

describe('a question of the agent’s own', () => {
  const start = fleetPerTest();
  const results = (fleet: RealFleet): number =>
    Math.max(0, ...fleet.server.requests().map(({ toolResults }) => toolResults.length));

  const cases = wanted().flatMap((runtime) => [true, false].map((approvals) => ({ runtime, approvals })));
  for (const { runtime, approvals } of cases) {
    const mode = approvals ? 'asks for approval' : 'asks for no approval';
    test.skipIf(!asks(runtime))(
      `of ${runtime} that ${mode} is never answered by a message`,
      { timeout: 120_000 },
      async () => {
        const all = await start({ one: runtime }, { approvals });
        const pane = all.pane('one');
        await all.expectSent(
          /^(delivered|queued|unknown)/,
          'one',
          'please ask\nQUESTION=Which?|And then?',
          '--timeout',
          '60s',
        );
        await all.eventually('the question', () => pane.has(OPEN));
        for (const next of ['one', 'two']) {
          const before = (await pane.settles()).lines;
          await all.expectSent(/^refused Dialog/, 'one', `not an answer, ${next}`);
          await all.expectSent(/^refused Dialog/, 'one', `not an answer, ${next}`, '--clear-draft');
          expect(pane.screen().lines).toEqual(before);
          expect(results(all)).toBe(0);
          pane.keys('Enter');
        }
        // What has been answered is looked over once more before it is sent.
        const review = (await pane.settles()).lines;
        await all.expectSent(/^refused Dialog/, 'one', 'not an answer, three', '--clear-draft');
        expect(pane.screen().lines).toEqual(review);
        expect(results(all)).toBe(0);
        expect(all.times('not an answer')).toBe(0);
      },
    );
  }

  for (const runtime of wanted()) {
    const keys = keysOf ?? BUILT_IN.get(runtime)?.submitBusy ?? [];
    // Where none is pressed there is nothing to race.
    test.skipIf(!asks(runtime) || keys.length === 0)(
      `of ${runtime} is not answered by the keys that submit while it works`,
      { timeout: 60_000 + rounds * 60_000 },
      async () => {
        const all = await start({ one: runtime });
        expect(await pressed(all, runtime, keys)).not.toContain('ANSWERED');
      },
    );
  }

  test.skipIf(!wanted().includes('claude') || !asks('claude'))(
    'of claude is not answered by a message on its way, as nothing is entered while it works',
    { timeout: 60_000 + rounds * 60_000 },
    async () => {
      const all = await start({ one: 'claude' });
      const { server } = all;
      const pane = all.pane('one');
      const random = randomFrom(seed);
      for (let count = 0; count < rounds; count += 1) {
        const gate = `w${seed}x${count}`;
        const ask = `ask GATE=${gate}\nQUESTION=Is it ${gate}?`;
        await all.expectSent(/^(delivered|queued)/, 'one', ask, '--timeout', '60s');
        await all.received(`GATE=${gate}`);
        const before = results(all);
        const opening = setTimeout(() => server.open(gate), random() * 2000);
        await all.expectSent(/^refused (Dialog|Busy)/, 'one', `meanwhile ${gate}`, '--timeout', '20s');
        clearTimeout(opening);
        server.open(gate);
        await all.eventually('the question', () => pane.has(OPEN));
        await pane.settles(800, 2500);
        expect([results(all), pane.has(OPEN)]).toEqual([before, true]);
        pane.keys('Enter');
        await all.quiet();
        expect(all.times(`meanwhile ${gate}`)).toBe(0);
      }
    },
  );

  /** The keys, pressed in the tenths of a second in which a question comes up; what became of it, by round. */
  async function pressed(
    fleet: RealFleet,
    runtime: Runtime,
    keys: readonly string[],
  ): Promise<readonly string[]> {
    const pane = fleet.pane('one');
    const profile = BUILT_IN.get(runtime);
    const panes = await findPanes(exec, fleet.fleet.socket);
    const target = panes.known ? panes.value?.find(({ agent }) => agent === 'one') : undefined;
    if (target === undefined || profile === undefined) throw new Error('no pane');
    const random = randomFrom(seed);
    const verdicts: string[] = [];
    let edge = Number(process.env['FLEET_RACE_EDGE'] ?? 200);
    for (let count = 0; count < rounds; count += 1) {
      const gate = `q${runtime}${seed}x${count}`;
      const question = `Is it ${gate}?`;
      const ask = `ask GATE=${gate}\nQUESTION=${question}`;
      await fleet.expectSent(/^(delivered|queued)/, 'one', ask, '--timeout', '60s');
      await fleet.received(`GATE=${gate}`);
      const before = results(fleet);
      pane.paste(`said ${gate} meanwhile`);
      await pane.shows(new RegExp(`said ${gate}`), 60_000);
      const delayMs = Math.max(0, edge + (random() - 0.7) * 150);
      fleet.server.open(gate);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      const act = await pressKeys(exec, fleet.fleet.socket, 'one', target, keys, profile.dialog);
      const answered = (): boolean => results(fleet) > before;
      await fleet.eventually('the question, or its answer', () => pane.has(OPEN) || answered());
      await pane.settles(800, 2500);
      const verdict = answered() ? 'ANSWERED' : pane.has(OPEN) ? 'stands' : 'is gone';
      edge = act.kind === 'refused' ? edge - 30 : verdict === 'stands' ? edge + 60 : edge;
      console.log(`${runtime} ${count}: after ${Math.round(delayMs)} ms: ${act.kind}, ${verdict}`);
      verdicts.push(verdict);
      if (verdict === 'stands') pane.keys('Enter');
      if (verdict !== 'is gone') await fleet.eventually('the answer', answered);
      await fleet.quiet();
      await fleet.clearDraft();
    }
    return verdicts;
  }
});
