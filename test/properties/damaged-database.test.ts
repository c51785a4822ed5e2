import * as fc from 'fast-check';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { sessionIn } from '../../src/observers/opencode-database.js';
import { temporary } from '../support/temporary.js';

const source = path.join(import.meta.dirname, '..', 'observers', 'databases', 'opencode.db');
const session = `ses_${String(2).padStart(26, '0')}`;

const damage = fc.record({
  bytes: fc.array(fc.tuple(fc.double({ min: 0, max: 0.999999, noNaN: true }), fc.nat(255)), {
    maxLength: 40,
  }),
  kept: fc.double({ min: 0, max: 1, noNaN: true }),
});

/** The agent can write whatever it likes into its own database, and a disk can fail. */
test('a damaged database is told as something or as unknown, and reading it ends', () => {
  const file = path.join(temporary(), 'opencode.db');
  const parts = ['', '-wal'].map((end) => [`${file}${end}`, fs.readFileSync(`${source}${end}`)] as const);
  fc.assert(
    fc.property(fc.tuple(damage, damage), (damages) => {
      for (const [at, [target, whole]] of parts.entries()) {
        const bytes = Buffer.from(whole);
        const { bytes: changes, kept } = damages[at]!;
        for (const [place, value] of changes) bytes[Math.floor(place * bytes.length)] = value;
        fs.writeFileSync(target, bytes.subarray(0, Math.ceil(bytes.length * (kept < 0.5 ? 1 : kept))));
      }
      const seen = sessionIn(file, session);
      expect(seen === null || typeof seen.exists === 'boolean').toBe(true);
    }),
    { numRuns: 1500 },
  );
});
