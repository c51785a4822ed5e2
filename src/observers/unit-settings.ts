import type { Known } from '../controller/observed.js';
import type { Exec } from '../host/exec.js';
import { agentUnitName, showUnits } from './systemd.js';
import { holderUnit } from './systemd-output.js';

/** A setting of a unit that somebody has changed, by a drop-in for it or for every service (`service.d`). */
export interface ChangedSetting {
  readonly unit: string;
  readonly setting: 'KillMode' | 'RemainAfterExit' | 'Restart' | 'RuntimeMaxSec';
  readonly value: string;
  /** Drop-ins that are in force, as systemd lists them. */
  readonly dropIns: string;
}

/** By systemd's name of the property; as in framework/systemd/user, or systemd's default where that says nothing. */
const AGENT = { KillMode: 'control-group', RemainAfterExit: 'no', Restart: 'no', RuntimeMaxUSec: 'infinity' };
const HOLDER = { ...AGENT, KillMode: 'mixed', Restart: 'always' };

/** What is not as the fleet lives by it in the units of the holder and of these agents. One process. */
export async function observeUnitSettings(
  exec: Exec,
  agents: readonly string[],
): Promise<Known<readonly ChangedSetting[]>> {
  const names = [holderUnit, ...agents.map(agentUnitName)];
  const shown = await showUnits(exec, names, ['LoadState', 'DropInPaths', ...Object.keys(AGENT)]);
  if (!shown.known) return shown;
  const changed = names.flatMap((unit) => {
    const properties = shown.value.get(unit);
    if (properties?.['LoadState'] !== 'loaded') return [];
    return Object.entries(unit === holderUnit ? HOLDER : AGENT).flatMap(
      ([name, wanted]): ChangedSetting[] => {
        const value = properties[name] ?? wanted;
        if (value === wanted) return [];
        const setting = name === 'RuntimeMaxUSec' ? 'RuntimeMaxSec' : (name as ChangedSetting['setting']);
        return [{ unit, setting, value, dropIns: properties['DropInPaths'] ?? '' }];
      },
    );
  });
  return { known: true, value: changed };
}
