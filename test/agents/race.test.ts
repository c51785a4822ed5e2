import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { missing, wanted, type Runtime } from '../support/real-agents.js';
import { fleetPerTest } from './fleet-per-test.js';
import type { RealFleet } from './real-fleet.js';
import { RECIPES } from './screens/recipes.js';
import { randomFrom } from './seeded.js';

// Enter in an approval dialog approves what it asks. Here dialogs come up while a message is on its way:
//   FLEET_RACE_ROUNDS=40 FLEET_RACE_SEED=7 FLEET_TEST_LOAD=3 npm run test:agents -- test/agents/race.test.ts
const rounds = Number(process.env['FLEET_RACE_ROUNDS'] ?? 6);
const seed = Number(process.env['FLEET_RACE_SEED'] ?? 1);

interface Round {
  readonly delayMs: number;
  readonly receipt: string;
  readonly faults: readonly string[];
}

/** One message, and one dialog that comes up `delayMs` after its sender was started. */
async function race(all: RealFleet, runtime: Runtime, name: string, delayMs: number): Promise<Round> {
  const pane = all.pane('one');
  const dialog = RECIPES[runtime].dialog ?? /./;
  const file = path.join(all.fleet.work, 'one', `made-${name}`);
  const toolResults = (): number => all.server.requests().at(-1)?.toolResults.length ?? 0;
  await all.expectSent(
    /^(delivered|queued)/,
    'one',
    `run ${name} GATE=g${name} ESCALATE\nTOOL=touch ${file}`,
    '--timeout',
    '60s',
  );
  await all.received(`GATE=g${name}`);
  const resultsBefore = toolResults();
  const message = `say ${name} nothing`;
  const opening = setTimeout(() => all.server.open(`g${name}`), delayMs);
  const { receipt } = await all.send('one', message);
  clearTimeout(opening);
  all.server.open(`g${name}`);

  const faults: string[] = [];
  // Either it shows, or somebody has answered it already.
  await all.eventually('the dialog, or its answer', () => pane.has(dialog) || fs.existsSync(file));
  await pane.settles(800, 2500);
  if (fs.existsSync(file) || toolResults() > resultsBefore) faults.push('the command was approved');
  else if (!pane.has(dialog)) faults.push('the dialog is gone');
  if (all.times(message) > 0 && receipt.status === 'refused') faults.push('refused, and the model has it');

  // Now the human answers it.
  if (pane.has(dialog)) pane.keys('Enter');
  await all.eventually('the command to run', () => fs.existsSync(file));
  const taken = receipt.status === 'delivered' || receipt.status === 'queued';
  if (taken)
    await all.received(message).catch(() => faults.push('the receipt says taken, and the model has nothing'));
  await all.quiet();
  const times = all.times(message);
  if (times > 1) faults.push(`delivered ${times} times`);
  if (!taken && receipt.status !== 'unknown' && times > 0)
    faults.push(`${receipt.status}, and the model has it`);
  if (receipt.status === 'drafted' && !pane.text().includes(message))
    faults.push('drafted, and not to be seen');
  if (!taken) await all.clearDraft();
  return { delayMs, receipt: `${receipt.status} ${receipt.reason ?? ''}`.trim(), faults };
}

describe('a dialog that comes up while a message is on its way', () => {
  const start = fleetPerTest();

  for (const runtime of wanted().filter((one) => RECIPES[one].dialog === null)) {
    test.skipIf(missing().includes(runtime))(
      `of ${runtime} never does: it asks nobody, and the message arrives once`,
      { timeout: 120_000 },
      async () => {
        const all = await start({ one: runtime }, { approvals: true });
        const file = path.join(all.fleet.work, 'one', 'made');
        await all.expectSent(
          /^(delivered|queued)/,
          'one',
          `run GATE=g\nTOOL=touch ${file}`,
          '--timeout',
          '60s',
        );
        await all.received('GATE=g');
        const { receipt } = await all.send('one', 'meanwhile');
        expect(receipt.status).toMatch(/^(delivered|queued)$/);
        all.server.open('g');
        await all.eventually('the command has run', () => fs.existsSync(file));
        await all.received('meanwhile');
        await all.quiet();
        expect(all.times('meanwhile')).toBe(1);
      },
    );
  }

  for (const runtime of wanted().filter((one) => RECIPES[one].dialog !== null)) {
    test.skipIf(missing().includes(runtime))(
      `of ${runtime} is never answered by it`,
      { timeout: 60_000 + rounds * 60_000 },
      async () => {
        const all = await start({ one: runtime }, { approvals: true });
        const random = randomFrom(seed);
        const seen: Round[] = [];
        // The moment before which a dialog bars the message, and after which it is taken: rounds crowd around it.
        let edge = 500;
        for (let count = 0; count < rounds; count += 1) {
          const far = count % 4 === 0;
          const delayMs = Math.max(0, Math.round(far ? random() * 2 * edge : edge + (random() - 0.5) * 160));
          const round = await race(all, runtime, `${runtime}${seed}x${count}`, delayMs);
          seen.push(round);
          if (!far)
            edge = Math.max(
              0,
              edge +
                (round.receipt.startsWith('queued') ? -60 : round.receipt.startsWith('refused') ? 90 : 0),
            );
          console.log(
            `${runtime} ${count}: dialog after ${delayMs} ms: ${round.receipt} ${round.faults.join('; ')}`,
          );
        }
        expect(seen.filter(({ faults }) => faults.length > 0)).toEqual([]);
      },
    );
  }
});
