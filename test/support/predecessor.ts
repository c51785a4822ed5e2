import * as fs from 'node:fs';
import * as path from 'node:path';
import { run, type FleetSandbox } from './fleet-sandbox.js';

/**
 * The predecessor's fleet, as it was found on hosts: oneshot units with RemainAfterExit under the names of fleet's own. Its
 * tmux server is a child of the holder's unit, the agents' sessions live in that unit's cgroup, and the agents' units know
 * nothing of them. Removed with the sandbox.
 */
export async function startPredecessor(fleet: FleetSandbox, agents: readonly string[]): Promise<void> {
  const tmux = `/usr/bin/env tmux -L ${fleet.socket} -f /dev/null`;
  const unit = (description: string, more: string, start: string, stop: string): string =>
    `[Unit]\nDescription=${description}\n${more}\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=${start}\nExecStop=-${stop}\n`;
  fs.mkdirSync(fleet.units, { recursive: true });
  fs.writeFileSync(
    path.join(fleet.units, 'mosaic-tmux-holder.service'),
    unit(
      'Mosaic tmux holder',
      '',
      `${tmux} new-session -d -s _holder "exec sleep infinity"`,
      `${tmux} kill-server`,
    ),
  );
  fs.writeFileSync(
    path.join(fleet.units, 'mosaic-agent@.service'),
    unit(
      'Mosaic agent %i',
      'Requires=mosaic-tmux-holder.service\nAfter=mosaic-tmux-holder.service\n',
      `${tmux} new-session -d -s %i -c ${fleet.work} "exec sleep infinity"`,
      `${tmux} kill-session -t =%i`,
    ),
  );
  await run('systemctl', ['--user', 'daemon-reload']);
  // One after the other: the server must be forked by the holder's unit.
  await run('systemctl', ['--user', 'start', 'mosaic-tmux-holder.service']);
  for (const agent of agents) await run('systemctl', ['--user', 'start', `mosaic-agent@${agent}.service`]);
}
