import * as path from 'node:path';
import { expect, test } from 'vitest';
import { earliestFirst, readEvents } from '../../src/observers/event-log.js';
import { temporary, write } from '../support/temporary.js';

test('an end that was written down late stands where it belongs, and what is of one second as it was written', () => {
  const file = path.join(temporary(), 'events.jsonl');
  const written = [
    ['2026-11-30T19:26:02.900Z', 'action_complete'],
    ['2026-11-30T19:26:03.700Z', 'approved'],
    ['2026-11-30T19:29:55.100Z', 'controller_started'],
    ['2026-11-30T19:26:03.000Z', 'ended'],
  ].map(([time, type]) => JSON.stringify({ time, type }));
  write(file, `${written.join('\n')}\n{ "time": "2026`);
  expect(earliestFirst(readEvents([file])).map(({ type }) => type)).toEqual([
    'action_complete',
    'approved',
    'ended',
    'controller_started',
  ]);
});
