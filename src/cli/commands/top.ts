import { setTimeout as delay } from 'node:timers/promises';
import { assess } from '../../controller/assess.js';
import { fleetStatus } from '../../controller/status.js';
import { monotonicNow } from '../../host/clock.js';
import { observeFigures, type FleetFigures } from '../../observers/figures.js';
import { readStatusRecord } from '../../observers/status-record.js';
import { visible } from '../../roster/visible.js';
import { watchReader } from '../reader.js';
import type { Context } from '../context.js';
import { ExitCode } from '../exit-code.js';
import { sourceExitCode } from '../outcome.js';
import { observe } from '../pass.js';
import { topText, type TopOrder } from '../render/top-text.js';
import { loadRoster } from '../roster-source.js';
import { RosterMemory } from '../run/roster-memory.js';
import { onQuitKey } from './quit-key.js';
import { drawOver } from './status-watch.js';

export interface TopOptions {
  readonly sort: TopOrder;
  /** Milliseconds between two looks. */
  readonly interval: number;
}

interface Sample {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly figures: FleetFigures;
}

/** Node's timers are over at once where they are to last for more than 24 days. */
const longestMs = 24 * 3_600_000;

/**
 * What each agent's whole process tree takes of the machine, as systemd accounts for it. On a terminal it goes on until `q` or
 * Ctrl-C; elsewhere it is printed once, over the time between two looks. Three processes a look. While the roster is broken it
 * goes by the one that was applied last, says so and ends with 78; where something cannot be looked at, as `status` does.
 */
export async function topCommand(context: Context, { sort, interval }: TopOptions): Promise<ExitCode> {
  const terminal = process.stdout.isTTY;
  const memory = new RosterMemory(context);
  let code: ExitCode = ExitCode.done;
  const ended = new AbortController();
  const end = (): void => ended.abort();
  context.onInterrupt(() => {
    restore();
    process.exit(code);
  });
  const restore = terminal ? onQuitKey(end) : () => undefined;
  const readerGone = watchReader();
  try {
    let before: Sample | null = null;
    while (!ended.signal.aborted) {
      const { roster: inForce, problem } = memory.look();
      const roster = inForce ?? (await loadRoster(context));
      const { world } = await observe(context, { roster });
      const { unknownSources } = assess(world);
      if (unknownSources.length > 0) code = sourceExitCode({ unknownSources });
      else code = problem === null ? ExitCode.done : ExitCode.invalidRoster;
      const agents = fleetStatus(world, {
        now: context.now(),
        recorded: readStatusRecord(context.paths.state),
      });
      const running = agents.filter(({ pid }) => pid !== null).map(({ name }) => name);
      const after: Sample = { at: monotonicNow().ms, figures: await observeFigures(context.exec, running) };
      const since =
        before === null ? null : { figures: before.figures, seconds: (after.at - before.at) / 1000 };
      const lines = topText(
        { agents, unknownSources, figures: after.figures, since, sort, now: context.now() },
        context.style,
      );
      if (terminal) {
        const [why = ''] = (problem ?? '').split('\n');
        drawOver(problem === null ? lines : [context.style.bad(visible(why)), '', ...lines]);
      } else if (before !== null) {
        if (problem !== null) context.say(problem);
        for (const line of lines) context.print(line);
        return code;
      }
      before = after;
      const pauseMs = Math.min(interval, terminal ? longestMs : 1000);
      await delay(pauseMs, undefined, { signal: ended.signal }).catch(() => undefined);
      if (readerGone()) return code;
    }
    return code;
  } finally {
    restore();
  }
}
