import { expect, it } from 'vitest';
import { sharesOf, type CpuProfile } from '../../bench/own-work.js';

const chunk = 'file:///x/dist/chunks/plan.0.js';

/** A profile with one sample of a millisecond for each stack. */
function profileOf(...stacks: readonly (readonly (readonly [name: string, url: string])[])[]): CpuProfile {
  const nodes = [{ id: 1, callFrame: { functionName: '(root)', url: '' }, children: [] as number[] }];
  const samples = stacks.map((stack) => {
    let node = nodes[0];
    for (const [functionName, url] of stack) {
      const next = { id: nodes.length + 1, callFrame: { functionName, url }, children: [] };
      node?.children.push(next.id);
      nodes.push(next);
      node = next;
    }
    return nodes.length;
  });
  return { nodes, samples, timeDeltas: samples.map(() => 1000) };
}

it("a command's own work is divided by the functions that do it; the outermost counts", () => {
  const shares = sharesOf([
    profileOf(
      [['planCommand', chunk], ['loadRoster', chunk], ['plan', chunk]],
      [['main', chunk], ['planCommand', chunk], ['observe', chunk], ['loadRoster', chunk]],
      [['planCommand', chunk], ['plan', chunk]],
    ),
    profileOf([['planCommand', chunk]]),
  ]); // prettier-ignore
  expect([...shares].sort()).toEqual([
    ['rest', 0.25],
    ['roster read and compiled', 0.5],
    ['the plan', 0.25],
  ]);
});

it('leaves out what is timed by itself, with all that it calls, and tells functions of one name apart', () => {
  const shares = sharesOf([
    profileOf(
      [['load', 'file:///x/dist/fleet.js'], ['', chunk], ['plan', chunk]],
      [['loadRoster', chunk], ['spawn', 'node:child_process']],
      [['(idle)', '']],
      [['read', chunk]],
      [['plan', 'node:internal/plan']],
    ),
  ]); // prettier-ignore
  expect([...shares]).toEqual([['rest', 1]]);
});
