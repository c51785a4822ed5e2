import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { isDisruptive, type Plan } from '../../src/controller/action.js';
import type { World } from '../../src/controller/assess.js';
import { resolveDesired } from '../../src/controller/desired.js';
import { noWords } from '../../src/controller/gate.js';
import { plan } from '../../src/controller/plan.js';
import { compileRoster } from '../../src/roster/compile.js';
import type { Roster } from '../../src/roster/types.js';
import { now, Scene, type AgentDoc, type RosterRest } from '../support/scene.js';

const example = (file: string): string =>
  fs.readFileSync(new URL(`../../roster/examples/${file}`, import.meta.url), 'utf8');

/** The path of a template may be cut off, too. */
function readTemplate(path: string) {
  try {
    return { ok: true as const, text: example(path) };
  } catch {
    return { ok: false as const, message: 'no such file' };
  }
}

/** Every agent of an example lives as it declares, with something said in its conversation. */
function livingFleet(text: string, idleSeconds: number): World {
  const { agents, defaults, tmux, runtimes } = parse(text) as RosterRest & {
    readonly agents: readonly AgentDoc[];
  };
  const paths = agents.flatMap(({ kickstart_template: path }) => (typeof path === 'string' ? [path] : []));
  const templates = Object.fromEntries(paths.map((path) => [path, example(path)]));
  const scene = new Scene(agents, {
    ...(defaults === undefined ? {} : { defaults }),
    ...(tmux === undefined ? {} : { tmux }),
    ...(runtimes === undefined ? {} : { runtimes }),
    templates,
  });
  // As declared: who is suspended does not run.
  for (const { name, suspend } of agents) if (suspend !== true) scene.live(name, { said: true, idleSeconds });
  return scene.world();
}

const planFor = (world: World, roster: Roster): Plan =>
  plan({ ...world, roster, desired: resolveDesired(roster, world.observed.files) }, noWords, now);

const hashesOf = (world: World, roster: Roster): ReadonlyMap<string, string> =>
  new Map(
    [...resolveDesired(roster, world.observed.files)].flatMap(([name, one]) =>
      one.kind === 'resolved' ? [[name, `${one.specHash} ${one.contextHash}`]] : [],
    ),
  );

test.each([
  // One agent lives, and the rest is suspended.
  ['local-canary.yaml', 0],
  ['software-factory.yaml', 100],
])('%s cut off at any byte is refused, or ends nobody without brake and gates', (file, ends) => {
  const bytes = Buffer.from(example(file));
  const [idle, busy] = [livingFleet(bytes.toString(), 600), livingFleet(bytes.toString(), 0)];
  const whole = hashesOf(idle, idle.roster);
  expect(planFor(idle, idle.roster).actions).toEqual([]);
  const revisions = new Set<string>();
  const seen = { valid: 0, stops: 0, braked: 0, changes: 0 };
  for (let end = 0; end < bytes.length; end += 1) {
    const text = bytes.subarray(0, end).toString();
    const compiled = compileRoster({ file, text }, { home: '/home/op', readTemplate });
    if (!compiled.ok) {
      expect(compiled.failure.length).toBeGreaterThan(0);
      continue;
    }
    seen.valid += 1;
    const roster = compiled.value;
    // Most bytes are comments, or the middle of one word's end.
    if (revisions.has(roster.revision)) continue;
    revisions.add(roster.revision);
    const hashes = hashesOf(idle, roster);
    const disruptive = planFor(idle, roster).actions.filter(({ action }) => isDisruptive(action));
    const ready = disruptive.filter(({ gate }) => gate.kind === 'ready');
    const where = `${file} at ${end}: ${text.slice(-40)}`;

    const most = Math.max(2, Math.floor(whole.size / 2));
    if (disruptive.length > most) expect(ready, where).toEqual([]);
    else expect(ready.length, where).toBeLessThanOrEqual(most);
    for (const { agent, action, cost, reasons } of disruptive) {
      // Who stands there as before is left alone.
      expect(hashes.get(agent), where).not.toBe(whole.get(agent));
      if (!ready.some((one) => one.agent === agent)) continue;
      const spec = roster.agents.find(({ name }) => name === agent);
      if (action === 'stop') expect(reasons, where).toMatchObject([{ code: 'NotInRoster' }]);
      else expect(spec?.disruption, where).not.toBe('ask');
      if (cost.kind === 'loses-conversation') expect(spec?.resetBetweenTasks, where).toBe(true);
      seen[action === 'stop' ? 'stops' : 'changes'] += 1;
    }
    if (disruptive.some(({ gate }) => gate.kind === 'braked')) seen.braked += 1;
    // Whoever works is restarted and reset by no part of a file.
    const waiting = planFor(busy, roster).actions.filter(
      ({ action, gate }) => (action === 'restart' || action === 'reset') && gate.kind === 'ready',
    );
    expect(waiting, where).toEqual([]);
  }
  expect(seen.valid).toBeGreaterThan(20);
  expect(seen.stops + seen.braked + seen.changes).toBeGreaterThanOrEqual(ends);
});
