import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ControllerUnit } from '../support/controller-unit.js';
import { cli, until } from '../support/fleet-sandbox.js';
import { TalkFleet } from '../support/talk-fleet.js';

let fleet: TalkFleet;
beforeEach(() => {
  fleet = new TalkFleet();
});
afterEach(() => fleet.dispose());

test('a fleet whose roster lies elsewhere has a controller, and its agents talk to each other', async () => {
  const roster = path.join(fleet.directory, 'elsewhere.yaml');
  const shell = '{ name: a, runtime: other, command: [bash, --norc] }';
  fleet.writeRoster([shell, fleet.demo('b')]);
  fs.renameSync(fleet.roster, roster);
  await fleet.expect(0, '--roster', roster, 'install');
  const controller = new ControllerUnit(fleet);
  await controller.configure();
  await controller.start();
  await until('it has started both', async () => Object.keys(await fleet.pids()).length === 2);
  await until('b shows its composer', async () => /^>( |$)/m.test(await fleet.screen('b')));
  await fleet.type('a', `${process.execPath} ${cli} agent send b --message hello`, 'Enter');
  await until('it is heard', () => fleet.messages('b').length === 1);
  expect(fleet.said('b').at(-1)).toBe(`[${os.hostname()}:a -> ${os.hostname()}:b] hello`);
});
