import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { pressKeys } from '../../src/actuators/messages.js';
import { exec } from '../../src/host/exec.js';
import { findPanes } from '../../src/observers/screens.js';
import { BUILT_IN } from '../../src/roster/profiles.js';
import { missing, wanted } from '../support/real-agents.js';
import { fleetPerTest } from './fleet-per-test.js';
import { RECIPES } from './screens/recipes.js';
import { randomFrom } from './seeded.js';

// The narrowest place of race.test.ts by itself: the keys that submit a draft, pressed in the tenths of a second in which a
// dialog comes up. What the guard inside tmux cannot see yet, the keys themselves must not approve.
const rounds = Number(process.env['FLEET_RACE_ROUNDS'] ?? 6);
const seed = Number(process.env['FLEET_RACE_SEED'] ?? 1);
const keysOf = process.env['FLEET_RACE_KEYS']?.split(' ');

describe('the keys that submit while it works', () => {
  const start = fleetPerTest();

  for (const runtime of wanted()) {
    const dialog = RECIPES[runtime].dialog;
    const profile = BUILT_IN.get(runtime);
    const keys = keysOf ?? profile?.submitBusy ?? [];
    // pi never asks; of claude no key is safe, and nothing is entered.
    test.skipIf(missing().includes(runtime) || dialog === null || keys.length === 0)(
      `of ${runtime} approve nothing in a dialog that comes up meanwhile`,
      { timeout: 60_000 + rounds * 60_000 },
      async () => {
        const all = await start({ one: runtime }, { approvals: true });
        const { fleet, server } = all;
        const pane = all.pane('one');
        const panes = await findPanes(exec, fleet.socket);
        const target = panes.known ? panes.value?.find(({ agent }) => agent === 'one') : undefined;
        if (target === undefined || dialog === null || profile === undefined) throw new Error('no pane');
        const random = randomFrom(seed);
        const approved: string[] = [];
        const told: Record<string, number> = {};
        // When the guard begins to see the dialog; rounds crowd around it.
        let edge = 200;
        for (let count = 0; count < rounds; count += 1) {
          const gate = `e${runtime}${seed}x${count}`;
          const file = path.join(fleet.work, 'one', `made-${gate}`);
          await all.expectSent(
            /^(delivered|queued)/,
            'one',
            `run GATE=${gate} ESCALATE\nTOOL=touch ${file}`,
            '--timeout',
            '60s',
          );
          await all.received(`GATE=${gate}`);
          pane.paste(`said ${gate} meanwhile`);
          await pane.shows(new RegExp(`said ${gate}`), 60_000);
          const delayMs = Math.max(0, edge + (random() - 0.7) * 150);
          const opened = performance.now();
          server.open(gate);
          await new Promise((resolve) => setTimeout(resolve, delayMs));
          const act = await pressKeys(exec, fleet.socket, 'one', target, keys, profile.dialog);
          const pressed = performance.now() - opened;
          await all.eventually('the dialog, or its answer', () => pane.has(dialog) || fs.existsSync(file));
          await pane.settles(800, 2500);
          const verdict = fs.existsSync(file) ? 'APPROVED' : pane.has(dialog) ? 'stands' : 'refused';
          edge = act.kind === 'refused' ? edge - 30 : verdict === 'stands' ? edge + 60 : edge;
          const what = `${act.kind}, the dialog ${verdict}`;
          told[what] = (told[what] ?? 0) + 1;
          console.log(
            `${runtime} ${count}: keys after ${Math.round(delayMs)} to ${Math.round(pressed)} ms: ${what}`,
          );
          if (verdict === 'APPROVED') approved.push(gate);
          if (verdict === 'stands') pane.keys('Enter');
          if (verdict !== 'refused') await all.eventually('the command to run', () => fs.existsSync(file));
          await all.quiet();
          await all.clearDraft();
        }
        console.log(`${runtime}: ${JSON.stringify(told)}`);
        expect(approved).toEqual([]);
      },
    );
  }
});
