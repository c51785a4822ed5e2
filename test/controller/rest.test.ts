import { expect, test } from 'vitest';
import { Rest } from '../../src/controller/rest.js';
import { rosterOf } from '../support/scene.js';

const roster = rosterOf([{ name: 'a' }]);

test('what has just begun is left alone for a moment, and no longer', () => {
  const rest = new Rest();
  rest.begun(roster, 1000);
  expect(rest.leftMs(roster, true, 1000)).toBe(200);
  expect(rest.leftMs(roster, true, 1150)).toBe(50);
  expect(rest.leftMs(roster, true, 1200)).toBe(0);
  expect(rest.leftMs(roster, true, 9000)).toBe(0);
});

test('it is looked at at once when it has ended, and under another roster', () => {
  const rest = new Rest();
  rest.begun(roster, 1000);
  expect(rest.leftMs(roster, false, 1001)).toBe(0);
  expect(rest.leftMs(rosterOf([{ name: 'a' }, { name: 'b' }]), true, 1001)).toBe(0);
});

test('before anything has begun nothing rests', () => {
  expect(new Rest().leftMs(roster, true, 0)).toBe(0);
});
