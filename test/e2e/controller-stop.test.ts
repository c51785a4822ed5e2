import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FleetSandbox, run, until } from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

// Found by the soak: with After= between the two units the holder's start waited for the controller's stop, and the
// controller, which was starting agents, for the holder.
test('a controller that takes its time to stop does not keep a killed server from coming back', async () => {
  const settings = `defaults: { working_directory: ${fleet.work} }`;
  fleet.writeRoster(['{ name: a, runtime: sleeper, command: [sleep, infinity] }'], settings);
  await fleet.expect(0, 'install');
  const slow = path.join(fleet.units, 'mosaic-fleet.service.d');
  fs.mkdirSync(slow);
  fs.writeFileSync(path.join(slow, 'slow.conf'), '[Service]\nExecStop=/bin/sleep 12\n');
  await run('systemctl', ['--user', 'daemon-reload']);
  await run('systemctl', ['--user', 'start', 'mosaic-fleet.service']);
  await until('it runs', async () => (await fleet.pids())['a'] !== undefined);
  const server = await fleet.serverPid();
  await run('systemctl', ['--user', 'stop', '--no-block', 'mosaic-fleet.service']);
  process.kill(server, 'SIGKILL');
  await until('another server runs', async () => {
    const now = await fleet.serverPid();
    return now > 0 && now !== server;
  });
  const { stdout } = await run('systemctl', ['--user', 'is-active', 'mosaic-fleet.service']);
  expect(stdout.trim()).toBe('deactivating');
});
