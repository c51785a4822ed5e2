import { expect, test } from 'vitest';
import { fleetFigures } from '../../src/controller/metrics-figures.js';
import { now, Scene } from '../support/scene.js';

const figuresOf = (scene: Scene) => fleetFigures(scene.world(), scene.plan(), now);

test('every phase and gate is there, and counted', () => {
  const scene = new Scene([
    { name: 'a', persistent_persona: true, env: { A: '1' } },
    'b',
    { name: 'c', suspend: true },
  ])
    .live('a', { was: { env: {} } })
    .live('gone');
  const { phases, gates, agents } = figuresOf(scene);
  expect(phases).toEqual({
    ...{ Running: 1, Starting: 0, Dead: 0, BackingOff: 0, Stalled: 0, Held: 0 },
    ...{ Suspended: 1, Stopped: 1, Unknown: 0, Foreign: 0, Extra: 1 },
  });
  expect(gates).toEqual({
    ...{ deferred: 0, 'needs-approval': 1, held: 0, 'backing-off': 0, stalled: 0, braked: 0, blocked: 0 },
  });
  // An agent that is not in the roster has no series of its own.
  expect(agents).toEqual([
    { name: 'a', up: true, starts: 1 },
    { name: 'b', up: false, starts: 0 },
    { name: 'c', up: false, starts: 0 },
  ]);
});

test('unknown is not down', () => {
  const scene = new Scene(['a']).live('a');
  scene.tmuxUnknown = 'tmux did not answer within 5s';
  const { phases, agents } = figuresOf(scene);
  expect(phases.Unknown).toBe(1);
  expect(agents).toEqual([{ name: 'a', up: null, starts: 1 }]);
});
