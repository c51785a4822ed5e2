import type { Known } from '../controller/observed.js';
import type { Exec } from '../host/exec.js';
import { agentUnitName, showUnits } from './systemd.js';
import { holderUnit, type UnitProperties } from './systemd-output.js';

/** A setting of a unit that somebody has changed, by a drop-in for it or for every service (`service.d`). */
export interface ChangedSetting {
  readonly unit: string;
  readonly setting: 'KillMode' | 'RemainAfterExit' | 'Restart' | 'RuntimeMaxSec';
  readonly value: string;
  /** Drop-ins that are in force and none of fleet's own, as systemd lists them. */
  readonly dropIns: readonly string[];
}

/** By systemd's name of the property; as in framework/systemd/user, or systemd's default where that says nothing. */
const AGENT = { KillMode: 'control-group', RemainAfterExit: 'no', Restart: 'no', RuntimeMaxUSec: 'infinity' };
const HOLDER = { ...AGENT, KillMode: 'mixed', Restart: 'always' };

/** systemd loads each unit that does not run, some 3 ms. */
const atOnce = 200;

/** What is not as the fleet lives by it in the units of the holder and of these agents. One process for 200 of them. */
export async function observeUnitSettings(
  exec: Exec,
  agents: readonly string[],
): Promise<Known<readonly ChangedSetting[]>> {
  const names = [holderUnit, ...agents.map(agentUnitName)];
  const properties = ['LoadState', 'DropInPaths', ...Object.keys(AGENT)];
  const changed: ChangedSetting[] = [];
  for (let from = 0; from < names.length; from += atOnce) {
    const units = names.slice(from, from + atOnce);
    const shown = await showUnits(exec, units, properties);
    if (!shown.known) return shown;
    changed.push(...units.flatMap((unit) => changedIn(unit, shown.value.get(unit))));
  }
  return { known: true, value: changed };
}

function changedIn(unit: string, properties: UnitProperties | undefined): readonly ChangedSetting[] {
  if (properties?.['LoadState'] !== 'loaded') return [];
  const dropIns = (properties['DropInPaths'] ?? '')
    .split(' ')
    .filter((file) => file !== '' && !file.endsWith('/50-fleet.conf'));
  return Object.entries(unit === holderUnit ? HOLDER : AGENT).flatMap(([name, wanted]): ChangedSetting[] => {
    const value = properties[name] ?? wanted;
    const setting = name === 'RuntimeMaxUSec' ? 'RuntimeMaxSec' : (name as ChangedSetting['setting']);
    return value === wanted ? [] : [{ unit, setting, value, dropIns }];
  });
}
