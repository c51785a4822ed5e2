import type { Observed } from '../controller/observed.js';
import { observeUnits, readUnits } from '../observers/systemd.js';
import { observeTmux, readServer } from '../observers/tmux.js';
import type { Exec } from '../host/exec.js';

/** What the programs of a look tell: units and sessions. */
export type HostLook = Pick<Observed, 'units' | 'tmux'>;

/** Asks systemctl and tmux, one process each. */
export async function lookAtHost(
  exec: Exec,
  socketName: string,
  read: { readonly units: typeof readUnits; readonly server: typeof readServer } = {
    units: readUnits,
    server: readServer,
  },
): Promise<HostLook> {
  const [units, tmux] = await Promise.all([
    observeUnits(exec, read.units),
    observeTmux(exec, socketName, read.server),
  ]);
  return { units, tmux };
}
