import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
  });
}
