/** What V8 writes with --cpu-prof, as far as it is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

/** What `fleet plan` does by itself, by the functions that do it; the outermost counts, the command line's aside. */
export const ownWork = {
  'the command line': ['addFleetCommands', 'parseAsync', 'main'],
  'roster read and compiled': ['loadRoster'],
  "agents' files, records, obstacles": [
    ...['observeInstallation', 'observeAgentFiles', 'observeMemory', 'observeConversations'],
    ...['resolveDesired', 'endsOf', 'findObstacles'],
  ],
  'answers of systemctl and tmux read': ['observeUnits', 'observeTmux', 'textOf'],
  'the plan': ['plan', 'planWithScreens'],
  'its text': ['planJson', 'planText'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Phases that bench/phases.cjs times exactly, by where V8 finds their functions; and what V8 does by itself. */
const elsewhere: readonly (readonly [url: RegExp, names: ReadonlySet<string>])[] = [
  [/\/fleet\.js$/, new Set(['load', 'read'])],
  [/^node:/, new Set(['Script', 'spawn', 'compileForPublicLoader', 'getStdout', 'Writable.write'])],
  [/^$/, new Set(['(idle)', '(program)', '(garbage collector)'])],
];

const kinds = new Map<string, string>(
  Object.entries(ownWork).flatMap(([kind, names]) => names.map((name) => [name, kind] as const)),
);

/**
 * How a command's own work divides, over all profiles together.
 *
 * @returns shares that sum to 1, by the names of {@link ownWork} and `rest`
 */
export function sharesOf(profiles: readonly CpuProfile[]): ReadonlyMap<string, number> {
  const spent = new Map<string, number>();
  for (const profile of profiles) {
    const kindOf = kindsIn(profile);
    profile.samples.forEach((id, index) => {
      const kind = kindOf.get(id);
      if (kind !== undefined)
        spent.set(kind, (spent.get(kind) ?? 0) + Math.max(0, profile.timeDeltas[index] ?? 0));
    });
  }
  const sum = [...spent.values()].reduce((total, each) => total + each, 0);
  return new Map([...spent].map(([kind, value]) => [kind, sum === 0 ? 0 : value / sum]));
}

/** To what each node's time goes; nodes of phases that are timed elsewhere are left out, with all that they call. */
function kindsIn({ nodes }: CpuProfile): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const walk = (id: number, outer: string): void => {
    const node = byId.get(id);
    if (node === undefined) return;
    const { functionName, url } = node.callFrame;
    if (elsewhere.some(([where, names]) => names.has(functionName) && where.test(url))) return;
    const own = url.includes('/chunks/') ? kinds.get(functionName) : undefined;
    // The command line's functions call everything else.
    const kind = outer === 'rest' || outer === 'the command line' ? (own ?? outer) : outer;
    found.set(id, kind);
    for (const child of node.children ?? []) walk(child, kind);
  };
  const [root] = nodes;
  if (root !== undefined) walk(root.id, 'rest');
  return found;
}
