import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hastenCgroupMoves } from '../../src/host/cgroup-moves.js';

test('a process that hastens moves stays in every cgroup in which it is', async () => {
  const before = readFileSync('/proc/self/cgroup', 'utf8');
  for (let round = 0; round < 20; round += 1) {
    hastenCgroupMoves();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(readFileSync('/proc/self/cgroup', 'utf8')).toBe(before);
});
