import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missing, wanted, type Runtime } from '../support/real-agents.js';
import { RealFleet } from './real-fleet.js';

/** What operators set in a roster's `env`, or have in their sessions, by which runtimes choose how they draw. */
const SURROUNDINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  truecolor: { COLORTERM: 'truecolor' },
  colorless: { NO_COLOR: '1' },
  forced: { FORCE_COLOR: '3' },
  posix: { LC_ALL: 'C', LANG: 'C' },
  xterm: { TERM: 'xterm-256color' },
  kitty: { TERM: 'xterm-kitty', KITTY_WINDOW_ID: '1' },
  iterm: { TERM_PROGRAM: 'iTerm.app', LC_TERMINAL: 'iTerm2', COLORTERM: 'truecolor' },
};

for (const runtime of wanted()) {
  describe.skipIf(missing().includes(runtime))(`${runtime} that draws otherwise`, () => {
    const names = Object.keys(SURROUNDINGS);
    let all: RealFleet;
    beforeAll(async () => {
      const agents = Object.fromEntries(names.map((name): [string, Runtime] => [name, runtime]));
      all = await RealFleet.start(agents, { env: SURROUNDINGS });
    });
    afterAll(() => all.dispose());

    test.each(names)(`in %s gets messages once and whole, and a human's draft bars them`, async (name) => {
      const mark = `m-${name}-${runtime}`;
      const texts = [
        `${mark} hello`,
        Array.from({ length: 12 }, (_, line) => `${mark} line ${line}`).join('\n'),
      ];
      for (const text of texts) {
        await all.expectSent(/^(delivered|queued)/, name, text, '--timeout', '60s');
        await all.received(text);
      }
      await all.quiet();
      for (const text of texts) expect(all.times(text)).toBe(1);
      all.pane(name).keys('-l', 'half a thought');
      await all.pane(name).settles();
      await all.expectSent(/^refused Draft$/, name, `${mark} not now`, '--timeout', '2s');
      expect(all.pane(name).text()).toContain('half a thought');
    });
  });
}
