import { expect, test } from 'vitest';
import {
  delayed,
  delays,
  untilNextMs,
  type FileAge,
  type RosterInForce,
} from '../../src/controller/delayed.js';
import { Scene } from '../support/scene.js';

test('what ends a living agent waits until the file has been unchanged for a second; in a file that was replaced as a whole, a removal alone', () => {
  const agents = ['new', { name: 'other', class: 'n' }, { name: 'moved' }, { name: 'out', suspend: true }];
  const scene = new Scene(agents)
    .live('other', { was: { class: 'o' } })
    .live('moved', { was: { working_directory: '/old' } })
    .live('out')
    .live('gone');
  const waits = (settledMs: number, replaced = false): readonly string[] =>
    scene.plan().actions.map((one) => `${one.agent} ${one.action} ${delayed(one, { settledMs, replaced })}`);
  expect(waits(300).toSorted()).toEqual([
    ...['gone stop 700', 'moved restart 700', 'new start 0', 'other update 0', 'out stop 700'],
  ]);
  expect(waits(5, true).toSorted()).toEqual([
    ...['gone stop 995', 'moved restart 15', 'new start 0', 'other update 0', 'out stop 15'],
  ]);
  expect(waits(1000).every((line) => line.endsWith(' 0'))).toBe(true);
});

test('what is written for an agent waits for its own files alone, a start and an update too', () => {
  const agents = ['new', { name: 'other', class: 'n' }, { name: 'moved' }];
  const scene = new Scene(agents)
    .live('other', { was: { class: 'o' } })
    .live('moved', { was: { working_directory: '/old' } })
    .live('gone');
  const settled = { settledMs: Infinity, replaced: false };
  const waits = (...own: readonly FileAge[]): readonly string[] =>
    scene.plan().actions.map((one) => `${one.agent} ${one.action} ${delayed(one, settled, own)}`);
  expect(waits({ settledMs: 300, replaced: false }, { settledMs: 5, replaced: true }).toSorted()).toEqual([
    ...['gone stop 0', 'moved restart 700', 'new start 700', 'other update 700'],
  ]);
  expect(waits({ settledMs: 5, replaced: true }).toSorted()).toEqual([
    ...['gone stop 0', 'moved restart 15', 'new start 15', 'other update 15'],
  ]);
});

test("each agent's own files are its template and its env file", () => {
  const scene = new Scene([{ name: 'a', kickstart_template: 'a.md' }, 'b', 'c'], {
    templates: { 'a.md': 'Hello' },
  });
  const files = { siteEnvironment: { known: true, value: {} }, owned: false, applied: null } as const;
  const environmentFile = { text: '', inode: '1', changedAt: 9600, replaced: false };
  scene.files.set('b', { ...files, environmentFile });
  // A clock that was set back.
  scene.files.set('c', { ...files, environmentFile: { ...environmentFile, changedAt: 10_001 } });
  const template = { settledMs: 100, replaced: false };
  const inForce = { roster: scene.roster, problem: null, settledMs: Infinity, replaced: false };
  const delayMs = delays({ ...inForce, templates: new Map([['a.md', template]]) }, scene.world(), 10_000);
  expect(scene.plan().actions.map((one) => [one.agent, delayMs(one)])).toEqual([
    ['a', 900],
    ['b', 600],
    ['c', 0],
  ]);
});

test('an env file that has gone away waits for its writer like one that was written', () => {
  const scene = new Scene([{ name: 'a' }]);
  const files = { siteEnvironment: { known: true, value: {} }, owned: false, applied: null } as const;
  scene.files.set('a', { ...files, environmentFile: null, absentSince: 9600 });
  const inForce = { roster: scene.roster, problem: null, settledMs: Infinity, replaced: false };
  const delayMs = delays(inForce, scene.world(), 10_000);
  expect(scene.plan().actions.map((one) => [one.agent, delayMs(one)])).toEqual([['a', 600]]);
});

test('what may have been half of a roster ends nothing until there is another, and no time is waited for', () => {
  const scene = new Scene(['new', { name: 'moved' }])
    .live('moved', { was: { working_directory: '/old' } })
    .live('gone');
  const inForce = { roster: scene.roster, problem: 'broken', settledMs: 5000, replaced: false } as const;
  const waits = (file: RosterInForce) =>
    Object.fromEntries(
      scene.plan().actions.map((one) => [one.agent, delays(file, scene.world(), 10_000)(one)]),
    );
  expect(waits(inForce)).toEqual({ new: 0, moved: 0, gone: 0 });
  expect(waits({ ...inForce, unproven: true })).toEqual({ new: 0, moved: Infinity, gone: Infinity });
  expect([untilNextMs([]), untilNextMs([Infinity]), untilNextMs([Infinity, 5])]).toEqual([null, null, 5]);
});
