import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/**
 * Runs `fleet plan` once on a made-up host and keeps what V8 compiled for it. The programs it asks are stand-ins that
 * print an answer, so that building needs neither systemd nor tmux.
 */
export function writeCodeCache(fleet, cache) {
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
      FLEET_WRITE_CODE_CACHE: path.resolve(cache),
    };
    const { status, stdout, stderr } = spawnSync(process.execPath, [fleet, 'plan'], {
      env,
      encoding: 'utf8',
    });
    if (status !== 0 || !fs.existsSync(cache))
      throw new Error(`no code cache was written (status ${status}): ${stdout}${stderr}`);
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

const roster = `version: 1
transport: tmux
defaults: { idle_after: 1m }
agents:
  - { name: a, runtime: demo, command: [sh], working_directory: /tmp, env: { KEY: value } }
  - { name: b, runtime: demo, command: [sh, "{name}"], working_directory: /tmp }
`;

const systemctl = "echo '[]'";
const tmux = "echo 'error connecting to /nowhere (No such file or directory)' >&2; exit 1";
