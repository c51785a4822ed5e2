import { removeEntry } from '../../actuators/outbox.js';
import type { Delivered } from '../../controller/deliver.js';
import type { OutboxEntry } from '../../controller/outbox.js';
import { outboxDirectory } from '../../host/paths.js';
import { observeOwner } from '../../observers/installation.js';
import { readOutbox } from '../../observers/outbox.js';
import { parseEnvironmentFile } from '../../roster/environment-file.js';
import type { AgentSpec, Roster } from '../../roster/types.js';
import { visible } from '../../roster/visible.js';
import type { Context } from '../context.js';
import { eventOf } from '../event-record.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { requireOwnInstallation } from '../guard.js';
import { ago } from '../render/reason-text.js';
import { formatVersion } from '../render/plan-json.js';
import { rosterToTalk } from '../roster-in-force.js';
import { attended } from '../talk/attended.js';
import { undeliverable } from '../talk/undeliverable.js';
import { openLine, requireSeen } from '../talk/line.js';
import { deliverLeft, type Round } from '../talk/round.js';
import { lockTalk, requireAgent } from './agent-send.js';
import { jsonText } from '../render/json-text.js';

export interface OutboxOptions {
  readonly drop?: string;
  readonly deliver?: true;
  readonly clearDraft?: true;
  readonly json?: true;
}

/** What waits for an agent; drops one, or tries to deliver all. */
export async function outboxCommand(
  context: Context,
  name: string,
  options: OutboxOptions,
): Promise<ExitCode> {
  const roster = await rosterToTalk(context);
  const directory = outboxDirectory(context.paths, name);
  const { drop: id, deliver } = options;
  if (id !== undefined && deliver === true)
    throw new CommandFailure(ExitCode.usage, 'give --drop or --deliver, not both');
  if (options.clearDraft === true && deliver !== true)
    throw new CommandFailure(ExitCode.usage, '--clear-draft goes with --deliver');
  // What waits for an agent that has left the roster, or has another name by now, is delivered by nobody.
  const isLeft = deliver !== true && undeliverable(context, roster).includes(name);
  const agent = isLeft ? null : requireAgent(roster, name);
  if (id === undefined && deliver !== true) return list(context, directory, options);
  requireOwnInstallation(context, roster, observeOwner(context.paths, parseEnvironmentFile));
  return attended(context, `  ${name}: waiting until it can be talked to …`, () =>
    underTalkLock(context, { name }, () =>
      id !== undefined || agent === null
        ? drop(context, directory, { agent: name, id: id ?? '' }, options)
        : deliverNow(context, roster, agent, options),
    ),
  );
}

/** @throws CommandFailure 5 where somebody else is talking to it */
async function underTalkLock<Value>(
  context: Context,
  agent: Pick<AgentSpec, 'name'>,
  work: () => Value | Promise<Value>,
): Promise<Value> {
  const locked = await lockTalk(context, agent, 10_000);
  if (locked.kind === 'held')
    throw new CommandFailure(
      ExitCode.timeout,
      `${locked.owner.purpose} (pid ${locked.owner.pid}) is talking to it`,
    );
  try {
    return await work();
  } finally {
    locked.lock.release();
  }
}

async function deliverNow(
  context: Context,
  roster: Roster,
  agent: AgentSpec,
  options: OutboxOptions,
): Promise<ExitCode> {
  const { name } = agent;
  const directory = outboxDirectory(context.paths, name);
  const opened = requireSeen(await openLine(context, roster, agent, 0), 'nothing was typed: ');
  const manner = { whenIdle: false, clearDraft: options.clearDraft === true, enters: 2, patienceMs: 10_000 };
  const round: Round =
    opened.kind === 'closed'
      ? { results: new Map<string, Delivered>(), blocked: opened.result }
      : await deliverLeft(context, opened.line, manner);
  const { results, blocked } = round;
  const good = [...results.values()].every(({ status }) => status === 'delivered' || status === 'queued');
  const code = blocked === null && good ? ExitCode.done : ExitCode.actionFailed;
  if (options.json === true) {
    context.print(jsonText({ formatVersion, ...roundJson(round), entries: entriesJson(directory) }));
  } else {
    for (const [id, { status, message }] of results) context.print(`${id}  ${status}: ${visible(message)}`);
    if (blocked === null) list(context, directory, options);
  }
  if (blocked !== null) context.say(`${name}: ${blocked.message}`);
  return code;
}

const roundJson = ({ results, blocked }: Round): object => ({
  results: [...results].map(([id, { status, reason, message, attempts }]) => ({
    ...{ id, status, ...(reason === null ? {} : { reason }) },
    ...{ message, attempts },
  })),
  ...(blocked === null
    ? {}
    : {
        blocked: { ...(blocked.reason === null ? {} : { reason: blocked.reason }), message: blocked.message },
      }),
});

/** @throws CommandFailure 1 where it cannot be read */
function waitingIn(directory: string): readonly OutboxEntry[] {
  const outbox = readOutbox(directory);
  if (!outbox.known) throw new CommandFailure(ExitCode.error, outbox.message);
  return outbox.value.map(({ entry }) => entry);
}

const entriesJson = (directory: string): readonly object[] =>
  waitingIn(directory).map(({ id, kind, source, createdAt, text, parked, attempt, held }) => ({
    ...{ id, kind, source, createdAt: new Date(createdAt).toISOString() },
    ...{ bytes: Buffer.byteLength(text), attempted: attempt !== null, held: held === true, parked },
  }));

function list({ print, now }: Context, directory: string, { json }: OutboxOptions): ExitCode {
  if (json === true) {
    print(jsonText({ formatVersion, entries: entriesJson(directory) }));
    return ExitCode.done;
  }
  const rows = waitingIn(directory);
  if (rows.length === 0) print('Nothing waits.');
  for (const { id, kind, source, createdAt, text, parked, held } of rows) {
    const waits =
      held === true ? 'held: the agent took it while it was busy, and was not seen to read it yet' : 'waits';
    const state = parked === null ? waits : `parked: ${parked}; drop it with --drop ${id}`;
    print(
      `${id}  ${kind}  ${ago(now() - createdAt)}  ${Buffer.byteLength(text)} bytes  ${visible(source)}  ${visible(state)}`,
    );
  }
  return ExitCode.done;
}

function drop(
  context: Context,
  directory: string,
  { agent, id }: { readonly agent: string; readonly id: string },
  { json }: OutboxOptions,
): ExitCode {
  const outbox = readOutbox(directory);
  if (!outbox.known) throw new CommandFailure(ExitCode.error, outbox.message);
  const found = outbox.value.find(({ entry }) => entry.id === id);
  if (found === undefined)
    throw new CommandFailure(
      ExitCode.usage,
      `no message ${visible(id)} waits; see: fleet agent outbox ${agent}`,
    );
  const problem = removeEntry(directory, found.name);
  if (problem !== null) throw new CommandFailure(ExitCode.error, `not dropped: ${problem}`);
  context.record([
    eventOf('message', context.now(), { agent, id, status: 'dropped', message: `dropped ${id}` }),
  ]);
  context.print(
    json === true
      ? jsonText({ formatVersion, agent, id, status: 'dropped' })
      : `${id} was dropped${found.entry.held === true ? '; the agent took it, and may read it still' : ''}.`,
  );
  return ExitCode.done;
}
