import { expect, test } from 'vitest';
import { eventText } from '../../../src/cli/render/event-text.js';

const line = (type: string, details: object, agent: string | null = 'a'): string =>
  eventText({ time: '2026-01-02T03:04:05.678Z', type, agent, details: { ...details } });

test('an event on one line: when, what, whom, why', () => {
  expect(line('action_complete', { action: 'start', reasons: ['not running'] })).toBe(
    '2026-01-02 03:04:05Z  action_complete  a             start  not running',
  );
  expect(line('roster_changed', { revision: '0123456789ab' }, null)).toContain('revision 0123456');
});

test('how an agent ended, with its last line', () => {
  expect(line('ended', { message: 'exited with status 3', lastLines: ['one', 'no key'] })).toContain(
    'exited with status 3  last line: no key',
  );
});

test('how often it happened', () => {
  expect(line('ended', { message: 'x', count: 8, since: '2026-01-02T03:00:00.000Z' })).toContain(
    '(8 times since 2026-01-02 03:00:00Z)',
  );
});

test('nothing in an event reaches the terminal raw, and only its first line is shown', () => {
  const text = line(
    'deferred',
    { message: 'a\u001b]2;x\u0007\nsecond', reasons: ['\u009b2J'] },
    '\u001b[31m',
  );
  expect(text).not.toMatch(/\p{Cc}/u);
  expect(text).not.toContain('second');
});
