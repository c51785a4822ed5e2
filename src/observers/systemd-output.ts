import type { ActiveState, ObservedUnit, ObservedUnits } from '../controller/observed.js';

export const holderUnit = 'mosaic-tmux-holder.service';
export const controllerUnit = 'mosaic-fleet.service';
const agentUnit = /^mosaic-agent@(.+)\.service$/;

/**
 * Reads what `systemctl --user list-units --all --output=json` prints (systemd 249 to 262). Its `job` is there while any unit has one. A unit whose
 * start is queued counts as activating.
 *
 * @returns null where the text is not such a list
 */
export function parseUnitList(text: string): ObservedUnits | null {
  const rows = parseRows(text);
  if (rows === null) return null;
  let holder: ObservedUnit | null = null;
  let controller: ObservedUnit | null = null;
  const agents = new Map<string, ObservedUnit>();
  for (const row of rows) {
    const parsed = parseRow(row);
    if (parsed === null) return null;
    const { name, unit } = parsed;
    if (name === holderUnit) holder = unit;
    else if (name === controllerUnit) controller = unit;
    else {
      const agent = agentUnit.exec(name)?.[1];
      if (agent !== undefined) agents.set(agent, unit);
    }
  }
  return { holder, controller, agents };
}

function parseRows(text: string): readonly unknown[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function parseRow(row: unknown): { name: string; unit: ObservedUnit } | null {
  if (typeof row !== 'object' || row === null) return null;
  const { unit, active, sub, job } = row as Record<string, unknown>;
  if (typeof unit !== 'string' || !isActiveState(active) || typeof sub !== 'string') return null;
  // Its start waits in systemd's queue, for the holder perhaps, and comes unless somebody stops it.
  const queued = (active === 'inactive' || active === 'failed') && (job === 'start' || job === 'restart');
  return { name: unit, unit: { active: queued ? 'activating' : active, sub } };
}

const activeStates: Readonly<Record<ActiveState, true>> = {
  active: true,
  reloading: true,
  inactive: true,
  failed: true,
  activating: true,
  deactivating: true,
  maintenance: true,
};

const isActiveState = (value: unknown): value is ActiveState =>
  typeof value === 'string' && Object.hasOwn(activeStates, value);

/** Properties of one unit as `systemctl show` prints them, values verbatim. */
export type UnitProperties = Readonly<Record<string, string>>;

/** Reads `systemctl show --property=… UNIT…`: blocks of KEY=VALUE, in any order, one blank line between units. */
export function parseUnitProperties(text: string): ReadonlyMap<string, UnitProperties> {
  const units = new Map<string, UnitProperties>();
  for (const block of text.split('\n\n')) {
    const properties: Record<string, string> = {};
    for (const line of block.split('\n')) {
      const at = line.indexOf('=');
      if (at > 0) properties[line.slice(0, at)] = line.slice(at + 1);
    }
    const id = properties['Id'];
    if (id !== undefined) units.set(id, properties);
  }
  return units;
}

/** Reads `systemctl show-environment`: KEY=VALUE, where the value may be quoted as a shell's `$'…'`. (JSON is of systemd 248.) */
export const parseEnvironment = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at > 0 ? [[line.slice(0, at), unquoted(line.slice(at + 1))] as const] : [];
    }),
  );

const controls: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
};

function unquoted(value: string): string {
  const [, inner] = /^\$'(.*)'$/.exec(value) ?? [];
  return inner === undefined
    ? value
    : inner.replace(/\\(?:([0-7]{3})|(.))/g, (_, octal: string | undefined, character = '') =>
        octal === undefined
          ? (controls[String(character)] ?? String(character))
          : String.fromCharCode(Number.parseInt(octal, 8)),
      );
}

/** Words of a list that systemctl prints: one with a blank, a quote or a backslash in it stands in double quotes. */
export const parseWords = (list: string): readonly string[] =>
  [...list.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)].map(
    ([word, quoted]) => quoted?.replace(/\\(.)/g, '$1') ?? word,
  );
