import * as fs from 'node:fs';
import { systemctl } from '../support/user-manager.js';
import { processes, unitOf, type Process } from '../../demo/processes.js';
import type { SoakFleet } from './soak-fleet.js';

export interface SeenSession {
  readonly id: string;
  readonly name: string;
  /** The agent its mark names, or ''. */
  readonly agent: string;
  /** The agent's own pane, or of an unmarked session the first one. */
  readonly pane: string;
  readonly pid: number;
  readonly dead: boolean;
}

/** The host as systemctl, tmux and the kernel show it, without fleet. */
export interface Look {
  /** Pid of the tmux server, or null where none answers. */
  readonly server: number | null;
  readonly sessions: readonly SeenSession[];
  /** ActiveState and SubState of agents' units that are listed. */
  readonly units: ReadonlyMap<string, string>;
}

export async function look(fleet: SoakFleet): Promise<Look> {
  const format =
    '#{pid}/#{session_id}/#{pane_id}/#{@fleet_pane}/#{pane_pid}/#{pane_dead}/#{@fleet_agent}/#{session_name}';
  const [{ code, stdout }, listed] = await Promise.all([
    fleet.tmux('list-panes', '-a', '-F', format),
    systemctl('list-units', '--all', '--plain', '--no-legend', '--full', 'mosaic-agent@*'),
  ]);
  const rows = code === 0 ? stdout.trimEnd().split('\n') : [];
  const sessions = rows.flatMap((row): readonly SeenSession[] => {
    const [, id = '', pane = '', own, pid, dead, agent = '', ...name] = row.split('/');
    if (own !== '' && own !== pane) return [];
    return [{ id, name: name.join('/'), agent, pane, pid: Number(pid), dead: dead === '1' }];
  });
  const units = listed.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): [string, string] => {
      const [name = '', , active = '', sub = ''] = line.trim().replace(/^● /, '').split(/ +/);
      return [name.slice('mosaic-agent@'.length, -'.service'.length), `${active} ${sub}`];
    });
  return {
    server: rows[0] === undefined ? null : Number(rows[0].split('/')[0]),
    sessions,
    units: new Map(units),
  };
}

/** The session of an agent whose own pane lives, or null. */
export const living = ({ sessions }: Look, agent: string): SeenSession | null =>
  sessions.find((session) => session.agent === agent && !session.dead && alive(session.pid)) ?? null;

/** Pid of every agent that lives. */
export const livingPids = (seen: Look): ReadonlyMap<string, number> =>
  new Map(
    seen.sessions.flatMap(({ agent, dead, pid }) =>
      agent !== '' && !dead && alive(pid) ? [[agent, pid] as const] : [],
    ),
  );

export function alive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** A process's environment as it was at its start; null where it has ended. */
export function environmentOf(pid: number): ReadonlyMap<string, string> | null {
  try {
    const entries = fs
      .readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .filter((entry) => entry !== '');
    return new Map(
      entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
    );
  } catch {
    return null;
  }
}

/** Processes of the run's agents, by the marker in their environment, that are in no unit of a living agent. */
export function strays(seen: Look, marker: string): readonly Process[] {
  const homes = new Set([...livingPids(seen).keys()].map((agent) => `mosaic-agent@${agent}.service`));
  return processes().filter(
    ({ pid }) => environmentOf(pid)?.get('SOAK_RUN') === marker && !homes.has(unitOf(pid)),
  );
}
