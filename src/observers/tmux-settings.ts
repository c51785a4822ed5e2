import type { Known } from '../controller/observed.js';
import { describeExec, type Exec } from '../host/exec.js';
import {
  neededSettings,
  parseSettings,
  settingsCommands,
  type ServerSettings,
} from './tmux-settings-output.js';

/**
 * Whether somebody has changed a living server in what the fleet depends on. One process.
 *
 * @param configuration the text of `fleet.tmux.conf`
 */
export async function observeSettings(
  exec: Exec,
  socket: string,
  configuration: string,
): Promise<Known<ServerSettings>> {
  const result = await exec('tmux', ['-N', '-u', '-L', socket, ...settingsCommands], { timeoutMs: 5000 });
  const settings =
    result.kind === 'exited' && result.code === 0
      ? parseSettings(result.stdout, neededSettings(configuration))
      : null;
  return settings === null
    ? { known: false, message: describeExec('tmux', result) }
    : { known: true, value: settings };
}
