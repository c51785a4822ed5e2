import { planned, snapshot, type, type PlannedAction, type Snapshot } from './fleet.js';

/** One `fleet apply`: what the plan said, and who ran before and after. */
export interface Entry {
  readonly label: string;
  readonly actions: readonly PlannedAction[];
  readonly before: Snapshot;
  readonly after: Snapshot;
}

/** What happened to the fleet, in order. */
export class Chronicle {
  readonly entries: Entry[] = [];
  readonly snapshots: Snapshot[] = [];

  get latest(): Snapshot {
    return this.snapshots.at(-1) ?? { server: null, pids: new Map() };
  }

  add(seen: Snapshot): Snapshot {
    this.snapshots.push(seen);
    return seen;
  }

  /** Types `fleet plan`, then `fleet apply`, and records both. */
  async planAndApply(label: string, expected = 0): Promise<Entry> {
    await type('fleet plan');
    const actions = await planned();
    const before = this.latest;
    await type('fleet apply', expected);
    const entry = { label, actions, before, after: this.add(await snapshot()) };
    this.entries.push(entry);
    return entry;
  }
}

/** Where the world after an apply is not what the plan before it said. */
export function broken({ label, actions, before, after }: Entry): readonly string[] {
  const names = [
    ...new Set([...before.pids.keys(), ...after.pids.keys(), ...actions.map(({ agent }) => agent)]),
  ];
  return names.toSorted().flatMap((name) => {
    const action = actions.find(({ agent }) => agent === name);
    const said = action?.gate === 'ready' ? action.action : 'nothing';
    const [old, now] = [before.pids.get(name), after.pids.get(name)];
    const holds = came(said, old, now);
    return holds
      ? []
      : [`${label}: the plan said ${said} for ${name}, its pid went ${old ?? '-'} → ${now ?? '-'}`];
  });
}

function came(
  said: PlannedAction['action'] | 'nothing',
  old: number | undefined,
  now: number | undefined,
): boolean {
  switch (said) {
    case 'start':
      return old === undefined && now !== undefined;
    case 'stop':
      return old !== undefined && now === undefined;
    case 'restart':
    case 'reset':
      return old !== undefined && now !== undefined && old !== now;
    case 'update':
    case 'adopt':
    case 'nothing':
      return old === now;
  }
}

/** Agents whose process is not the one it was. */
export const moved = (names: readonly string[], before: Snapshot, after: Snapshot): readonly string[] =>
  names
    .filter((name) => before.pids.get(name) === undefined || before.pids.get(name) !== after.pids.get(name))
    .map((name) => `${name}: ${before.pids.get(name) ?? '-'} → ${after.pids.get(name) ?? '-'}`);

export const shownPids = (names: readonly string[], { pids }: Snapshot): string =>
  names.map((name) => `${name} ${pids.get(name) ?? '-'}`).join(', ');
