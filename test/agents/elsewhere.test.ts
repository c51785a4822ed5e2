import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../support/fleet-sandbox.js';
import { missing, wanted } from '../support/real-agents.js';
import { RealFleet } from './real-fleet.js';

/** Keys that open a menu or a search in which a text would be typed, and Enter choose. */
const OPENED: Readonly<Record<string, string>> = { opencode: 'C-p', claude: 'C-r', gemini: 'C-r' };

let all: RealFleet | null = null;
afterEach(async () => {
  await all?.dispose();
  all = null;
});

// `!` in an empty composer makes a shell command of what follows.
describe('what a human has opened', () => {
  for (const runtime of wanted()) {
    test.skipIf(missing().includes(runtime))(`of ${runtime} gets no message`, async () => {
      all = await RealFleet.start({ one: runtime });
      const pane = all.pane('one');
      await all.expectSent(/^(delivered|queued)/, 'one', 'hello there');
      await all.received('hello there');
      await all.quiet();
      await pane.settles();
      for (const open of ['!', OPENED[runtime]]) {
        if (open === undefined) continue;
        const closed = pane.text();
        await all.fleet.tmux('send-keys', '-t', '=one:', open);
        await until('it is open', () => pane.text() !== closed);
        await pane.settles();
        for (const more of [[], ['--clear-draft'], ['--no-preamble']])
          await all.expectSent(/^refused NotReady/, 'one', 'touch ran', ...more, '--timeout', '1s');
        expect(pane.text()).not.toContain('touch ran');
        if (open === '!') await all.fleet.tmux('send-keys', '-t', '=one:', 'BSpace');
        else await all.fleet.tmux('send-keys', '-t', '=one:', 'Escape');
        await pane.settles();
        if (open === '!') await all.fleet.tmux('send-keys', '-t', '=one:', 'Escape');
        await pane.settles();
      }
      await all.fleet.tmux('send-keys', '-t', '=one:', '-l', '!');
      await pane.settles();
      // The human goes on, and what he ran stays on the screen.
      await all.fleet.tmux('send-keys', '-t', '=one:', '-l', 'echo his');
      await pane.settles();
      await all.fleet.tmux('send-keys', '-t', '=one:', 'Enter');
      await pane.settles();
      await all.fleet.tmux('send-keys', '-t', '=one:', 'Escape');
      await pane.settles();
      await all.expectSent(/^(delivered|queued)/, 'one', 'and now a message', '--timeout', '60s');
      await all.received('and now a message');
      expect(fs.existsSync(path.join(all.fleet.work, 'one', 'ran'))).toBe(false);
    });
  }
});
