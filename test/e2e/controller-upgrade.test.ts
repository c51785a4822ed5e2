import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ControllerUnit } from '../support/controller-unit.js';
import { FleetSandbox, until } from '../support/fleet-sandbox.js';
import { RunningController } from '../support/running-controller.js';
import { show } from '../support/user-manager.js';

let fleet: FleetSandbox;
let controller: ControllerUnit;
let byHand: RunningController;
beforeEach(() => {
  fleet = new FleetSandbox();
  controller = new ControllerUnit(fleet);
  byHand = new RunningController(fleet);
  fleet.writeRoster(
    ['a', 'b'].map((name) => `{ name: ${name}, runtime: sleeper, command: [sleep, infinity] }`),
  );
});
afterEach(async () => {
  await byHand.stop('SIGKILL');
  await fleet.dispose();
});

const bothRun = (): Promise<unknown> =>
  until('both run', async () => Object.keys(await fleet.pids()).length === 2);
const tool = (): string => path.join(fleet.home, 'tools', 'fleet', 'agent-stop.sh');
/** As an earlier version of fleet had it. */
const outdate = (): void => fs.appendFileSync(tool(), '# earlier\n');
const restarted = 'restarted mosaic-fleet.service, the controller; no agent was touched';

describe('an install over a running controller', () => {
  test('restarts it where anything has changed, and touches no agent', async () => {
    await fleet.expect(0, 'install');
    await controller.configure();
    await controller.start();
    await bothRun();
    const before = await fleet.pids();
    const first = await controller.pid();

    // Nothing to install: nothing to restart.
    expect((await fleet.expect(0, 'install')).stdout).toBe('Nothing to install: everything is in place.\n');
    expect(await controller.pid()).toBe(first);

    outdate();
    const dry = await fleet.expect(0, 'install', '--dry-run');
    expect(dry.stdout).toContain('would restart mosaic-fleet.service, the controller; no agent is touched');
    expect(await controller.pid()).toBe(first);

    expect((await fleet.expect(0, 'install')).stdout).toContain(restarted);
    const second = await controller.pid();
    expect([second === first, await controller.isActive()]).toEqual([false, true]);

    // Another Node or fleet: what the unit starts is in the environment file.
    const file = path.join(fleet.home, 'fleet', 'environment');
    const text = fs.readFileSync(file, 'utf8');
    fs.writeFileSync(file, text.replace(/^MOSAIC_FLEET_CLI=.*$/m, 'MOSAIC_FLEET_CLI=/opt/earlier/fleet.js'));
    expect((await fleet.expect(0, 'install')).stdout).toContain(restarted);
    expect([await controller.pid()]).not.toEqual([second]);
    expect((await fleet.expect(0, 'install')).stdout).not.toContain(restarted);
    expect(await fleet.pids()).toEqual(before);
    await fleet.expect(0, 'verify');
  });

  test('heals one that was cut short before its restart, or before its reload', async () => {
    await fleet.expect(0, 'install');
    await controller.configure();
    await controller.start();
    await bothRun();
    const before = await fleet.pids();
    const first = await controller.pid();
    // Written anew and as it should be, after the controller began: all that an install does that is killed then.
    for (const file of [tool(), path.join(fleet.units, 'mosaic-agent@.service')]) {
      const text = fs.readFileSync(file);
      fs.rmSync(file);
      fs.writeFileSync(file, text, { mode: file === tool() ? 0o755 : 0o644 });
    }
    const needsReload = async (): Promise<string> =>
      (await show('mosaic-agent@a.service', 'NeedDaemonReload'))['NeedDaemonReload'] ?? '';
    expect(await needsReload()).toBe('yes');
    const dry = await fleet.expect(0, 'install', '--dry-run');
    expect(dry.stdout).toContain('would restart mosaic-fleet.service');
    expect((await fleet.expect(0, 'install')).stdout).toContain(restarted);
    expect(await needsReload()).toBe('no');
    const second = await controller.pid();
    expect(second).not.toBe(first);
    expect((await fleet.expect(0, 'install')).stdout).toBe('Nothing to install: everything is in place.\n');
    expect(await controller.pid()).toBe(second);
    expect(await fleet.pids()).toEqual(before);
  });

  test('says so where the controller does not come up again', async () => {
    await fleet.expect(0, 'install');
    await controller.configure();
    await controller.start();
    await bothRun();
    const before = await fleet.pids();
    await controller.configure('ExecStart=', 'ExecStart=/bin/false', 'RestartSec=1h');
    outdate();
    const { stderr } = await fleet.expect(69, 'install');
    expect(stderr).toContain('the files are in place, but the controller did not come up again: ');
    expect(stderr).toContain('journalctl --user -u mosaic-fleet.service -n 20');
    expect(await fleet.pids()).toEqual(before);
  });

  test('starts none where none runs', async () => {
    await fleet.expect(0, 'install');
    outdate();
    const { stdout } = await fleet.expect(0, 'install');
    expect(stdout).not.toContain('mosaic-fleet.service, the controller');
    expect(await controller.pid()).toBe(0);
  });

  test('names one that was started by hand', async () => {
    await fleet.expect(0, 'install');
    await byHand.start();
    await bothRun();
    const before = await fleet.pids();
    expect((await fleet.expect(0, 'install')).stderr).not.toContain('by hand');
    outdate();
    expect((await fleet.expect(0, 'install', '--dry-run')).stderr).toContain('would still be what it was');
    const { stderr } = await fleet.expect(0, 'install');
    expect(stderr).toContain(
      `warning: the controller with pid ${byHand.pid} was started by hand and is still what it was\n` +
        `End it (kill ${byHand.pid}: no agent is touched) and start it again: fleet run`,
    );
    // For as long as it is.
    expect((await fleet.expect(0, 'install')).stderr).toContain(`pid ${byHand.pid} was started by hand`);
    expect(await byHand.stop('SIGTERM')).toBe(0);
    expect((await fleet.expect(0, 'install')).stderr).not.toContain('by hand');
    expect(await fleet.pids()).toEqual(before);
  });
});

test('an uninstall names a controller that was started by hand, which would write its state anew', async () => {
  await fleet.expect(0, 'install');
  await byHand.start();
  await bothRun();
  await fleet.expect(0, 'stop');
  const { stderr } = await fleet.expect(1, 'uninstall', '--purge');
  expect(stderr).toContain(
    `still running: the controller with pid ${byHand.pid}, started by hand; nothing was removed`,
  );
  expect(stderr).toContain(`, kill ${byHand.pid}`);
  expect(await byHand.stop('SIGTERM')).toBe(0);
  await fleet.expect(0, 'uninstall', '--purge');
  expect(fs.existsSync(fleet.state)).toBe(false);
});
