import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FleetSandbox, run, until } from '../support/fleet-sandbox.js';
import { readPrometheusText } from '../support/prometheus-text.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

const systemctl = (...args: readonly string[]) => run('systemctl', ['--user', ...args]);

test('the built controller tells metrics under its unit, and its file goes with it', async () => {
  fleet.writeRoster(['{ name: a, runtime: sleeper, command: [sleep, infinity] }']);
  await fleet.expect(0, 'install');
  const file = path.join(fleet.directory, 'fleet.prom');
  // The address is wrong: told, and no reason not to work.
  const lines = `MOSAIC_FLEET_METRICS_FILE=${file}\nMOSAIC_FLEET_METRICS_ADDRESS=0.0.0.0:1\n`;
  fs.appendFileSync(path.join(fleet.home, 'fleet', 'environment'), lines);
  expect(await systemctl('start', 'mosaic-fleet.service')).toMatchObject({ code: 0, stderr: '' });
  await until('the file is written', () => fs.existsSync(file));
  const families = readPrometheusText(fs.readFileSync(file, 'utf8'));
  expect(families.get('fleet_roster_valid')?.samples.get('fleet_roster_valid')).toBe(1);
  const before = await until('a runs', async () => {
    const pids = await fleet.pids();
    return pids['a'] !== undefined && pids;
  });
  await systemctl('stop', 'mosaic-fleet.service');
  expect(fs.existsSync(file)).toBe(false);
  expect(await fleet.pids()).toEqual(before);
});

test('an address that is not on loopback is a usage error', async () => {
  fleet.writeRoster(['{ name: a, runtime: sleeper, command: [sleep, infinity] }']);
  const refused = await fleet.expect(64, 'run', '--metrics-address', '0.0.0.0:9464');
  expect(refused.stderr).toContain('give a loopback address and a port');
});
