import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/**
 * Runs fleet on a made-up host and keeps what V8 compiled for it, chunk by chunk. The programs it asks are stand-ins that
 * print an answer, so that building needs neither systemd nor tmux.
 *
 * @param chunks the directory of the chunks and their caches
 */
export function writeCodeCache(fleet, chunks) {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'fleet-build-'));
  try {
    const home = path.join(work, 'home');
    fs.mkdirSync(path.join(home, 'fleet'), { recursive: true });
    fs.writeFileSync(path.join(home, 'fleet', 'roster.yaml'), roster);
    for (const [name, answer] of Object.entries({ systemctl, tmux })) {
      fs.writeFileSync(path.join(work, name), `#!/bin/sh\n${answer}\n`, { mode: 0o755 });
    }
    const env = {
      ...{
        PATH: `${work}:/usr/bin:/bin`,
        HOME: work,
        MOSAIC_HOME: home,
        XDG_STATE_HOME: path.join(work, 'state'),
      },
      FLEET_WRITE_CODE_CACHE: '1',
    };
    const run = (...args) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [fleet, ...args], {
        env,
        encoding: 'utf8',
      });
      if (status === null) throw new Error(`fleet ${args.join(' ')} did not end: ${stdout}${stderr}`);
      return status;
    };
    // The first command that loads a chunk decides what is in its cache: what every start needs stays small.
    if (run('plan') !== 0) throw new Error('no code cache was written: fleet plan failed');
    for (const command of others) run(...command);
    const missing = ['main', 'plan', 'apply-under-lock'].filter(
      (name) =>
        !fs.readdirSync(chunks).some((file) => file.startsWith(`${name}.`) && file.endsWith('.cache')),
    );
    if (missing.length > 0) throw new Error(`no code cache was written for ${missing.join(', ')}`);
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

const others = [['install'], ['apply'], ['status'], ['status', 'a'], ['explain', 'a'], ['agent', 'roster']];

const roster = `version: 1
transport: tmux
defaults: { idle_after: 1m }
agents:
  - { name: a, runtime: demo, command: [sh], working_directory: /tmp, env: { KEY: value } }
  - { name: b, runtime: demo, command: [sh, "{name}"], working_directory: /tmp }
`;

const systemctl =
  'case "$*" in *UnitPath*) echo "$HOME/.config/systemd/user";; *list-units*) echo "[]";; esac';
const tmux = "echo 'error connecting to /nowhere (No such file or directory)' >&2; exit 1";
