import { expect, it } from 'vitest';
import { parts, readOptions } from '../../bench/options.js';

it('measures everything unless told otherwise', () => {
  const nothing = { quick: false, profile: false, json: null, svg: null, from: null, agents: null };
  expect(readOptions([])).toEqual({ ...nothing, only: parts });
  expect(readOptions(['--only', 'bring-up,message', '--agents', '10,300', '--svg', '/a.svg'])).toEqual({
    ...nothing,
    ...{ only: ['bring-up', 'message'], agents: [10, 300], svg: '/a.svg' },
  });
});

it.each([
  [['--slow']],
  [['--only', 'sleep']],
  [['--agents', 'many']],
  [['--agents', '0']],
  [['--json']],
  [['x']],
])('refuses %j', (args) => {
  expect(readOptions(args)).toBeNull();
});
