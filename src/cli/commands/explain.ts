import { eventFiles } from '../../actuators/event-log.js';
import { holdOn, noWords } from '../../controller/gate.js';
import { plan as planOf } from '../../controller/plan.js';
import { fleetStatus } from '../../controller/status.js';
import { displayPath, outboxDirectory } from '../../host/paths.js';
import { earliestFirst, readEvents, unreadEvents, type LoggedEvent } from '../../observers/event-log.js';
import { readExitRecord } from '../../observers/exit-record.js';
import { readOutbox } from '../../observers/outbox.js';
import { opened } from '../../controller/screen.js';
import type { Roster } from '../../roster/types.js';
import { visible } from '../../roster/visible.js';
import { requireAgents } from '../agent-names.js';
import type { Context } from '../context.js';
import { sourceExitCode } from '../outcome.js';
import { ExitCode } from '../exit-code.js';
import { installationProblem } from '../guard.js';
import { observe } from '../pass.js';
import { planWithScreens } from '../plan-with-screens.js';
import { rosterInForce } from '../roster-in-force.js';
import { conversationText } from '../render/conversation-text.js';
import { endText } from '../render/end-text.js';
import { eventText } from '../render/event-text.js';
import { ago, costText, gateHint, gateText, outlookText, reasonText } from '../render/reason-text.js';
import { fleetWord } from '../typed.js';

/** So many of the last decisions about the agent are shown. */
const shownEvents = 10;
/** And so many of the last lines on its screen. */
const shownLines = 5;

/** Why an agent is as it is, what is to be done about it, what that waits for, and where the roster says so. */
export async function explainCommand(context: Context, name: string): Promise<ExitCode> {
  const { paths, print, now } = context;
  const { roster, problem } = await rosterInForce(context);
  if (problem !== null) context.say(`${problem}\nWhat follows goes by the roster that was applied last.`);
  requireAgents(roster, [name]);
  const { world, installation } = await observe(context, { roster });
  const plan = await planWithScreens(context, planOf(world, noWords, now()), world);
  const status = fleetStatus(world, { now: now(), plan }).find((agent) => agent.name === name);
  const planned = plan.actions.find(({ agent }) => agent === name);
  const unknown = plan.unknownAgents.find(({ agent }) => agent === name);
  const line = world.roster.lines[name];
  print(`${name} is ${status?.phase ?? 'Unknown'}`);
  print(
    `  declared in ${visible(displayPath(paths.roster, paths.userHome))}${line === undefined ? '' : `:${line}`}, wanted ${status?.desired ?? 'running'}`,
  );
  if (status?.pid != null) {
    const up = status.startedAt === null ? '' : `, up ${ago(now() - status.startedAt)}`;
    print(
      `  runs as pid ${status.pid} in session ${visible(status.session ?? '')}${up}, ${status.activity ?? ''}${status.attached ? ', somebody is attached' : ''}`,
    );
    for (const { type, message } of status.conditions)
      if (type === 'Ready' && message !== '') print(`  not ready: ${visible(message)}`);
  }
  if (status?.phase === 'Stopped')
    for (const { type, message } of status.conditions)
      if (type === 'Ready' && message !== '') print(`  ${message}`);
  if (status?.end != null) {
    // It may have been started, and stopped as it should be, since.
    print(`  ended unasked ${ago(now() - status.end.at * 1000)} ago: ${endText(status.end)}`);
    for (const text of readExitRecord(paths, name)?.lines.slice(-shownLines) ?? [])
      print(`    | ${visible(text)}`);
  }
  if (status?.conversation != null) print(`  conversation: ${conversationText(status.conversation, now())}`);
  if (status !== undefined && status.outdated.length > 0)
    print(`  runs with earlier values of: ${status.outdated.join(', ')}`);
  const mail = mailText(context, name);
  const human =
    status?.phase === 'Running' ? await waitsForHuman(context, roster, name, mail !== null) : null;
  if (human !== null) print(`  ${human}; look with: fleet agent attach ${name}`);
  if (mail !== null) print(`  ${mail}; see: fleet agent outbox ${name}`);
  const held = world.observed.memory.known ? holdOn(name, world.observed.memory.value, now()) : null;
  // Where something waits for its end, it is told as the gate of that.
  if (held !== null && planned?.gate.kind !== 'held') {
    const gate = { kind: 'held', ...held } as const;
    print(`  ${gateText(gate) ?? ''}, since ${new Date(held.hold.since).toISOString()}`);
    print(`    release it with: ${gateHint(gate, name, fleetWord(context)) ?? ''}`);
  }
  if (unknown !== undefined) print(`  nothing is done: ${visible(unknown.message)}`);
  if (planned === undefined && unknown === undefined)
    print('  nothing is to be done: it is as the roster says');
  const log = eventFiles(paths.state);
  const events = earliestFirst(readEvents(log).filter(({ agent }) => agent === name));
  if (planned !== undefined) {
    print(`  to be done: ${planned.action}`);
    for (const reason of planned.reasons) print(`    because ${reasonText(reason)}`);
    const cost = costText(planned.cost) ?? outlookText(planned);
    if (cost !== null) print(`    which ${cost}`);
    const gate = gateText(planned.gate);
    const refusal = installationProblem(context, world.roster, installation);
    const failed = failureText(events, now());
    if (failed !== null) print(`    ${failed}`);
    if (gate !== null) print(`    ${gate}`);
    else if (refusal === null) print('    by the next apply, or by the controller');
    if (refusal !== null) for (const text of refusedLines(refusal)) print(`    ${text}`);
    const hint = gateHint(planned.gate, name, fleetWord(context));
    if (hint !== null) print(`    go on with: ${hint}`);
  }
  const unread = unreadEvents(log);
  if (unread !== null) print(`\nWhat was decided before is not shown: ${visible(unread)}`);
  if (events.length > 0) print('\nLast decisions');
  for (const event of events.slice(-shownEvents)) print(`  ${eventText(event)}`);
  if (plan.unknownSources.length > 0) return sourceExitCode(plan);
  return problem === null ? ExitCode.done : ExitCode.invalidRoster;
}

/** That the last thing which was tried with an agent failed, and why; null: it did not. */
function failureText(events: readonly LoggedEvent[], now: number): string | null {
  const last = events.findLast(({ type }) => type === 'action_failed' || type === 'action_complete');
  if (last?.type !== 'action_failed') return null;
  const { message } = last.details;
  const why = typeof message === 'string' ? (message.split('\n')[0] ?? '') : '';
  return `tried ${ago(now - Date.parse(last.time))} ago, and failed: ${visible(why)}`;
}

/** What keeps commands and controller from doing anything. */
const refusedLines = (refusal: string): readonly string[] => `refused: ${refusal}`.split('\n').map(visible);

/**
 * Asks its screen, with two calls of tmux: a dialog is what an agent that does nothing often waits for; a draft or copy mode, what
 * keeps from it what was left.
 */
async function waitsForHuman(
  context: Context,
  roster: Roster,
  name: string,
  hasMail: boolean,
): Promise<string | null> {
  const { sightsOf } = await import('../talk/activities.js');
  const agents = roster.agents.filter((agent) => agent.name === name);
  const sight = (await sightsOf(context, roster, agents)).get(name);
  if (sight === undefined) return null;
  const { screen, state } = sight;
  if (state.activity === 'dialog') return 'a dialog waits for a human';
  if (!hasMail) return null;
  if (screen.inMode) return 'somebody is in copy mode there, and nothing is typed before he leaves it';
  if (screen.inputOff) return 'its pane takes no keys, or others take them as well, and nothing is typed';
  if (state.elsewhere) return `${opened} was opened there, and nothing is typed before that is closed`;
  if (state.composer.kind === 'draft')
    return 'a draft stands in its composer, and nothing is typed before that is sent or cleared';
  return null;
}

/** What was left for it, and what it has taken for later; null: nothing. */
function mailText({ paths }: Context, name: string): string | null {
  const outbox = readOutbox(outboxDirectory(paths, name));
  if (!outbox.known) return `what was left for it cannot be read: ${visible(outbox.message)}`;
  const of = (count: number): string => (count === 1 ? 'a message' : `${count} messages`);
  const held = outbox.value.filter(({ entry }) => entry.held === true).length;
  const left = outbox.value.length - held;
  const texts = [
    ...(left === 0 ? [] : [`${of(left)} ${left === 1 ? 'was' : 'were'} left for it`]),
    ...(held === 0
      ? []
      : [
          `it took ${of(held)} while it was busy, and was not seen to read ${held === 1 ? 'it' : 'them'} yet`,
        ]),
  ];
  return texts.length === 0 ? null : texts.join(', and ');
}
