import { setTimeout as delay } from 'node:timers/promises';
import { screenState } from '../../controller/screen.js';
import { linesOf } from '../../observers/screens.js';
import { visible } from '../../roster/visible.js';
import type { Context } from '../context.js';
import { watchReader } from '../reader.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { formatVersion } from '../render/plan-json.js';
import { rosterToTalk } from '../roster-in-force.js';
import { openLine, requireSeen, type Line } from '../talk/line.js';
import { look } from '../talk/mail.js';
import { requireAgent } from './agent-send.js';
import { jsonText } from '../render/json-text.js';

const followMs = 500;

/** The last lines of an agent's screen and scrollback, made visible; `follow`: and those that come. */
export async function tailCommand(
  context: Context,
  name: string,
  { lines, follow }: { readonly lines: number; readonly follow?: true },
): Promise<ExitCode> {
  const line = await lineTo(context, name);
  const readerGone = watchReader();
  let shown = await captured(context, line, lines);
  for (const text of shown.slice(-lines)) context.print(visible(text));
  if (follow !== true) return ExitCode.done;
  context.onInterrupt(() => process.exit(ExitCode.done));
  for (;;) {
    await delay(followMs);
    if (readerGone()) return ExitCode.done;
    const now = await captured(context, line, lines);
    const old = new Set(shown);
    // A screen is drawn again and again: a line is news when it was not there before.
    for (const text of now) if (text !== '' && !old.has(text)) context.print(visible(text));
    shown = now;
  }
}

async function captured(
  { exec }: Context,
  { socket, target, agent }: Line,
  lines: number,
): Promise<readonly string[]> {
  const seen = await linesOf(exec, socket, agent.name, target, lines);
  if (!seen.known) throw new CommandFailure(ExitCode.unavailable, seen.message);
  if (seen.value === null) throw new CommandFailure(ExitCode.actionFailed, `${agent.name} is gone`);
  return seen.value;
}

/**
 * Attaches this terminal to an agent's session, without resizing it for those who look already. Read-only while the agent is
 * busy, when a stray key does harm; `write` says otherwise (docs/decisions/0015).
 */
export async function attachCommand(
  context: Context,
  name: string,
  { write, readOnly }: { readonly write?: true; readonly readOnly?: true },
): Promise<ExitCode> {
  const line = await lineTo(context, name);
  if (!process.stdin.isTTY)
    throw new CommandFailure(ExitCode.usage, `attach needs a terminal; see: fleet agent tail ${name}`);
  if (context.env['TMUX'] !== undefined)
    throw new CommandFailure(
      ExitCode.usage,
      `inside tmux already; leave it first, or look with: fleet agent tail ${name} -f`,
    );
  const seen = await look(context, line);
  const busy = seen.known && seen.value !== null && screenState(line.profile, seen.value).activity === 'busy';
  const reading = readOnly === true || (busy && write !== true);
  if (reading)
    context.say(
      `${name} is shown read-only${busy ? ', for it is busy; to type: --write' : ''}. Leave with Ctrl-b d`,
    );
  const flags = reading ? 'read-only,ignore-size' : 'ignore-size';
  const words = ['attach-session', '-f', flags, '-t', line.target.session];
  const { runAttached } = await import('../../host/attached.js');
  if ((await runAttached('tmux', ['-N', '-u', '-L', line.socket, ...words])) === 0) return ExitCode.done;
  // tmux has said on the terminal what was wrong, and not what helps where it was the terminal.
  context.say(
    `TERM is ${visible(context.env['TERM'] ?? 'unset')}; if tmux cannot use that: TERM=xterm-256color fleet agent attach ${name}`,
  );
  return ExitCode.error;
}

async function lineTo(context: Context, name: string): Promise<Line> {
  const roster = await rosterToTalk(context);
  const opened = requireSeen(await openLine(context, roster, requireAgent(roster, name), 0));
  if (opened.kind === 'open') return opened.line;
  throw new CommandFailure(ExitCode.actionFailed, `${name}: ${opened.result.message}`);
}

/** Who is in the fleet, for its members. */
export async function rosterCommand(context: Context, { json }: { readonly json?: true }): Promise<ExitCode> {
  const { agents, socketName } = await rosterToTalk(context);
  if (json === true) {
    const list = agents.map(({ name, runtime, class: role, session, persona }) => ({
      name,
      runtime,
      class: role,
      session,
      persona,
    }));
    context.print(jsonText({ formatVersion, socket: socketName, agents: list }));
    return ExitCode.done;
  }
  for (const { name, runtime, class: role } of agents)
    context.print(`${name}  ${visible(runtime)}  ${visible(role)}`);
  return ExitCode.done;
}
