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
    fs.writeFileSync(path.join(work, 'tmux'), `#!/bin/sh\n${talking}`);
    if (run('agent', 'send', 'a', '--message', 'hello') !== 0)
      throw new Error('no code cache was written: fleet agent send failed');
    const missing = ['main', 'plan', 'apply-under-lock', 'talk'].filter(
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
/** An agent that takes one message: its composer shows what was pasted, its screen what was entered. */
const talking = `
w=\${0%/*}
case "$*" in
  *load-buffer*) cat >"$w/draft"; echo DONE; exit ;;
  *send-keys*) mv "$w/draft" "$w/said"; echo DONE; exit ;;
  *list-panes*) printf 'A $1 @1 %%1 1 1 %s:%s 1:a 0: 0:\\n' "\${#MOSAIC_HOME}" "$MOSAIC_HOME" ;;
esac
[ ! -e "$w/said" ] || said="› $(cat "$w/said")"
[ ! -e "$w/draft" ] || draft=$(cat "$w/draft")
printf 'F %%1 1 0 0 0 %s 1 4 8:◇ idle\\n%s\\n> %s\\n\\n\\n' "$((\${#draft} + 2))" "$said" "$draft"
`;
const tmux = "echo 'error connecting to /nowhere (No such file or directory)' >&2; exit 1";
