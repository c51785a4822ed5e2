import { expect, test } from 'vitest';
import { delayed } from '../../src/controller/delayed.js';
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
