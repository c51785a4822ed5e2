import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missing, wanted } from '../support/real-agents.js';
import { RealFleet } from './real-fleet.js';

// A human looks from a small terminal, and tmux makes the agent's pane as small.
for (const runtime of wanted()) {
  describe.skipIf(missing().includes(runtime))(`${runtime} in a small pane`, () => {
    let all: RealFleet;
    beforeAll(async () => {
      all = await RealFleet.start({ one: runtime });
    });
    afterAll(() => all.dispose());

    for (const [width, height] of [
      [80, 24],
      [60, 15],
      [40, 20],
    ] as const) {
      test(`of ${width}x${height} messages arrive once and whole`, async () => {
        await all.fleet.tmux('resize-window', '-t', '=one:', '-x', String(width), '-y', String(height));
        await all.pane('one').settles();
        const mark = `m${width}${runtime}`;
        const texts = [
          `${mark} hello`,
          `${mark} one\n${mark} two\n${mark} three`,
          `${mark} ${'words '.repeat(200)}`,
        ];
        for (const text of texts) {
          await all.expectSent(/^(delivered|queued)/, 'one', text, '--timeout', '60s');
          await all.received(text);
        }
        await all.quiet();
        for (const text of texts) expect(all.times(text)).toBe(1);
      });
    }
  });
}
