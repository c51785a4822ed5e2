import type { World } from '../../src/controller/assess.js';
import { countEnds } from '../../src/controller/backoff.js';
import { noConversations, type ConversationSight, type Evidence } from '../../src/controller/conversation.js';
import { resolveDesired, type Desired } from '../../src/controller/desired.js';
import type { AgentFiles, Marks, Observed, ObservedUnit } from '../../src/controller/observed.js';
import { parseEnvironmentFile } from '../../src/roster/environment-file.js';
import type { Roster } from '../../src/roster/types.js';
import type { FakeHost } from './fake-host.js';
import { mosaicHome } from './scene.js';

/** What one pass sees of a fake host. A copy: nothing that happens later shows in it. */
/** @param seen what systemd showed, perhaps a moment ago */
export function observeFakeHost(host: FakeHost, roster: Roster, seen = unitsOf(host)): World {
  const { blind, units, server, holds, fleetHold, approvals, recent } = host;
  const names = new Set([...roster.agents.map(({ name }) => name), ...units.keys()]);
  for (const { marks } of server?.sessions ?? []) {
    if (marks.agent !== null && marks.home === mosaicHome) names.add(marks.agent);
  }
  const files = new Map([...names].map((agent) => [agent, filesOf(host, agent)]));
  const desired = desiredOf(host, roster, files);
  const ends = endsOf(host, roster, seen);
  const observed: Observed = {
    units: seen,
    tmux: blind.tmux
      ? { known: false, message: 'tmux did not answer' }
      : { known: true, value: server?.observe() ?? null },
    files,
    obstacles: new Map(host.obstacles),
    ends,
    conversations: conversationsOf(host, names),
    moment: host.moment,
    memory: blind.memory
      ? { known: false, message: 'holds.json is damaged' }
      : {
          known: true,
          value: {
            holds: new Map(holds),
            fleetHold,
            approvals: [...approvals],
            recent: [...recent],
            braked: host.braked,
            failures: countEnds(host.failures, ends, desired),
          },
        },
  };
  return { roster, desired, observed, home: mosaicHome };
}

/** What was chosen at the start, or what the process made up. */
const shownIn = ({ conversation, unit }: Marks, agent: string): string =>
  conversation === null || conversation === '' ? `shown-${unit ?? agent}` : conversation;

/** Every process shows which conversation it is in. */
function conversationsOf(host: FakeHost, names: Iterable<string>): Observed['conversations'] {
  return new Map(
    [...names].map((agent): readonly [string, ConversationSight] => {
      const value = host.conversations.get(agent) ?? noConversations;
      const marks = host.sessionOf(agent)?.marks ?? null;
      const live = marks === null ? null : shownIn(marks, agent);
      const ids = [value.current?.id, value.former[0]?.id, live].flatMap((id) => (id ? [id] : []));
      const evidence = new Map(
        ids.map((id): readonly [string, Evidence] => [
          id,
          host.spoken.has(id) ? { state: 'holds', bytes: 1, changedAt: host.now } : { state: 'empty' },
        ]),
      );
      return [agent, { record: { known: true, value }, live, spokenTo: true, evidence }];
    }),
  );
}

/** What systemd shows, alone. */
export function unitsOf({ blind, holder, units, predecessor }: FakeHost): Observed['units'] {
  if (blind.units) return { known: false, message: 'no bus' };
  const agents = new Map<string, ObservedUnit>(
    [...units].map(([agent, { active, sub }]) => [agent, { active, sub }]),
  );
  return {
    known: true,
    value: { holder: { active: holder, sub: predecessor ? 'exited' : 'running' }, controller: null, agents },
  };
}

/** Hashing is most of a look's work, and env files hardly ever change. */
const resolved = new WeakMap<
  Roster,
  { readonly key: string; readonly desired: ReadonlyMap<string, Desired> }
>();

function desiredOf(
  { envFiles, unreadable }: FakeHost,
  roster: Roster,
  files: ReadonlyMap<string, AgentFiles>,
): ReadonlyMap<string, Desired> {
  const key = JSON.stringify([[...envFiles], [...unreadable]]);
  const before = resolved.get(roster);
  if (before?.key === key) return before.desired;
  const desired = resolveDesired(roster, files);
  resolved.set(roster, { key, desired });
  return desired;
}

/** As cli/pass.ts reads the exit records: of agents whose unit does not run. */
function endsOf({ ends }: FakeHost, { agents }: Roster, units: Observed['units']): Observed['ends'] {
  if (!units.known) return new Map();
  return new Map(
    agents.flatMap(({ name }) => {
      const active = units.value.agents.get(name)?.active ?? 'inactive';
      const end = ends.get(name);
      const runs = active !== 'inactive' && active !== 'failed' && active !== 'deactivating';
      return end === undefined || runs ? [] : [[name, end] as const];
    }),
  );
}

function filesOf(host: FakeHost, agent: string): AgentFiles {
  const applied = host.applied.get(agent) ?? null;
  if (host.unreadable.has(agent))
    return { siteEnvironment: { known: false, message: 'permission denied' }, owned: false, applied };
  const { site, managed } = parseEnvironmentFile(host.envFiles.get(agent) ?? '');
  const siteEnvironment = { known: true, value: site } as const;
  return { siteEnvironment, owned: managed['MOSAIC_HOME'] === mosaicHome, applied };
}
