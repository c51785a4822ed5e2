import { setTimeout as delay } from 'node:timers/promises';
import type { Observed } from '../controller/observed.js';
import { isOurs } from '../controller/situation.js';
import { observeUnits, readUnits } from '../observers/systemd.js';
import { observeTmux, readServer } from '../observers/tmux.js';
import type { Exec } from '../host/exec.js';
import type { Roster } from '../roster/types.js';

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

const looks = 4;
const pauseMs = 100;

/**
 * A look is two programs, and an agent that begins or ends between their answers is seen half: its unit runs, and no session of it
 * is there. What passes by itself is no state to tell an operator of, so it is looked at again, a few times.
 */
export async function wholeLook(
  first: HostLook,
  { agents }: Roster,
  home: string,
  again: () => Promise<HostLook>,
): Promise<HostLook> {
  let seen = first;
  for (let look = 1; look < looks && isSeenHalf(seen, agents, home); look += 1) {
    await delay(pauseMs);
    seen = await again();
  }
  return seen;
}

function isSeenHalf({ units, tmux }: HostLook, agents: Roster['agents'], home: string): boolean {
  if (!units.known || !tmux.known) return false;
  const sessions = tmux.value?.sessions ?? [];
  const marked = new Set(sessions.flatMap(({ marks }) => (isOurs(marks, home) ? [marks.agent] : [])));
  const named = new Set(sessions.map(({ name }) => name));
  return agents.some(({ name, session }) => {
    const unit = units.value.agents.get(name);
    return unit?.active === 'active' && unit.sub === 'running' && !marked.has(name) && !named.has(session);
  });
}
