import * as fs from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { reboot, type Shutdown } from '../support/boot.js';
import { isRoot } from '../support/own-mounts.js';
import { TalkingDemos } from '../support/talking-demos.js';

let fleet: TalkingDemos;
afterEach(() => fleet.dispose());

const boot = (): string => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');

// Another boot id is mounted over the kernel's.
test.skipIf(!isRoot).each<Shutdown>(['orderly', 'power-cut'])(
  'after a boot (%s) the controller starts the agents, and each continues its own',
  async (how) => {
    fleet = new TalkingDemos();
    await fleet.up(fleet.demo('a'), fleet.demo('b'));
    await fleet.expect(0, 'install', '--enable');
    await fleet.say('a', 'apples');
    await fleet.say('b', 'bears');
    const [ids, pids, before] = [[fleet.id('a'), fleet.id('b')], await fleet.pids(), boot()];

    await reboot(how);

    expect(boot()).not.toBe(before);
    for (const name of ['a', 'b']) await fleet.again(name, pids[name], 60_000);
    expect([fleet.id('a'), fleet.id('b')]).toEqual(ids);
    await fleet.say('b', 'more bears');
    await fleet.say('a', 'more apples');
    expect(fleet.said(fleet.id('a'))).toEqual(['apples', 'more apples']);
    expect(fleet.said(fleet.id('b'))).toEqual(['bears', 'more bears']);
  },
);
