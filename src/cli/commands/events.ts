import { setTimeout as delay } from 'node:timers/promises';
import { eventFiles } from '../../actuators/event-log.js';
import { earliestFirst, readEvents, unreadEvents, type LoggedEvent } from '../../observers/event-log.js';
import type { Context } from '../context.js';
import { requireAgents } from '../agent-names.js';
import { watchReader } from '../reader.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { loadRoster } from '../roster-source.js';
import { formatVersion } from '../render/plan-json.js';
import { eventText } from '../render/event-text.js';
import { jsonText } from '../render/json-text.js';

export interface EventsOptions {
  readonly for?: string;
  readonly lines?: number;
  readonly watch?: true;
  readonly json?: true;
}

const pollMs = 250;

/**
 * Who has left the roster may still be asked about; who was never in it is a slip of the hand. A roster that cannot be read keeps
 * nobody from the log.
 *
 * @throws CommandFailure 64
 */
async function requireKnown(context: Context, agent: string, events: readonly LoggedEvent[]): Promise<void> {
  if (events.some((event) => event.agent === agent)) return;
  const roster = await loadRoster(context).catch((error: unknown) => {
    if (error instanceof CommandFailure) return null;
    throw error;
  });
  if (roster !== null) requireAgents(roster, [agent]);
}

/**
 * What was done and decided, earliest first. With `--watch` goes on until it is interrupted, with what is written down from then on.
 *
 * @throws CommandFailure 1 where the log cannot be read: nothing that it holds is not nothing that was done
 */
export async function eventsCommand(context: Context, options: EventsOptions): Promise<ExitCode> {
  const files = eventFiles(context.paths.state);
  const wanted = ({ agent }: LoggedEvent): boolean => options.for === undefined || agent === options.for;
  const show = (events: readonly LoggedEvent[]): void => {
    for (const event of events) {
      context.print(options.json === true ? jsonText({ formatVersion, ...event.details }) : eventText(event));
    }
  };
  const problem = unreadEvents(files);
  if (problem !== null) throw new CommandFailure(ExitCode.error, problem);
  const readerGone = watchReader();
  let seen = readEvents(files);
  if (options.for !== undefined) await requireKnown(context, options.for, seen);
  show(earliestFirst(seen.filter(wanted)).slice(options.lines === undefined ? 0 : -options.lines));
  if (options.watch !== true) return ExitCode.done;
  context.onInterrupt(() => process.exit(ExitCode.done));
  for (;;) {
    await delay(pollMs);
    if (readerGone()) return ExitCode.done;
    const now = readEvents(files);
    const last = seen.at(-1);
    // The log is rotated under us: go on after the last one that was shown.
    const from =
      last === undefined
        ? 0
        : now.findLastIndex(
            ({ time, details }) =>
              time === last.time && JSON.stringify(details) === JSON.stringify(last.details),
          ) + 1;
    if (from < now.length) show(now.slice(from).filter(wanted));
    seen = now;
  }
}
