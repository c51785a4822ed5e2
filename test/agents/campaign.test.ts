import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { missing, wanted } from '../support/real-agents.js';
import { campaign } from './campaign.js';

// `npm run campaign` with few faults: one of every kind. What it tells is kept in build/campaign.
const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const [faults, seed, rounds] = [
  number('FLEET_CAMPAIGN_FAULTS', 12),
  number('FLEET_CAMPAIGN_SEED', 1),
  number('FLEET_CAMPAIGN_ROUNDS', 0),
];

for (const runtime of wanted()) {
  test.skipIf(missing().includes(runtime))(
    `${runtime}: two agents in one directory and one home outlive ${faults} faults`,
    { timeout: (faults + rounds + 5) * 300_000 },
    async () => {
      const ledger = path.resolve('build', 'campaign', `${runtime}-${seed}.log`);
      fs.mkdirSync(path.dirname(ledger), { recursive: true });
      fs.writeFileSync(ledger, '');
      const result = await campaign(runtime, { faults, seed, rounds }, (line) => {
        console.log(line);
        fs.appendFileSync(ledger, `${line}\n`);
      });
      expect(result.findings).toEqual([]);
      expect(result.faults).toBe(faults);
    },
  );
}
