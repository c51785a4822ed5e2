/** What the fleet needs a tmux server to have: the options and hooks that `fleet.tmux.conf` sets in each of its readings. */
export interface NeededSettings {
  /** Value (`on` or `off`) by name. */
  readonly options: ReadonlyMap<string, string>;
  /** With their indexes: `pane-died[901]`. */
  readonly hooks: readonly string[];
}

/** What a living server has of it. */
export interface ServerSettings {
  readonly version: string;
  /** Options that have another value than the needed one. */
  readonly options: readonly string[];
  /** Hooks that are not set. */
  readonly hooks: readonly string[];
  /** `window-size` is `manual`: the server crashes at the next new session or window (3.3a to 3.6; of 3.7 it is not known, 3.2a and 3.8 do not). */
  readonly crashes: boolean;
  /** Names of agents' sessions that end as soon as nobody is attached to them. */
  readonly fragile: readonly string[];
}

/** @param configuration the text of `fleet.tmux.conf` */
export function neededSettings(configuration: string): NeededSettings {
  // Before that stand defaults, which the operator's own file may change.
  const text = configuration.slice(configuration.lastIndexOf('%endif'));
  return {
    options: new Map(
      [...text.matchAll(/^set -g ([a-z-]+) (on|off)$/gm)].map(([, name = '', value = '']) => [name, value]),
    ),
    hooks: [...text.matchAll(/^set-hook -g '([^']+)'/gm)].map(([, name = '']) => name),
  };
}

/** Prints options of the server, of all sessions and of all windows with the hooks among them, and each agent's session. */
export const settingsCommands = [
  ...['display-message', '-p', 'V #{version}', ';', 'show-options', '-s', ';', 'show-options', '-gH'],
  ...[';', 'show-options', '-gwH', ';'],
  ...['list-sessions', '-f', '#{@fleet_agent}', '-F', 'S #{destroy-unattached} #{session_name}'],
];

/** @returns null where tmux printed something else */
export function parseSettings(text: string, needed: NeededSettings): ServerSettings | null {
  const [head = '', ...lines] = text.split('\n');
  if (!head.startsWith('V ')) return null;
  const set = new Map(lines.map((line): [string, string] => [line.split(' ', 1)[0] ?? '', line]));
  return {
    version: head.slice(2),
    options: [...needed.options].flatMap(([name, value]) =>
      set.get(name) === `${name} ${value}` ? [] : [name],
    ),
    hooks: needed.hooks.filter((name) => !set.has(name)),
    crashes: lines.includes('window-size manual') && /^3\.[3-7]/.test(head.slice(2)),
    // 3.3a says 0 and 1; later ones have more values for it, and say them by name.
    fragile: lines.flatMap((line) => /^S (?!0 |off )\S+ (.*)$/.exec(line)?.[1] ?? []),
  };
}
