import { LookTurns } from '../../controller/look-turns.js';
import type { Exec } from '../../host/exec.js';
import { sameText } from '../../observers/same-text.js';
import { readUnits } from '../../observers/systemd.js';
import { rememberedServer } from '../../observers/tmux.js';
import { lookAtHost, type HostLook } from '../host-look.js';
import { later } from './host-port.js';

/** The controller's looks at units and sessions: never two within `gapMs`, and nothing is read twice that is the same. */
export function pacedLooks(exec: Exec, gapMs: number): LookTurns<HostLook> {
  const read = { units: sameText(readUnits), server: rememberedServer() };
  return new LookTurns({ now: () => performance.now(), after: later }, gapMs, (socketName) =>
    lookAtHost(exec, socketName, read),
  );
}
