import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FleetSandbox, run, until } from '../support/fleet-sandbox.js';
import { RunningController } from '../support/running-controller.js';

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

// The controller goes by the last good roster: what was stopped beside it ran again before the operator had looked.
test.each([
  ['its unit', [], 'mosaic-agent@*.service'],
  ['its unit', ['a'], 'mosaic-agent@a.service'],
  ['hand', [], 'mosaic-agent@*.service'],
] as const)(
  'with a controller by %s, what stop says while the roster is broken stops (%j)',
  async (by, names, unit) => {
    await fleet.upSleepers();
    const controller = new RunningController(fleet);
    if (by === 'hand') await controller.start();
    else {
      await run('systemctl', ['--user', 'start', 'mosaic-fleet.service']);
      const looked = (): boolean =>
        fs.readFileSync(path.join(fleet.state, 'events.jsonl'), 'utf8').includes('"controller_started"');
      await until('it has looked', looked);
    }
    const good = fs.readFileSync(fleet.roster, 'utf8');
    fs.writeFileSync(fleet.roster, 'version: 1\n');
    const { stderr } = await fleet.expect(78, 'stop', ...names);
    const said = /without a roster: (.*)/.exec(stderr)?.[1] ?? '';
    expect(said).toContain(unit);
    expect((await run('bash', ['-c', said], { env: fleet.env })).code).toBe(0);
    // Whoever would have started it again is gone.
    await until('no controller runs', async () => {
      const { controller: seen } = JSON.parse((await fleet.fleet('status', '-o', 'json')).stdout) as {
        controller: { running: boolean };
      };
      return !seen.running;
    });
    fs.writeFileSync(fleet.roster, good);
    const { stdout } = await fleet.expect(0, 'status');
    expect(stdout).toMatch(/^a +sleeper +worker +Stopped/m);
    await controller.stop('SIGTERM');
  },
);
