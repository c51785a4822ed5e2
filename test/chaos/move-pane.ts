import { setTimeout as pause } from 'node:timers/promises';
import { alive, look, type Look, type SeenSession } from './look.js';
import type { SoakFleet } from './soak-fleet.js';

/** A human puts an agent's pane beside another one's, or in its place; returns when each is in a session of its own again, or after two seconds. */
export async function movePane(
  fleet: SoakFleet,
  act: 'join-pane' | 'swap-pane',
  session: SeenSession,
  { sessions }: Look,
): Promise<void> {
  const other = sessions.find((one) => one.agent !== '' && one.agent !== session.agent && !one.dead);
  if (other === undefined) return;
  await fleet.tmux(act, '-d', '-s', session.pane, '-t', other.pane);
  // Who ended one of the sessions before that would end both agents.
  for (let tries = 0; tries < 40 && !(await apart(fleet, [session, other])); tries += 1) await pause(50);
}

async function apart(fleet: SoakFleet, moved: readonly SeenSession[]): Promise<boolean> {
  const { sessions } = await look(fleet);
  return moved.every(
    ({ agent, pid }) => !alive(pid) || sessions.some((one) => one.agent === agent && one.pid === pid),
  );
}
