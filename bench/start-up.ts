import { BenchFleet, packageCopy } from './bench-fleet.js';
import { compare, ended } from './measure.js';
import type { Row } from './row.js';

/** Where the time of a command goes before it has done anything. */
export async function startUp(cli: string, repetitions: number): Promise<readonly Row[]> {
  const size = 10;
  const fleet = new BenchFleet(cli, size);
  const bare = packageCopy('package-without-cache', { codeCache: false });
  try {
    await fleet.install();
    await ended(fleet.fleet('apply'));
    const { node, version, plan, uncached } = await compare(repetitions, {
      node: { program: process.execPath, args: ['-e', '0'] },
      version: fleet.fleet('--version'),
      plan: fleet.fleet('plan'),
      uncached: { program: process.execPath, args: [bare, 'plan'], env: fleet.env },
    });
    const rival = { name: 'node -e 0', sample: node };
    return [
      { kind: 'time', what: 'fleet --version', size, ours: version, rival, budget: null },
      { kind: 'time', what: 'fleet plan', size, ours: plan, rival, budget: null },
      { kind: 'time', what: 'fleet plan, no code cache', size, ours: uncached, rival, budget: null },
    ];
  } finally {
    await fleet.dispose();
  }
}
