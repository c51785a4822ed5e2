import { BenchFleet } from './bench-fleet.js';
import { allOf, compare } from './measure.js';
import { Pm2 } from './pm2.js';
import type { Rivals } from './rivals.js';
import type { Row } from './row.js';

/** From nothing to all agents running, the tmux server included; for fleet without any of its files there before. */
export async function bringUp(
  cli: string,
  size: number,
  repetitions: number,
  { rivals, withOneByOne }: { readonly rivals: Rivals; readonly withOneByOne: boolean },
): Promise<readonly Row[]> {
  const fleet = new BenchFleet(cli, size);
  const pm2 = rivals.pm2 === null ? null : new Pm2(size);
  try {
    await fleet.install();
    const prepare = (): Promise<void> => fleet.prepared();
    await prepare();
    const sides = {
      apply: { ...fleet.fleet('apply'), prepare: () => fleet.fresh() },
      raw: { ...fleet.startRaw(), prepare },
      oneByOne: withOneByOne ? { each: fleet.startOneByOne(), prepare } : null,
      start: pm2?.bringUp() ?? null,
    };
    const { apply, raw, oneByOne, start } = await compare(repetitions, sides, { warm: true });
    const row = { kind: 'time', what: 'bring-up by apply', size, ours: apply } as const;
    const started = pm2 === null ? 'absent' : start;
    return [
      { ...row, rival: { name: 'one systemctl start', sample: raw }, budget: 1.15 },
      ...(withOneByOne
        ? [{ ...row, rival: { name: 'systemctl start, one by one', sample: oneByOne }, budget: 0.6 }]
        : []),
      { ...row, rival: { name: 'pm2 start ecosystem.json', sample: started }, budget: null },
    ];
  } finally {
    await allOf(
      () => pm2?.stop(),
      () => fleet.dispose(),
    );
  }
}
