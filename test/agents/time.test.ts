import { describe, expect, test } from 'vitest';
import { until } from '../support/fleet-sandbox.js';
import { missing, wanted } from '../support/real-agents.js';
import { startBurners } from './burners.js';
import { RealFleet } from './real-fleet.js';

// How long until a receipt says delivered, beside what the runtime itself needs from a paste until the model is asked. Printed,
// never judged: a loaded machine is no fault.
const rounds = Number(process.env['FLEET_TIME_ROUNDS'] ?? 5);

const median = (values: readonly number[]): number =>
  Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN);

describe('time until a receipt', () => {
  for (const runtime of wanted()) {
    test.skipIf(missing().includes(runtime))(`of ${runtime}`, { timeout: 400_000 }, async () => {
      const all = await RealFleet.start({ one: runtime });
      const burners = startBurners();
      try {
        const pane = all.pane('one');
        const atModel = async (text: string): Promise<number> => {
          await all.received(text);
          return (
            all.server.requests().find(({ main, last }) => main && last.includes(text))?.atMs ?? Number.NaN
          );
        };
        await all.expectSent(/^(delivered|queued)/, 'one', 'good morning', '--timeout', '60s');
        await all.quiet();
        const tries: number[] = [];
        const [raw, receipt, whole, asked]: readonly [number[], number[], number[], number[]] = [
          [],
          [],
          [],
          [],
        ];
        for (let count = 0; count < rounds; count += 1) {
          const byHand = `by hand ${count}`;
          const from = performance.now();
          pane.paste(byHand);
          await until('the text to show', () => pane.text().includes(byHand));
          // What comes sooner after a paste gemini 0.61 swallows.
          await until('it to take Enter', () => runtime !== 'gemini' || performance.now() - from >= 300);
          pane.keys('Enter');
          raw.push((await atModel(byHand)) - from);
          await all.quiet();
          const byFleet = `by fleet ${count}`;
          const start = performance.now();
          const { elapsedMs, attempts } = await all.expectSent(/^(delivered|queued)/, 'one', byFleet);
          whole.push(performance.now() - start);
          receipt.push(elapsedMs);
          tries.push(attempts);
          asked.push((await atModel(byFleet)) - start);
          await all.quiet();
        }
        console.log(
          `TIME ${runtime.padEnd(9)} by hand until the model is asked ${median(raw)} ms; receipt ${median(receipt)} ms; ` +
            `command with its start ${median(whole)} ms, the model is asked after ${median(asked)} ms; medians of ${rounds}; keys pressed ${tries.join(' ')}`,
        );
        expect(receipt).toHaveLength(rounds);
      } finally {
        burners.end();
        await all.dispose();
      }
    });
  }
});
