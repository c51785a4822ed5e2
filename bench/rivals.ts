import { installPm2, pm2Version } from './pm2.js';
import { supervisorVersion } from './supervisor.js';

/** Versions of the systems that fleet is measured beside; null: absent. */
export interface Rivals {
  readonly supervisor: string | null;
  readonly pm2: string | null;
}

/** @returns what to say about those that are not there */
export function installRivals(): readonly string[] {
  const problem = installPm2();
  return [
    ...(supervisorVersion() === null ? ['supervisor is absent (apt-get install supervisor)'] : []),
    ...(problem === null ? [] : [`pm2 is absent: ${problem}`]),
  ];
}

export const rivals = (): Rivals => ({ supervisor: supervisorVersion(), pm2: pm2Version() });
