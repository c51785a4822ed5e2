import type { PlannedAction } from './action.js';
import { continues } from './kept-context.js';
import type { Situation } from './situation.js';

/**
 * Whether an action has come true, judged by the world as it is seen afterwards.
 *
 * @param inRuntime it was reset by its runtime: the same process goes on
 * @returns null where it has, otherwise what is the case instead
 */
export function verdictOf(planned: PlannedAction, situation: Situation, inRuntime = false): string | null {
  switch (planned.action) {
    case 'stop':
      return stopVerdict(situation);
    case 'start':
    case 'restart':
    case 'reset':
    case 'adopt':
      return launchVerdict(planned, situation, inRuntime);
    case 'update':
      return null;
  }
}

function stopVerdict(situation: Situation): string | null {
  switch (situation.kind) {
    case 'stopped':
    case 'foreign':
      return null;
    case 'stopping':
      return 'is still stopping';
    case 'unknown':
      return `cannot tell whether it stopped: ${situation.message}`;
    case 'starting':
    case 'unmarked':
    case 'exited':
    case 'hollow':
    case 'live':
      return 'still runs';
  }
}

function launchVerdict(planned: PlannedAction, situation: Situation, inRuntime: boolean): string | null {
  switch (situation.kind) {
    case 'live': {
      const { action, live, desired } = planned;
      const { pane, session } = situation;
      if (action !== 'adopt' && !inRuntime && live?.pid === pane.pid) return 'was not restarted';
      const spec = session.marks.spec ?? '';
      // A conversation that goes on keeps its context.
      const isAsWanted =
        action !== 'adopt' && !inRuntime && continues(planned)
          ? desired.startsWith(`${spec}/`)
          : desired === `${spec}/${session.marks.context ?? ''}`;
      return isAsWanted ? null : 'runs, but not as the roster says';
    }
    case 'starting':
      return 'is still starting';
    case 'stopping':
      return 'is still stopping';
    case 'stopped':
      return 'did not come up';
    case 'exited':
    case 'hollow':
      return 'ended right after its start';
    case 'unmarked':
      return 'carries no marks';
    case 'foreign':
      return situation.message;
    case 'unknown':
      return `cannot tell how it is: ${situation.message}`;
  }
}
