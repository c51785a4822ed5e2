import { beforeEach, describe, expect, test } from 'vitest';
import type { EventRecord } from '../../../src/cli/event-record.js';
import { ControllerLog } from '../../../src/cli/run/log.js';
import { now, Scene } from '../../support/scene.js';

let told: EventRecord[];
let log: ControllerLog;
const create = (journal = false, before: readonly string[] = []): ControllerLog =>
  new ControllerLog({
    print: (line) => printed.push(line),
    journal,
    now: () => clock,
    record: (event) => told.push(event),
    lastLines: () => ['one', 'last \u001b[31mwords'],
    told: new Set(before),
  });
let printed: string[];
let clock: number;
beforeEach(() => {
  clock = now;
  told = [];
  printed = [];
  log = create();
});

const look = (
  scene: Scene,
  working: readonly string[] = [],
  refusal: string | null = null,
): readonly string[] => {
  told.length = 0;
  log.looked({ world: scene.world(), refusal }, scene.plan(), new Set(working));
  return told.map(({ type, agent }) => (agent === undefined ? type : `${type} ${agent}`));
};

describe('what stands is told when it begins and when it is over', () => {
  const changed = (value: string): Scene =>
    new Scene([{ name: 'a', persistent_persona: true, env: { A: value } }]).live('a', { was: { env: {} } });

  test('a gate, a newer edit behind it, and an edit that is taken back', () => {
    expect(look(changed('1'))).toEqual(['deferred a']);
    expect(look(changed('1'))).toEqual([]);
    expect(look(changed('2'))).toEqual(['deferred a']);
    expect(look(new Scene([{ name: 'a', persistent_persona: true }]).live('a'))).toEqual(['cleared a']);
  });

  test('a gate that opens is told by the action that follows', () => {
    look(changed('1'));
    expect(look(new Scene(['a']).live('a', { was: { env: { A: '1' } } }))).toEqual([]);
  });

  test('a source that does not answer, instead of every agent', () => {
    const blind = new Scene(['a', 'b']).live('a').live('b');
    blind.tmuxUnknown = 'tmux did not answer within 5s';
    expect(look(blind)).toEqual(['unknown']);
    expect(look(blind)).toEqual([]);
    expect(look(new Scene(['a', 'b']).live('a').live('b'))).toEqual(['known']);
  });

  test('an agent that is between two states because it is acted upon is no news', () => {
    const lost = (): Scene => new Scene(['a']).unit('a', 'active');
    expect(look(lost(), ['a'])).toEqual([]);
    clock += 60_000;
    expect(look(lost(), ['a'])).toEqual([]);
  });

  test('nor is one whose unit has not noticed yet that its process has ended', () => {
    const lost = (): Scene => new Scene(['a']).unit('a', 'active');
    expect(look(lost())).toEqual([]);
    expect(look(new Scene(['a']).live('a'))).toEqual([]);
    expect(look(lost())).toEqual([]);
    clock += 2000;
    expect(look(lost())).toEqual(['unknown a']);
    expect(look(lost())).toEqual([]);
    expect(look(new Scene(['a']).live('a'))).toEqual(['known a']);
  });

  test('a host on which nothing may be done', () => {
    expect(look(new Scene(['a']).live('a'), [], 'the units are not installed\nRun: fleet install')).toEqual([
      'refused',
    ]);
    expect(log.status).toBe('the units are not installed');
    expect(look(new Scene(['a']).live('a'))).toEqual(['accepted']);
    expect(log.status).toBe('1 agents as they should be, 0 gated, 0 unknown');
  });
});

describe('how an agent ended', () => {
  const dead = (invocation: string): Scene => {
    const scene = new Scene(['a']).unit('a', 'failed');
    const end = { invocation, reason: 'exited', status: 3, signal: null, at: 5, ranMs: 90_000, spec: null };
    scene.ends.set('a', { ...end, moment: { boot: 'boot', ms: 0 } });
    return scene;
  };

  test('is told once each, with status, running time and last lines that do no harm', () => {
    expect(look(dead('i1'))).toEqual(['ended a']);
    expect(told[0]).toMatchObject({ status: 3, ranSeconds: 90, message: 'exited with status 3' });
    expect(JSON.stringify(told[0])).not.toContain('\\u001b');
    expect(look(dead('i1'))).toEqual([]);
    expect(look(dead('i2'))).toEqual(['ended a']);
  });

  test('and not again by the next controller', () => {
    log = create(false, ['i1']);
    expect(look(dead('i1'))).toEqual([]);
  });
});

test('an invalid roster is told by place and message, without its lines', () => {
  const [one, two] = ['r.yaml:5:3: wrong', 'r.yaml:12:3: wrong, too'];
  const framed = `${one}\n  4 | a\n> 5 |   b: c\n    |   ^\n\n${two}\n  11 |\n> 12 |   b | c\n     |   ^`;
  log.rosterState(`${framed}\n\nr.yaml: 2 errors; nothing was changed`, null);
  expect(told).toMatchObject([
    { type: 'roster_invalid', message: `${one}\n${two}\nr.yaml: 2 errors; nothing was changed` },
  ]);
});

test('journald reads a priority in front of each line', () => {
  log = create(true);
  log.trouble('pass', 'no space left');
  log.rosterState('broken', null);
  expect(printed.map((line) => line.slice(0, 4))).toEqual(['<3>{', '<3>{']);
});
