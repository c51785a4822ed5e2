import { expect, test } from 'vitest';

test('no test signals its own process group by the pid of nobody', () => {
  expect(() => process.kill(Number('0'), 'SIGCONT')).toThrow('its own process group');
  expect(() => process.kill(Number('no pid'), 'SIGCONT')).toThrow('its own process group');
  expect(process.kill(process.pid, 0)).toBe(true);
});
