import type { Exec } from '../host/exec.js';
import { cpuSecondsOf } from './cgroup-cpu.js';
import { agentUnitName, showUnits } from './systemd.js';
import { controllerUnit, holderUnit, type UnitProperties } from './systemd-output.js';

export interface Figures {
  readonly memoryBytes: number | null;
  readonly cpuSeconds: number | null;
  readonly tasks: number | null;
}

export interface FleetFigures {
  readonly agents: ReadonlyMap<string, Figures>;
  readonly holderPid: number | null;
  readonly controllerPid: number | null;
}

/** Memory, CPU and tasks of each agent's cgroup as systemd accounts for them (CPU by /proc where it does not), and main pids. One process. */
export async function observeFigures(exec: Exec, agents: readonly string[]): Promise<FleetFigures> {
  const shown = await showUnits(
    exec,
    [holderUnit, controllerUnit, ...agents.map(agentUnitName)],
    ['MainPID', 'MemoryCurrent', 'CPUUsageNSec', 'TasksCurrent', 'ControlGroup'],
  );
  const units = shown.known ? shown.value : new Map<string, UnitProperties>();
  const cpu = (unit: UnitProperties | undefined): number | null => {
    const nanoseconds = count(unit?.['CPUUsageNSec']);
    return nanoseconds === null ? cpuSecondsOf(unit?.['ControlGroup'] ?? '') : nanoseconds / 1e9;
  };
  return {
    agents: new Map(
      agents.map((agent) => {
        const found = units.get(agentUnitName(agent));
        return [
          agent,
          {
            memoryBytes: count(found?.['MemoryCurrent']),
            cpuSeconds: cpu(found),
            tasks: count(found?.['TasksCurrent']),
          },
        ];
      }),
    ),
    holderPid: mainPid(units.get(holderUnit)),
    controllerPid: mainPid(units.get(controllerUnit)),
  };
}

/** systemd says 0 where a unit has no main process. */
function mainPid(unit: UnitProperties | undefined): number | null {
  const pid = count(unit?.['MainPID']);
  return pid === 0 ? null : pid;
}

/** `[not set]` and 2^64-1 both mean that systemd does not account for it here. */
function count(text: string | undefined): number | null {
  if (text === undefined || !/^[0-9]+$/.test(text) || text === '18446744073709551615') return null;
  return Number(text);
}
