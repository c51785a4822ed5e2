import { reboot } from '../support/boot.js';
import { until } from '../support/fleet-sandbox.js';
import { controllerUnit, type CampaignFleet } from './campaign-fleet.js';
import { NAMES, type Healer, type Name, type Step } from './campaign-step.js';

/**
 * Makes the fault happen, and has the victims started again by whom the step says.
 *
 * @returns the moment in which it began, in ms of performance.now()
 */
export async function befall(fleet: CampaignFleet, step: Step): Promise<number> {
  const { sandbox } = fleet;
  const { victims } = step;
  const pids = await sandbox.pids();
  const began = performance.now();
  switch (step.fault) {
    case 'SIGKILL':
      for (const name of victims) process.kill(pids[name] ?? Number.NaN, 'SIGKILL');
      break;
    case 'session killed': {
      const format = '#{@fleet_agent} #{session_id}';
      const listing = await sandbox.tmux('list-sessions', '-f', '#{!=:#{@fleet_agent},}', '-F', format);
      const ids = new Map(listing.split('\n').map((line) => line.split(' ') as [string, string]));
      for (const name of victims) await sandbox.tmux('kill-session', '-t', ids.get(name) ?? 'nobody');
      break;
    }
    case 'server killed':
      process.kill(await sandbox.serverPid(), 'SIGKILL');
      break;
    case 'unit restarted by hand':
      await fleet.systemctl('restart', ...fleet.units(victims));
      return began;
    case 'fleet restart':
      await fleet.must([0], 'restart', ...victims);
      return began;
    case 'stopped and started':
      await fleet.must([0], 'stop', ...victims);
      for (const name of victims.toReversed()) await fleet.must([0], 'start', name);
      return began;
    case 'setting edited':
      fleet.edit(victims);
      // It waits for the end of a turn.
      if (step.healer !== 'controller') await applied(fleet);
      return began;
    case 'reboot':
      await reboot('orderly');
      return began;
    case 'power cut':
      await reboot('power-cut');
      return began;
  }
  await heal(fleet, step.healer, victims);
  return began;
}

async function heal(fleet: CampaignFleet, healer: Healer, victims: readonly Name[]): Promise<void> {
  if (healer === 'controller') return;
  await fleet.ended(victims);
  await until('the server is back', async () =>
    (await fleet.sandbox.tmux('list-sessions')).includes('_holder'),
  );
  switch (healer) {
    case 'fleet apply':
      return applied(fleet);
    case 'fleet start':
      for (const name of victims) await fleet.must([0], 'start', name);
      return;
    case 'systemctl start':
      for (const one of fleet.units(victims)) await fleet.systemctl('start', one);
      return;
  }
}

/** `fleet apply` until there is nothing left to do: a disruptive action waits for the end of a turn. */
async function applied(fleet: CampaignFleet): Promise<void> {
  await until(
    'nothing is left to do',
    async () => (await fleet.must([0, 6], 'apply', '--wait', '120s')).code === 0,
    120_000,
  );
}

/** Has the controller run, or not, and waits for nobody. */
export async function controllerRuns(fleet: CampaignFleet, runs: boolean): Promise<void> {
  await fleet.systemctl(runs ? 'start' : 'stop', controllerUnit);
}

/** Those that the fault hits, whoever is meant. */
export const hit = ({ fault, victims }: Step): readonly Name[] =>
  fault === 'server killed' || fault === 'reboot' || fault === 'power cut' ? NAMES : victims;
