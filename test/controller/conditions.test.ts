import { describe, expect, test } from 'vitest';
import type { Gate } from '../../src/controller/action.js';
import {
  fleetConditions,
  progressing,
  state,
  withTransitions,
  type Condition,
  type ConditionState,
} from '../../src/controller/conditions.js';
import { fleetStatus } from '../../src/controller/status.js';
import { now, Scene } from '../support/scene.js';

const hold = { since: 0, until: null, reason: null, by: 'stop' } as const;

describe('progressing tells whether it goes on by itself, and what it waits for', () => {
  const [planned] = new Scene(['a']).plan().actions;
  test.each<readonly [Gate, ConditionState['status'], string]>([
    [{ kind: 'ready' }, 'True', 'StartDue'],
    [{ kind: 'deferred', why: 'busy', idleSeconds: 1, idleAfterSeconds: 30 }, 'True', 'DeferredBusy'],
    [{ kind: 'deferred', why: 'attached' }, 'True', 'DeferredAttached'],
    [{ kind: 'backing-off', count: 3, inMs: 10 }, 'True', 'BackingOff'],
    [{ kind: 'needs-approval', why: 'ask' }, 'False', 'NeedsApproval'],
    [{ kind: 'held', hold, fleet: false }, 'False', 'Held'],
    [{ kind: 'stalled', count: 6 }, 'False', 'Stalled'],
    [{ kind: 'braked', count: 4, live: 5, limit: '50%' }, 'False', 'Braked'],
    [{ kind: 'blocked', code: 'CannotLaunch', message: 'no such directory' }, 'False', 'CannotLaunch'],
  ])('%j', (gate, status, reason) => {
    expect(progressing({ ...planned!, gate }, false)).toMatchObject({ status, reason });
    expect(progressing({ ...planned!, gate }, true)).toMatchObject({ status: 'True', reason: 'Acting' });
  });

  test('nothing to do is settled', () => {
    expect(progressing(null, false)).toEqual(state('Progressing', 'False', 'Settled'));
  });
});

describe('the fleet as a whole', () => {
  const of = (scene: Scene, rosterProblem: string | null = null): Readonly<Record<string, string>> => {
    const world = scene.world();
    const { unknownSources } = scene.plan();
    const agents = fleetStatus(world, { now });
    return Object.fromEntries(
      fleetConditions({ rosterProblem, unknownSources, agents }).map((one) => [
        one.type,
        `${one.status} ${one.reason}${one.message === '' ? '' : `: ${one.message}`}`,
      ]),
    );
  };

  test('is ready when every agent that is wanted runs', () => {
    expect(of(new Scene(['a', { name: 'b', suspend: true }]).live('a'))).toEqual({
      RosterValid: 'True Valid',
      Observed: 'True Observed',
      Ready: 'True AllReady',
      Progressing: 'False Settled',
      Degraded: 'False AsExpected',
    });
  });

  test('names who is not, who moves, who is degraded', () => {
    const scene = new Scene(['a', 'b', 'c']).live('a').unit('b', 'failed');
    expect(of(scene)).toMatchObject({
      Ready: 'False NotReady: b, c',
      Progressing: 'True Acting: b, c',
      Degraded: 'True AgentsDegraded: b',
    });
  });

  test('says what could not be seen, and that nothing can be told', () => {
    const scene = new Scene(['a']).live('a');
    scene.tmuxUnknown = 'tmux did not answer within 5s';
    expect(of(scene)).toMatchObject({
      Observed: 'False SourceUnknown: tmux did not answer within 5s',
      Ready: 'Unknown Unknown: a',
      Progressing: 'Unknown Unknown: a',
      Degraded: 'Unknown Unknown: a',
    });
  });

  test('says that the roster is invalid, with the first line of the diagnostic', () => {
    expect(of(new Scene(['a']).live('a'), 'roster.yaml:3:1: no agents\nmore')['RosterValid']).toBe(
      'False Invalid: the last good one is in force: roster.yaml:3:1: no agents',
    );
  });

  test('stays readable with hundreds', () => {
    const text = of(new Scene(Array.from({ length: 200 }, (_, index) => `a${index}`)))['Ready'] ?? '';
    expect(text).toMatch(/ and 190 more$/);
  });
});

test('a condition keeps its moment for as long as its status stays', () => {
  const ready = state('Ready', 'True', 'AllReady');
  const first = withTransitions([ready], null, () => 5);
  expect(first).toEqual([{ ...ready, lastTransitionTime: 5 }]);
  const other = state('Ready', 'True', 'AllReady', 'another message');
  expect(withTransitions([other], first, () => 9)[0]?.lastTransitionTime).toBe(5);
  expect(withTransitions([state('Ready', 'False', 'NotReady')], first, () => 9)[0]?.lastTransitionTime).toBe(
    9,
  );
});

test('what has changed since an agent began has not changed when it began', () => {
  const began = now - 3_600_000;
  const at = (class_: string, upToDate: Condition | null): number | null | undefined => {
    const world = new Scene([{ name: 'a', class: class_ }]).live('a', { was: { class: 'old' } }).world();
    const recorded = upToDate === null ? null : { fleet: [], agents: new Map([['a', [upToDate]]]) };
    const [agent] = fleetStatus(world, { now, recorded });
    return agent?.conditions.find(({ type }) => type === 'UpToDate')?.lastTransitionTime;
  };
  const recorded = (status: 'True' | 'False', lastTransitionTime: number): Condition => ({
    ...state('UpToDate', status, ''),
    lastTransitionTime,
  });
  expect(at('old', null)).toBe(began);
  expect(at('new', recorded('True', began))).toBeNull();
  expect(at('old', recorded('False', began + 60_000))).toBeNull();
  expect(at('old', recorded('False', began - 60_000))).toBe(began);
});
