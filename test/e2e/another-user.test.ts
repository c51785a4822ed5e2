import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli, FleetSandbox, run, sleeper, snapshot, type Run } from '../support/fleet-sandbox.js';
import { isRoot } from '../support/own-mounts.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

const nobody = 65534;

/** In a user namespace this user is root, or somebody whom no list of users has; others are `nobody`. */
const as = { root: ['-r'], user: ['--map-user=4711', '--map-group=4711'] } as const;

const said = (
  who: keyof typeof as,
  env: Readonly<Record<string, string | undefined>>,
  ...args: string[]
): Promise<Run> =>
  run('unshare', [...as[who], process.execPath, cli, ...args], { env: { ...fleet.env, ...env } });

test.skipIf(!isRoot)(
  "root's commands write nothing into another user's state, as after sudo -E or su",
  async () => {
    fleet.writeRoster([sleeper('a')]);
    const home = path.join(fleet.directory, 'home');
    const state = path.join(home, '.local', 'state', 'mosaic', 'fleet');
    fs.mkdirSync(state, { recursive: true });
    fs.chownSync(state, nobody, nobody);
    const before = snapshot(fleet.directory, fleet.units);
    const env = { HOME: home, XDG_STATE_HOME: '' };
    const words = [
      ['hold', 'a'],
      ['plan'],
      ['apply'],
      ['install'],
      ['agent', 'send', 'a', '--later', '--message', 'x'],
      ['run'],
    ];
    for (const command of words) {
      const { code, stdout, stderr } = await said('root', env, ...command);
      expect([code, stdout, stderr.split('\n')]).toEqual([
        69,
        '',
        [
          "this is root, but fleet's state is nobody's (~/.local/state/mosaic/fleet): what root writes there, nobody's fleet could not read. Nothing was done",
          `As nobody: sudo -H -u '#${nobody}' env XDG_RUNTIME_DIR=/run/user/${nobody} fleet …`,
          "A fleet of root's own needs HOME, or XDG_STATE_HOME, to be root's",
          '',
        ],
      ]);
    }
    expect((await said('root', env, 'validate', fleet.roster)).code).toBe(0);
    expect((await said('root', env, 'completion', 'bash')).code).toBe(0);
    expect(snapshot(fleet.directory, fleet.units)).toEqual(before);
    // Where there is none yet, nobody's fleet is spoiled: a container's root may have a home that is another's.
    fs.rmSync(path.join(home, '.local'), { recursive: true });
    fs.chownSync(home, nobody, nobody);
    expect((await said('root', env, 'plan')).code).toBe(0);
  },
);

test.skipIf(!isRoot)(
  'what another user has left is told with his name, and doctor says how to get it back',
  async () => {
    fleet.writeRoster([sleeper('a')]);
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'hold', 'a');
    const holds = path.join(fleet.state, 'holds.json');
    const lock = path.join(fleet.state, 'locks', 'memory');
    for (const file of [holds, lock]) fs.chownSync(file, nobody, nobody);
    expect((await said('user', {}, 'plan')).stdout).toContain(
      `permission denied (${holds} belongs to nobody)`,
    );
    fs.chownSync(holds, 0, 0);
    expect((await said('user', {}, 'release', 'a')).stderr).toContain(
      `permission denied (${lock} belongs to nobody)`,
    );
    fs.chownSync(holds, nobody, nobody);
    const shown = fleet.state.replace(os.homedir(), '~');
    const { code, stdout } = await said('user', {}, 'doctor');
    expect(code).not.toBe(0);
    expect(stdout.replace(/ +/g, ' ')).toContain(
      ` ✗ state ${shown}/holds.json belongs to nobody, and cannot be used (and 1 more below ${shown})\n → sudo chown -R '#4711' ${shown}\n`,
    );
    for (const file of [holds, lock]) fs.chownSync(file, 0, 0);
    // The whole of it, from above, is hidden.
    const above = path.dirname(fleet.state);
    fs.chmodSync(above, 0o700);
    fs.chownSync(above, nobody, nobody);
    const hidden = (await said('user', {}, 'doctor')).stdout.replace(/ +/g, ' ');
    const place = above.replace(os.homedir(), '~');
    expect(hidden).toContain(
      ` ✗ state ${place} belongs to nobody, and cannot be used\n → sudo chown -R '#4711' ${place}\n`,
    );
    fs.chownSync(above, 0, 0);
    await fleet.expect(0, 'release', 'a');
  },
);

test.skipIf(!isRoot)(
  'a user who is in no list of users, as in a container, is told what is wrong',
  async () => {
    const unlisted = { USER: undefined, LOGNAME: undefined };
    fleet.writeRoster([sleeper('a')]);
    expect((await said('user', unlisted, 'doctor')).stdout).toContain('linger');
    const homeless = await said('user', { ...unlisted, HOME: undefined }, 'plan');
    expect([homeless.code, homeless.stderr]).toEqual([
      64,
      'no home directory is known for this user\nSet HOME\n',
    ]);
  },
);

test('where a command does not know of the user manager, as in cron or after su, doctor says where it is', async () => {
  const doctor = async (runtime: string | undefined): Promise<string> => {
    const env = { XDG_RUNTIME_DIR: runtime, DBUS_SESSION_BUS_ADDRESS: undefined };
    const { code, stdout } = await fleet.fleetWith({ env }, 'doctor');
    expect(code).toBe(69);
    return stdout;
  };
  const hint = `→ export XDG_RUNTIME_DIR=/run/user/${process.geteuid?.()}\n`;
  expect(await doctor(undefined)).toContain(hint);
  expect(await doctor('/nonexistent')).toContain(hint);
  const socket = `/run/user/${process.geteuid?.()}/systemd/private`;
  fs.renameSync(socket, `${socket}.away`);
  const away = await doctor(undefined);
  fs.renameSync(`${socket}.away`, socket);
  expect(away).toContain(`→ none runs: log in as ${os.userInfo().username}, or sudo loginctl enable-linger`);
});
