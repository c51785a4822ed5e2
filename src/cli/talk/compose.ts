import { randomBytes } from 'node:crypto';
import { composed } from '../../controller/message.js';
import type { OutboxEntry } from '../../controller/outbox.js';
import { findPanes } from '../../observers/screens.js';
import type { AgentSpec, Roster } from '../../roster/types.js';
import { visible } from '../../roster/visible.js';
import type { Context } from '../context.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { hostName, sourceOf, type SourceOptions } from './source.js';

export interface ComposeOptions extends SourceOptions {
  readonly later?: true;
  /** commander's name for `--no-preamble`. */
  readonly preamble?: boolean;
}

/**
 * The message as it will be typed, with who speaks to whom before it.
 *
 * @throws CommandFailure 69 where who speaks cannot be told
 */
export async function compose(
  context: Context,
  roster: Roster,
  agent: AgentSpec,
  text: string,
  options: ComposeOptions,
): Promise<OutboxEntry> {
  const inPane = context.env['TMUX_PANE'] !== undefined && context.env['MOSAIC_AGENT_NAME'] !== undefined;
  const isTold = options.source !== undefined || options.sourceLabel !== undefined;
  const panes = inPane && !isTold ? await findPanes(context.exec, roster.socketName) : null;
  // An agent must not speak as its operator.
  if (panes?.known === false)
    throw new CommandFailure(
      ExitCode.unavailable,
      `nothing was sent: who speaks cannot be told: ${visible(panes.message)}. Say it with --source-label`,
    );
  const source = sourceOf(context, options, panes?.value ?? []);
  const addressed = options.preamble !== false;
  const recipient = `${hostName(options)}:${agent.name}`;
  return {
    ...{ id: randomBytes(8).toString('hex'), kind: 'message', agent: agent.name },
    text: composed(text, addressed ? { source, recipient } : null),
    ...{ addressed, source, createdAt: context.now() },
    ...{ left: options.later === true, attempt: null, after: null, parked: null },
  };
}
