import * as fs from 'node:fs';
import * as path from 'node:path';
import { serverContradiction } from '../controller/assess.js';
import type { ObservedUnits } from '../controller/observed.js';
import { hostAssets } from '../host/assets.js';
import { frozenIn, statOf } from '../host/process.js';
import { observeFigures } from '../observers/figures.js';
import type { Version } from '../observers/host-programs.js';
import { observeOwner } from '../observers/installation.js';
import { holderUnit } from '../observers/systemd-output.js';
import { observeSettings } from '../observers/tmux-settings.js';
import { observeTmux } from '../observers/tmux.js';
import { parseEnvironmentFile } from '../roster/environment-file.js';
import type { Context } from './context.js';
import type { Check } from './render/check-text.js';
import { shellWord } from './typed.js';

const subject = 'tmux server';
const failed = (message: string, hint: string): Check => ({ result: 'failed', subject, message, hint });

/** Disturbs nobody. */
export const reloadHolder = `systemctl --user reload ${holderUnit}`;
const restartHolder = `systemctl --user restart ${holderUnit} (restarts every agent, in its conversation)`;

const endIt = (socketName: string): string =>
  `tmux -L ${socketName} kill-server, once nothing on it is needed; or choose another tmux.socket_name`;

export interface ServerLook {
  readonly checks: readonly Check[];
  /** Whether the server answers, or is not to run. */
  readonly answers: boolean;
}

/** Whether the fleet's tmux server answers, is the holder's, and still is as the fleet needs it. */
export async function serverChecks(
  context: Context,
  units: ObservedUnits,
  socketName: string,
  client: Version,
): Promise<ServerLook> {
  const seen = await observeTmux(context.exec, socketName);
  if (!seen.known)
    return { checks: [await unanswered(context, units, socketName, seen.message)], answers: false };
  const contradiction = serverContradiction(units, seen.value, socketName);
  if (contradiction !== null) {
    const hint = seen.value === null ? outOfReach(context) : endIt(socketName);
    return { checks: [failed(contradiction, hint)], answers: false };
  }
  if (seen.value === null) {
    const message = `none on socket ${socketName}; its holder is not active either`;
    return { checks: [{ result: 'ok', subject, message }], answers: true };
  }
  // The predecessor's has none of it, and gets it with its replacement.
  const wrong = units.holder?.sub === 'exited' ? [] : await settingsChecks(context, socketName, client);
  const message = `process ${seen.value.pid} on socket ${socketName}, in ${holderUnit}`;
  return { checks: wrong.length > 0 ? wrong : [{ result: 'ok', subject, message }], answers: true };
}

/** How a server that runs, and whose socket is not where it is looked for, is found again. */
function outOfReach({ paths }: Context): string {
  const { record } = observeOwner(paths, parseEnvironmentFile);
  // tmux (3.3a) makes the socket anew, and not the directories of it.
  const directory = path.join(record?.tmuxTmpdir ?? '/tmp', `tmux-${process.getuid?.() ?? 0}`);
  const first = fs.existsSync(directory) ? '' : `mkdir -p -m 700 ${shellWord(directory)} && `;
  return `unset or set TMUX_TMPDIR as install had it; its socket file is made again by: ${first}systemctl --user kill --kill-who=main -s USR1 ${holderUnit}`;
}

/** Why a server that is there gives no answer, and what ends that. */
async function unanswered(
  { exec }: Context,
  units: ObservedUnits,
  socketName: string,
  message: string,
): Promise<Check> {
  const [, directory] = /directory (\S.*) has unsafe permissions/.exec(message) ?? [];
  if (directory !== undefined) return failed(message, `chmod 700 ${directory}`);
  if (message.includes('File name too long'))
    return failed(message, 'set TMUX_TMPDIR to a directory with a shorter path, then: fleet install');
  if (message.includes('protocol version mismatch'))
    return failed(`${message}: it was started by another version of tmux`, restartHolder);
  if (units.holder?.active !== 'active')
    return failed(`${message}, and it is not that of ${holderUnit}`, endIt(socketName));
  const { holderPid } = await observeFigures(exec, []);
  if (holderPid !== null && /^[Tt]$/.test(statOf(`/proc/${holderPid}`)?.[0] ?? ''))
    return failed(`${message}: process ${holderPid} is stopped`, `kill -CONT ${holderPid}`);
  const frozen = holderPid === null ? null : frozenIn(holderPid);
  if (frozen !== null)
    return failed(
      `${message}: its cgroup is frozen`,
      `echo 0 > ${shellWord(path.join(frozen, 'cgroup.freeze'))}`,
    );
  return failed(`${message} (process ${holderPid ?? 'unknown'})`, restartHolder);
}

async function settingsChecks(
  { exec, paths }: Context,
  socketName: string,
  client: Version,
): Promise<readonly Check[]> {
  const file = hostAssets(paths).find(({ target }) => target.endsWith('/fleet.tmux.conf'));
  const settings = await observeSettings(exec, socketName, file?.content ?? '');
  if (!settings.known) return [{ result: 'warning', subject, message: settings.message }];
  const { version, options, hooks, fragile, crashes } = settings.value;
  const warning = (message: string, hint: string): Check => ({ result: 'warning', subject, message, hint });
  const changed = [
    ...options.filter((name) => name !== 'exit-unattached'),
    ...hooks.map((name) => `hook ${name}`),
  ];
  return [
    ...(options.includes('exit-unattached')
      ? [failed('exit-unattached is on: it ends, with every agent, once nobody is attached', reloadHolder)]
      : []),
    ...(crashes
      ? [
          failed(
            'window-size is manual: with it this version of tmux ends, and every agent, at the next new session or window',
            reloadHolder,
          ),
        ]
      : []),
    ...fragile.map((name) =>
      failed(
        `destroy-unattached is on: session ${name} ends once nobody is attached to it`,
        // In quotes: zsh takes a bare `=NAME` for the path of a program.
        `tmux -L ${socketName} set-option -t '=${name}:' destroy-unattached off`,
      ),
    ),
    ...(changed.length > 0
      ? [warning(`not as the fleet has set it: ${changed.join(', ')}`, reloadHolder)]
      : []),
    ...(client.found && client.text !== `tmux ${version}`
      ? [warning(`runs tmux ${version}, the program is ${client.text}`, restartHolder)]
      : []),
  ];
}
