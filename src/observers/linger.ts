import * as fs from 'node:fs';
import * as os from 'node:os';

/** Whether the user's manager outlives the last logout (`loginctl enable-linger`). root's starts at boot likewise. */
export function lingers(env: Readonly<Record<string, string | undefined>>): boolean {
  const user = env['USER'] ?? env['LOGNAME'] ?? os.userInfo().username;
  return !user.includes('/') && fs.existsSync(`/var/lib/systemd/linger/${user}`);
}
