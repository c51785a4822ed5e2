import * as fs from 'node:fs';
import { ownName } from '../host/owner.js';

/** Whether the user's manager outlives the last logout (`loginctl enable-linger`). */
export function lingers(): boolean {
  const user = ownName();
  return !user.includes('/') && fs.existsSync(`/var/lib/systemd/linger/${user}`);
}
