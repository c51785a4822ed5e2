import { BenchFleet } from './bench-fleet.js';
import { compare } from './measure.js';
import type { Row } from './row.js';

/** From nothing to all agents running, the tmux server included; for fleet without any of its files there before. */
export async function bringUp(
  cli: string,
  size: number,
  repetitions: number,
  withOneByOne: boolean,
): Promise<readonly Row[]> {
  const fleet = new BenchFleet(cli, size);
  try {
    await fleet.install();
    const prepare = (): Promise<void> => fleet.prepared();
    await prepare();
    const sides = {
      apply: { ...fleet.fleet('apply'), prepare: () => fleet.fresh() },
      raw: { ...fleet.startRaw(), prepare },
      oneByOne: withOneByOne ? { each: fleet.startOneByOne(), prepare } : null,
    };
    const { apply, raw, oneByOne } = await compare(repetitions, sides, { warm: true });
    const row = { kind: 'time', what: 'bring-up by apply', size, ours: apply } as const;
    const besideRaw: Row = { ...row, rival: { name: 'one systemctl start', sample: raw }, budget: 1.15 };
    if (!withOneByOne) return [besideRaw];
    return [
      besideRaw,
      { ...row, rival: { name: 'systemctl start, one by one', sample: oneByOne }, budget: 0.6 },
    ];
  } finally {
    await fleet.dispose();
  }
}
