import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, run, until } from '../support/fleet-sandbox.js';
import { missing, wanted } from '../support/real-agents.js';
import { RealFleet } from './real-fleet.js';

// What a text may hold or end with, of which a runtime makes something of its own.

/** Behind these a composer offers files, agents, skills or emoji, and Enter would choose from them. */
const ENDS = [
  'look at @REA',
  'look at @src/ma',
  'tell it to @lead',
  'ping @',
  'use $ski',
  'it costs $',
  'well :smi',
];
/** Of these some write down less, or other characters, than they were sent. */
const SIGNS = [
  'cafe\u0301 \u1112\u1161\u11ab decomposed',
  '\u200f\u05e9\u05dc\u05d5\u05dd\u200e \u2066with marks\u2069',
  'an\u200bother word',
];

for (const runtime of wanted()) {
  describe.skipIf(missing().includes(runtime))(runtime, () => {
    let all: RealFleet;
    beforeAll(async () => {
      all = await RealFleet.start({ one: runtime }, { together: true });
      const work = path.join(all.fleet.work, 'all');
      fs.mkdirSync(path.join(work, 'src', 'main'), { recursive: true });
      fs.writeFileSync(path.join(work, 'README.md'), 'words\n');
    });
    afterAll(() => all.dispose());

    test('takes a text that ends in the middle of a name', { timeout: 240_000 }, async () => {
      for (const [index, end] of ENDS.entries()) {
        const text = `text ${index}: ${end}`;
        await all.expectSent(/^delivered/, 'one', text, '--when-idle', '--timeout', '60s');
        // gemini itself takes @REA for the file that it finds.
        const said = runtime === 'gemini' ? `text ${index}: ` : text;
        await all.received(said);
        await all.quiet();
        expect(all.times(said)).toBe(1);
      }
    });

    test('is given once what it writes down otherwise', { timeout: 240_000 }, async () => {
      for (const [index, signs] of SIGNS.entries()) {
        const mark = `signs ${index}`;
        const file = path.join(all.fleet.directory, 'signs');
        fs.writeFileSync(file, `${signs} ${mark}`);
        await all.fleet.expect(0, 'wait', 'one', '--for', 'idle', '--timeout', '60s');
        // Its sender dies when it has arrived, and before he knows.
        let sender = Number.NaN;
        const sent = run(process.execPath, [cli, 'agent', 'send', 'one', '--later', '--file', file], {
          env: all.fleet.env,
          started: (pid) => (sender = pid),
        });
        await all.received(mark);
        try {
          process.kill(sender, 'SIGKILL');
        } catch {
          // It knows already.
        }
        await sent;
        await all.quiet();
        await until(
          'nothing waits',
          async () => (await all.fleet.fleet('agent', 'outbox', 'one', '--deliver')).code === 0,
        );
        await all.expectSent(
          /^delivered/,
          'one',
          `${signs} after ${mark}`,
          '--when-idle',
          '--timeout',
          '60s',
        );
        await all.received(`after ${mark}`);
        await all.quiet();
        expect(all.times(mark)).toBe(2);
      }
    });
  });
}
