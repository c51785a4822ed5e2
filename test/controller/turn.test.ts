import { expect, test } from 'vitest';
import type { FullReport } from '../../src/controller/turn.js';
import { TurnWatch } from '../../src/controller/turn.js';
import { Scene } from '../support/scene.js';

const silent: FullReport = {
  rosterState: () => undefined,
  looked: () => undefined,
  trouble: () => undefined,
  event: () => undefined,
};

function look(
  watch: TurnWatch,
  refusal: string | null,
  spoil: (scene: Scene) => void = () => undefined,
): void {
  const scene = new Scene(['a']).live('a');
  spoil(scene);
  watch.looked({ world: scene.world(), refusal }, scene.plan(), new Set());
}

test.each<readonly [string, (watch: TurnWatch) => void, string, boolean]>([
  ['a look that shows everything', (watch) => look(watch, null), 'complete', true],
  ['an unknown source', (watch) => look(watch, null, (scene) => (scene.tmuxUnknown = 'hangs')), 'incomplete', true],
  ['a host where nothing may be done', (watch) => look(watch, 'installed for another home'), 'incomplete', true],
  ['no roster yet', (watch) => watch.rosterState('no roster to read', null), 'incomplete', true],
  ['a look that never came', (watch) => watch.trouble('pass', 'took longer than 30s'), 'failed', false],
  ['trouble after a look', (watch) => { look(watch, null); watch.trouble('pass', 'disk full'); }, 'failed', true],
  ['trouble with earlier work', (watch) => { look(watch, null); watch.trouble('apply', 'oops'); }, 'complete', true],
])('%s', (_, pass, result, looked) => {
  const watch = new TurnWatch(silent, null);
  watch.trouble('pass', 'of the pass before');
  watch.begin();
  pass(watch);
  expect(watch.turn).toEqual({ result, looked });
}); // prettier-ignore
