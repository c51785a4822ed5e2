import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FleetSandbox } from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

test('what cannot be told when the time is over is named, with its cause and its exit code', async () => {
  fleet.writeRoster(['{ name: a, runtime: sleeper, command: [sleep, infinity] }']);
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  const words = ['wait', 'a', '--timeout', '300ms'];
  const bin = path.join(fleet.directory, 'bin');
  fs.mkdirSync(bin);
  for (const program of ['tmux', 'systemctl']) {
    fs.writeFileSync(path.join(bin, program), `#!/bin/sh\necho '${program} is ill' >&2\nexit 1\n`, {
      mode: 0o755,
    });
  }
  const ill = await fleet.fleetWith({ env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` } }, ...words);
  expect(ill.stderr).toMatch(/^not ready after 300ms: a \(Unknown\)$/m);
  expect(ill.stderr).toMatch(/^systemd is unknown: .*systemctl is ill/m);
  expect(ill.code).toBe(69);

  const none = path.join(fleet.directory, 'none');
  fs.mkdirSync(none);
  const absent = await fleet.fleetWith({ env: { PATH: none } }, ...words);
  expect(absent.stderr).toMatch(/^systemd is unknown: .*systemctl/m);
  expect(absent.stderr).toMatch(/^tmux is unknown: .*tmux/m);
  expect(absent.code).toBe(69);

  const holds = path.join(fleet.state, 'holds.json');
  fs.writeFileSync(holds, '{');
  const damaged = await fleet.expect(1, ...words);
  expect(damaged.stderr).toMatch(/^state is unknown: .*holds\.json/m);
  fs.rmSync(holds);

  await fleet.expect(0, 'stop', 'a');
  expect((await fleet.expect(5, ...words)).stderr).not.toContain('is unknown');
});
