import { describe, expect, test } from 'vitest';
import { outcomeRecord } from '../../src/cli/event-record.js';
import { eventText } from '../../src/cli/render/event-text.js';
import { jsonReporter } from '../../src/cli/reporter.js';
import { ControllerLog } from '../../src/cli/run/log.js';
import type { PlannedAction } from '../../src/controller/action.js';
import type { ApplyEvent } from '../../src/controller/apply.js';
import { now, Scene } from '../support/scene.js';

const words = 'LOSES the conversation (working_directory: ~/src → ~/app, where codex cannot resume it)';

/** Loses its conversation, and waits for approval. */
const losing = (): Scene =>
  new Scene([{ name: 'a', working_directory: '~/app' }]).live('a', {
    was: { working_directory: '~/src' },
    said: true,
  });

function planned(scene: Scene): PlannedAction {
  const [action] = scene.plan().actions;
  if (action === undefined) throw new Error('nothing is due');
  return action;
}

const eventsOf = (action: PlannedAction): readonly ApplyEvent[] => [
  { type: 'start', action },
  { type: 'result', result: { kind: 'done', action } },
  { type: 'result', result: { kind: 'failed', action, message: 'x', lastWords: [] } },
];

describe.each([
  ['an action that loses the conversation', losing, { cost: 'loses-conversation', costMessage: words }],
  ['one that costs nothing', () => new Scene(['a']), { cost: 'none' }],
])('%s says so by the kind, and in words beside it', (_, scene, costs) => {
  const costOf = (event: object): object =>
    Object.fromEntries(Object.entries(event).filter(([member]) => member.startsWith('cost')));
  const parsed = (lines: readonly string[]): readonly object[] =>
    lines.map((line) => costOf(JSON.parse(line) as object));

  test('in what is kept for fleet events', () => {
    const records = eventsOf(planned(scene())).flatMap((event) => outcomeRecord(now, event) ?? []);
    expect(records.map(({ type }) => type)).toEqual(['action_complete', 'action_failed']);
    expect(records.map((record) => costOf(JSON.parse(JSON.stringify(record)) as object))).toEqual([
      costs,
      costs,
    ]);
  });

  test('in what apply --json prints', () => {
    const lines: string[] = [];
    const reporter = jsonReporter({ print: (line) => lines.push(line) });
    for (const event of eventsOf(planned(scene()))) reporter.event(event);
    expect(parsed(lines.slice(1))).toEqual([costs, costs, costs]);
  });

  test("in the controller's log", () => {
    const lines: string[] = [];
    const log = new ControllerLog({
      ...{ print: (line: string) => lines.push(line), journal: false, now: () => now },
      ...{ record: () => undefined, lastLines: () => [], told: new Set<string>() },
    });
    for (const event of eventsOf(planned(scene()))) log.event(event);
    expect(parsed(lines)).toEqual([costs, costs, costs]);
  });
});

test("a gate in the controller's log names the cost as the plan does", () => {
  const lines: string[] = [];
  const log = new ControllerLog({
    ...{ print: (line: string) => lines.push(line), journal: false, now: () => now },
    ...{ record: () => undefined, lastLines: () => [], told: new Set<string>() },
  });
  const scene = losing();
  log.looked({ world: scene.world(), refusal: null }, scene.plan(), new Set());
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    ...{ type: 'deferred', cost: 'loses-conversation', costMessage: words },
  });
});

test('the text tells of a loss, also in an event of an earlier version', () => {
  const line = (details: object): string =>
    eventText({ time: '2026-01-02T03:04:05Z', type: 'deferred', agent: 'a', details: { ...details } });
  expect(line({ cost: 'loses-conversation', costMessage: words })).toContain(words);
  expect(line({ cost: words })).toContain(words);
  expect(line({ cost: null })).not.toContain('null');
  expect(line({ cost: 'keeps-conversation', costMessage: 'keeps the conversation' })).not.toContain('keeps');
});
