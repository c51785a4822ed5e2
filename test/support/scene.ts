import { assess, type Assessed, type World } from '../../src/controller/assess.js';
import { resolveDesired, type Desired } from '../../src/controller/desired.js';
import type { Plan, PlannedAction } from '../../src/controller/action.js';
import { noWords, type Words } from '../../src/controller/gate.js';
import { unseen, type ConversationSight, type Evidence } from '../../src/controller/conversation.js';
import type {
  ActiveState,
  AgentFiles,
  Known,
  LastEnd,
  Marks,
  Memory,
  ObservedPane,
  ObservedServer,
  ObservedSession,
  ObservedUnit,
} from '../../src/controller/observed.js';
import { plan } from '../../src/controller/plan.js';
import { compileRoster } from '../../src/roster/compile.js';
import type { Roster } from '../../src/roster/types.js';
import { deepFreeze } from './deep-freeze.js';

export const mosaicHome = '/home/op/.config/mosaic';
/** Epoch milliseconds at which every scene is looked at. */
export const now = Date.UTC(2026, 0, 2, 3, 4, 5);

/** An agent as written in a roster; its runtime is codex where nothing else is said. */
export interface AgentDoc {
  readonly name: string;
  readonly [field: string]: unknown;
}

export interface RosterRest {
  readonly defaults?: object;
  readonly tmux?: object;
  readonly runtimes?: object;
  /** Kickstart templates by path. */
  readonly templates?: Readonly<Record<string, string>>;
}

/** Histories come back to the same few rosters, thousands of times. */
const compiled = new Map<string, Roster>();

/** A compiled roster, frozen. Throws the diagnostics of an invalid one. */
export function rosterOf(agents: readonly AgentDoc[], { templates = {}, ...rest }: RosterRest = {}): Roster {
  const document = {
    version: 1,
    transport: 'tmux',
    ...rest,
    agents: agents.map((agent) => ({ runtime: 'codex', ...agent })),
  };
  const text = JSON.stringify(document);
  const key = JSON.stringify([text, templates]);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  if (compiled.size === 5000) compiled.clear();
  const roster = deepFreeze(compileText(text, templates));
  compiled.set(key, roster);
  return roster;
}

export function compileText(text: string, templates: Readonly<Record<string, string>> = {}): Roster {
  const readTemplate = (path: string) =>
    templates[path] === undefined
      ? ({ ok: false, message: 'no such file' } as const)
      : ({ ok: true, text: templates[path] } as const);
  const compiled = compileRoster({ file: 'roster', text }, { home: '/home/op', readTemplate });
  if (!compiled.ok) throw new Error(compiled.failure.map(({ message }) => message).join('\n'));
  return compiled.value;
}

export const noMarks: Marks = {
  agent: null,
  home: null,
  pane: null,
  unit: null,
  spec: null,
  context: null,
  conversation: null,
};

export interface LiveOptions {
  /** Of its process; without: one of its own. */
  readonly pid?: number;
  /** Fields that were different when it was started. */
  readonly was?: Readonly<Record<string, unknown>>;
  /** Templates that were different then. */
  readonly templates?: Readonly<Record<string, string>>;
  /** Site-owned lines when it was started. */
  readonly site?: Readonly<Record<string, string>>;
  /** Whether the applied record exists. */
  readonly record?: boolean;
  readonly idleSeconds?: number;
  readonly attached?: number;
  readonly dead?: boolean;
  readonly unit?: ActiveState | null;
  readonly marks?: Partial<Marks>;
  readonly name?: string;
  /** Whether its conversation holds anything. */
  readonly said?: boolean;
}

/** A roster and a host, put together by hand; the host is empty but for a running holder. */
export class Scene {
  readonly roster: Roster;
  readonly units = new Map<string, ObservedUnit>();
  readonly sessions: ObservedSession[] = [];
  readonly files = new Map<string, AgentFiles>();
  readonly obstacles = new Map<string, string>();
  readonly ends = new Map<string, LastEnd>();
  readonly conversations = new Map<string, ConversationSight>();
  /** Milliseconds since boot. */
  uptime = 0;
  memory: Known<Memory> = {
    known: true,
    value: {
      holds: new Map(),
      fleetHold: null,
      approvals: [],
      recent: [],
      braked: null,
      failures: new Map(),
    },
  };
  holder: ActiveState | null = 'active';
  unitsUnknown: string | null = null;
  tmuxUnknown: string | null = null;
  server: Pick<ObservedServer, 'pid' | 'inHolder'> | null = { pid: 100, inHolder: true };
  readonly #agents: readonly AgentDoc[];
  readonly #rest: RosterRest;
  #next = 1;

  constructor(agents: readonly (AgentDoc | string)[], rest: RosterRest = {}) {
    this.#agents = agents.map((agent) => (typeof agent === 'string' ? { name: agent } : agent));
    this.#rest = rest;
    this.roster = rosterOf(this.#agents, rest);
  }

  /** An agent that fleet has started; it need not be in the roster any more. */
  live(name: string, options: LiveOptions = {}): this {
    const { was = {}, site = {}, record = true, dead = false, unit = 'active' } = options;
    const doc = { ...(this.#agents.find((agent) => agent.name === name) ?? { name }), ...was };
    const then = rosterOf([doc], {
      ...this.#rest,
      templates: { ...this.#rest.templates, ...options.templates },
    });
    const files: AgentFiles = { siteEnvironment: { known: true, value: site }, owned: true, applied: null };
    const started = resolveDesired(then, new Map([[name, files]])).get(name) as Extract<
      Desired,
      { kind: 'resolved' }
    >;
    const seen = this.pane({ dead, lastOutputAt: now / 1000 - (options.idleSeconds ?? 600) });
    const pane = options.pid === undefined ? seen : { ...seen, pid: options.pid };
    this.session(options.name ?? started.spec.session, {
      attached: options.attached ?? 0,
      marks: {
        agent: name,
        home: mosaicHome,
        pane: pane.id,
        unit: 'v',
        spec: started.specHash,
        context: started.contextHash,
        conversation: `of-${name}`,
        ...options.marks,
      },
      panes: [pane],
    });
    const evidence: Evidence =
      options.said === true ? { state: 'holds', bytes: 1, changedAt: now } : { state: 'empty' };
    if (!this.conversations.has(name))
      this.conversations.set(name, { ...unseen, evidence: new Map([[`of-${name}`, evidence]]) });
    if (unit !== null) this.unit(name, unit);
    const applied = record ? { applied: started.record, started: started.record, starts: 1 } : null;
    if (!this.files.has(name)) this.files.set(name, { ...files, applied });
    return this;
  }

  unit(agent: string, active: ActiveState, sub = 'running'): this {
    this.units.set(agent, { active, sub });
    return this;
  }

  pane(fields: Partial<ObservedPane> = {}): ObservedPane {
    const number = this.#next++;
    return {
      id: `%${number}`,
      pid: 1000 + number,
      dead: false,
      lastOutputAt: now / 1000 - 600,
      blank: false,
      ...fields,
    };
  }

  session(name: string, fields: Partial<ObservedSession> = {}): this {
    const id = `$${this.sessions.length + 1}`;
    const panes = fields.panes ?? [this.pane()];
    const createdAt = now / 1000 - 3600;
    this.sessions.push({ id, name, createdAt, attached: 0, marks: noMarks, ...fields, panes });
    return this;
  }

  remember(memory: Partial<Memory>): this {
    if (this.memory.known) this.memory = { known: true, value: { ...this.memory.value, ...memory } };
    return this;
  }

  world(): World {
    const units: World['observed']['units'] =
      this.unitsUnknown === null
        ? {
            known: true,
            value: {
              holder: this.holder === null ? null : { active: this.holder, sub: 'running' },
              controller: null,
              agents: this.units,
            },
          }
        : { known: false, message: this.unitsUnknown };
    const tmux: World['observed']['tmux'] =
      this.tmuxUnknown === null
        ? { known: true, value: this.server === null ? null : { ...this.server, sessions: this.sessions } }
        : { known: false, message: this.tmuxUnknown };
    const { roster, files, obstacles, memory, ends, conversations } = this;
    return {
      roster,
      desired: resolveDesired(roster, files),
      home: mosaicHome,
      observed: {
        ...{ units, tmux, files, obstacles, memory, ends, conversations },
        moment: { boot: 'boot', ms: this.uptime },
      },
    };
  }

  assess(): Assessed {
    return assess(this.world());
  }

  plan(words: Partial<Words> = {}, at = now): Plan {
    return plan(this.world(), { ...noWords, ...words }, at);
  }

  /** The one action planned for an agent; undefined where there is none. */
  actionOn(agent: string, words: Partial<Words> = {}, at = now): PlannedAction | undefined {
    return this.plan(words, at).actions.find((action) => action.agent === agent);
  }
}
