// Two agents of a real runtime in one directory and one home go through a hundred faults; the model's log judges whether each still
// has its own history (test/agents/campaign.ts).
//   npm run campaign -- --runtime NAME[,NAME] [--faults N] [--seed S] [--rounds N]
// The sequence follows from the seed. Exit status 1: something was lost, mixed, repeated or did not come back; 69: a runtime is
// not installed, or this machine has no private user manager.
import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { AGENTS, agentsCache, isInstalled } from './agent-packages.mjs';

const usage = `usage: npm run campaign -- [--runtime ${Object.keys(AGENTS).join('|')}]… [--faults N] [--seed S] [--rounds N]

  --runtime NAME  of this one, or several (default: all five, one after another)
  --faults N      so many of each (default 100)
  --seed S        the sequence (default: a new one, which is printed)
  --rounds N      how often the time from a kill until ready is taken at the end (default 11)
`;

function refuse() {
  process.stderr.write(usage);
  process.exit(64);
}

function read() {
  try {
    return parseArgs({
      options: {
        runtime: { type: 'string', multiple: true, default: Object.keys(AGENTS) },
        faults: { type: 'string', default: '100' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        rounds: { type: 'string', default: '11' },
      },
    }).values;
  } catch {
    return refuse();
  }
}

const { runtime, faults, seed, rounds } = read();
if (runtime.some((name) => !(name in AGENTS)) || [faults, seed, rounds].some((word) => !/^\d+$/.test(word)))
  refuse();
const absent = runtime.filter((name) => !isInstalled(name));
if (absent.length > 0) {
  console.error(`not installed: ${absent.join(', ')}; see: npm run agents:install`);
  process.exit(69);
}
process.chdir(path.dirname(import.meta.dirname));
console.log(`seed ${seed}`);
const words = ['test/support/with-user-manager', '--', process.execPath, 'node_modules/vitest/vitest.mjs'];
const vitest = ['run', '--project', 'agents', 'test/agents/campaign.test.ts', '--disable-console-intercept'];
const inside = spawn('test/support/loopback-only', [...words, ...vitest], {
  stdio: 'inherit',
  env: {
    ...process.env,
    FLEET_AGENTS_CACHE: agentsCache(),
    FLEET_TEST_AGENTS: runtime.join(),
    FLEET_CAMPAIGN_FAULTS: faults,
    FLEET_CAMPAIGN_SEED: seed,
    FLEET_CAMPAIGN_ROUNDS: rounds,
  },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => inside.kill(signal));
inside.on('close', (code) => process.exit(code ?? 1));
