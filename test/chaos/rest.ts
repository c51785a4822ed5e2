import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { unitOf } from '../../demo/processes.js';
import type { DeclaredAgent } from './declared.js';
import { stallAfter } from './declared.js';
import type { Hands } from './hands.js';
import { alive, environmentOf, look, strays, type Look } from './look.js';
import type { SoakFleet } from './soak-fleet.js';

/** The world must have been as declared for so long, that nothing which was begun before is still on its way. */
const stillMs = 1500;
const deadlineMs = 60_000;
const brakeWindowMs = 60_000;

interface Difference {
  readonly agent: string;
  readonly what: string;
}

/**
 * The time of rest after an episode: waits until the world is as the roster says, or until fleet says truly why not.
 *
 * @returns what is wrong, a line each, and the world in the end
 */
export async function rest(
  fleet: SoakFleet,
  hands: Hands,
  say: (line: string) => void,
): Promise<{ readonly findings: readonly string[]; readonly seen: Look }> {
  const deadline = performance.now() + deadlineMs;
  let quietSince: number | null = null;
  let asked = performance.now();
  for (;;) {
    const seen = await look(fleet);
    const open = differences(fleet, hands, seen);
    if (open.length === 0) quietSince ??= performance.now();
    else quietSince = null;
    const now = performance.now();
    if (quietSince !== null && now - quietSince >= stillMs) return { findings: [], seen };
    // Not at once: most of it mends itself within a second.
    if (open.length > 0 && now - asked > 2000) {
      asked = now;
      const unexplained = await explain(fleet, hands, open, say);
      if (unexplained.length === 0) {
        await pause(stillMs);
        const again = await look(fleet);
        const still = differences(fleet, hands, again);
        if ((await explain(fleet, hands, still, say)).length === 0) return { findings: [], seen: again };
      }
      if (now > deadline) {
        const findings = unexplained.map(({ agent, what }) => `not converged: ${agent} ${what}`);
        return { findings, seen };
      }
    }
    await pause(200);
  }
}

/** Where the host is not as declared. */
function differences(fleet: SoakFleet, hands: Hands, seen: Look): readonly Difference[] {
  const { agents, held, strangers } = hands;
  const found = agents.flatMap((agent) => {
    const hold = held.get(agent.name);
    if (hold === 'hold') return [];
    const runs = !agent.suspend && hold !== 'stop';
    const what = runs ? unlike(fleet, agent, seen) : stillThere(agent.name, seen);
    return what === null ? [] : [{ agent: agent.name, what }];
  });
  const declared = new Set(agents.map(({ name }) => name));
  const extra = new Set(
    [...seen.units.keys(), ...seen.sessions.map(({ agent }) => agent)].filter(
      (name) => name !== '' && !declared.has(name),
    ),
  );
  const left = strays(seen, fleet.places.marker).map(({ pid, argv }) => ({
    agent: environmentOf(pid)?.get('MOSAIC_AGENT_NAME') ?? '?',
    what: `leaked process ${pid} ${argv.join(' ')} in ${unitOf(pid) || 'no unit'}`,
  }));
  const lost = [...strangers].flatMap(([name, { id, pid }]) =>
    alive(pid) && seen.sessions.some((session) => session.id === id && session.name === name)
      ? []
      : [{ agent: name, what: 'a session that is not ours was touched' }],
  );
  const removed = [...extra].flatMap((name) => {
    const what = stillThere(name, seen);
    return what === null ? [] : [{ agent: name, what }];
  });
  return [...found, ...removed, ...left, ...lost];
}

function unlike(fleet: SoakFleet, { name, version }: DeclaredAgent, seen: Look): string | null {
  const sessions = seen.sessions.filter(({ agent }) => agent === name);
  const [session] = sessions;
  const unit = seen.units.get(name) ?? 'not listed';
  if (session === undefined || session.dead || !alive(session.pid)) return `does not run (unit ${unit})`;
  if (sessions.length > 1) return `has ${sessions.length} sessions`;
  if (unit !== 'active running') return `runs, its unit is ${unit}`;
  if (unitOf(session.pid) !== `mosaic-agent@${name}.service`)
    return `is in ${unitOf(session.pid) || 'no unit'}`;
  const environment = environmentOf(session.pid);
  if (environment?.get('SOAK_VERSION') !== String(version))
    return `runs version ${environment?.get('SOAK_VERSION') ?? '-'}, declared is ${version}`;
  const file = path.join(fleet.home, 'fleet', 'agents', `${name}.env`);
  const site = /^SITE=(.*)$/m.exec(fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '')?.[1];
  if (environment.get('SITE') !== site)
    return `runs with SITE=${environment.get('SITE')}, its env file says ${site}`;
  return null;
}

function stillThere(name: string, seen: Look): string | null {
  const session = seen.sessions.find(({ agent }) => agent === name);
  const unit = seen.units.get(name) ?? 'inactive dead';
  if (session !== undefined) return `still has session ${session.name}`;
  return unit.startsWith('inactive') || unit.startsWith('failed')
    ? null
    : `should not run, its unit is ${unit}`;
}

interface Planned {
  readonly agent: string;
  readonly gate: string;
  readonly gateMessage?: string;
}

/**
 * Asks fleet about each difference, and whether what it says is so. Where an operator would say a word (a stalled agent, the
 * brake), it is said.
 *
 * @returns what fleet does not explain
 */
async function explain(
  fleet: SoakFleet,
  hands: Hands,
  open: readonly Difference[],
  say: (line: string) => void,
): Promise<readonly Difference[]> {
  if (open.length === 0) return [];
  const { code, stdout } = await fleet.fleet('plan', '--json');
  if (code !== 0) return open;
  const { actions } = JSON.parse(stdout) as { actions: readonly Planned[] };
  const left: Difference[] = [];
  let braked = false;
  for (const one of open) {
    const action = actions.find(({ agent }) => agent === one.agent);
    const agent = hands.agents.find(({ name }) => name === one.agent);
    switch (action?.gate) {
      case 'needs-approval':
        // Reported, and an operator's to decide: true if it asks at all.
        if (agent?.ask !== true)
          left.push({ ...one, what: `${one.what}; waits for an approval it does not need` });
        break;
      case 'stalled': {
        left.push(one);
        const deaths = hands.deaths.get(one.agent) ?? 0;
        if (deaths < stallAfter) left.push({ ...one, what: `was given up after ${deaths} deaths` });
        else {
          say(`fleet start ${one.agent}, which was given up`);
          await hands.command([0, 4, 6], 'start', one.agent);
          hands.deaths.delete(one.agent);
        }
        break;
      }
      case 'braked':
        left.push(one);
        braked = true;
        break;
      case undefined:
      default:
        left.push({
          ...one,
          what: `${one.what}; plan: ${action?.gateMessage ?? action?.gate ?? 'nothing to do'}`,
        });
    }
  }
  if (!braked) return left;
  const recent = new Set(
    hands.changes.filter(({ at }) => Date.now() - at < brakeWindowMs + deadlineMs).map(({ agent }) => agent),
  );
  if (recent.size < 3) return [...left, { agent: 'the brake', what: `holds ${recent.size} changes` }];
  say(`fleet approve --all, for the brake: ${[...recent].join(', ')}`);
  await hands.command([0], 'approve', '--all');
  for (const { name } of hands.agents) hands.approved(name);
  return left;
}
