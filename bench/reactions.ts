import { agentUnit, eventually, show, systemctl } from '../test/support/user-manager.js';
import { ControlledFleet, microseconds, moment } from './controlled-fleet.js';
import { deathUnder } from './children.js';
import { allOf } from './measure.js';
import { Pm2 } from './pm2.js';
import type { Rivals } from './rivals.js';
import { sampleOf, type Row } from './row.js';
import { Supervisor } from './supervisor.js';

/**
 * How soon an edit and a death are acted upon, by systemd's own clock: when it spawned a unit's first process, and when a
 * unit's agent was about to run. Of the rivals a millisecond may be missed: their children are looked at again and again.
 */
export async function reactions(
  cli: string,
  size: number,
  repetitions: number,
  rivals: Rivals,
): Promise<readonly Row[]> {
  const fleet = new ControlledFleet(cli, size);
  const supervisor = rivals.supervisor === null ? null : new Supervisor(size, false);
  const pm2 = rivals.pm2 === null ? null : new Pm2(size);
  try {
    await fleet.up();
    await supervisor?.start();
    await pm2?.start();
    const edits: number[] = [];
    const deaths: number[] = [];
    const raws: number[] = [];
    const underSupervisor: number[] = [];
    const underPm2: number[] = [];
    const more: string[] = [];
    for (let turn = 0; turn < repetitions; turn += 1) {
      more.push(`more-${turn}`);
      edits.push(await edit(fleet, more));
      deaths.push(await death(fleet, fleet.names[turn] ?? ''));
      raws.push(await rawRestart(fleet, fleet.names[size - 1 - turn] ?? ''));
      if (supervisor !== null) underSupervisor.push(await deathUnder(supervisor.pid));
      if (pm2 !== null) underPm2.push(await deathUnder(pm2.pid));
    }
    const [edited, died, raw] = [sampleOf(edits), sampleOf(deaths), sampleOf(raws)];
    const kill = 'agent killed → its successor is about to run';
    const rival = 'one systemctl restart';
    const besideRival = (name: string, times: readonly number[]): Row => ({
      ...{ kind: 'time', what: kill, size, ours: died, budget: null },
      rival: { name, sample: times.length === 0 ? 'absent' : sampleOf(times) },
    });
    return [
      { kind: 'figure', what: 'roster replaced → first process, ms', size, value: edited.median, rival: null, budget: 120 },
      { kind: 'time', what: kill, size, ours: died, rival: { name: rival, sample: raw }, budget: 2 },
      besideRival('supervisord', underSupervisor),
      besideRival('pm2', underPm2),
      { kind: 'figure', what: `${kill}, p95, ms`, size, value: died.p95, rival: { name: rival, value: raw.p95 }, budget: 3 },
    ]; // prettier-ignore
  } finally {
    await allOf(
      () => pm2?.stop(),
      () => supervisor?.stop(),
      () => fleet.dispose(),
    );
  }
}

/** One agent more. @returns milliseconds until systemd has spawned its unit's first process */
async function edit(fleet: ControlledFleet, more: readonly string[]): Promise<number> {
  await fleet.quiet();
  const unit = agentUnit(more.at(-1) ?? '');
  const begun = microseconds();
  fleet.replaceRoster(more);
  await eventually('the new agent runs', async () => (await show(unit, 'ActiveState'))['ActiveState'] === 'active');
  return ((await moment(unit, 'ExecMainStart')) - begun) / 1000;
} // prettier-ignore

/** @returns milliseconds from the agent's kill until its successor is about to run */
async function death(fleet: ControlledFleet, agent: string): Promise<number> {
  await fleet.quiet();
  const unit = agentUnit(agent);
  const pid = (await fleet.panes()).get(agent) ?? 0;
  if (pid === 0) throw new Error(`${agent} has no process`);
  const begun = microseconds();
  process.kill(pid, 'SIGKILL');
  return await successor(unit, begun);
}

/** The same by the raw call, while the controller sleeps. */
async function rawRestart(fleet: ControlledFleet, agent: string): Promise<number> {
  await fleet.quiet();
  const unit = agentUnit(agent);
  process.kill(fleet.pid, 'SIGSTOP');
  try {
    const begun = microseconds();
    await systemctl('restart', unit);
    return await successor(unit, begun);
  } finally {
    process.kill(fleet.pid, 'SIGCONT');
  }
}

const successor = async (unit: string, begun: number): Promise<number> =>
  ((await eventually('the successor runs', async () => {
    const entered = await moment(unit, 'ActiveEnter');
    return entered > begun ? entered : null;
  })) -
    begun) /
  1000;
