import type { Actuators } from '../../src/controller/port.js';

const methods: readonly (keyof Actuators)[] = [
  ...([
    'writeMaterial',
    'takeBack',
    'writeApplied',
    'forget',
    'writeLimits',
    'reloadUnits',
    'consumeApprovals',
  ] as const),
  ...([
    'rememberBrake',
    'recordDisruptions',
    'adopt',
    'killSessions',
    'hastenHolder',
    'startHolder',
    'startHolderAndUnits',
    'startUnits',
    'stopUnits',
    'restartUnits',
  ] as const),
];

/** The same actuators, and the names of what was called on them, in order. */
export function recorded(actuators: Actuators): { readonly port: Actuators; readonly log: string[] } {
  const log: string[] = [];
  const port = new Proxy(actuators, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      const method = methods.find((one) => one === key);
      return (...args: readonly unknown[]): unknown => {
        if (method !== undefined) log.push(method);
        return Reflect.apply(member, target, args);
      };
    },
  });
  return { port, log };
}
