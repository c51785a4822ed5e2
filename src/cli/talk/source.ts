import * as os from 'node:os';
import type { MarkedPane } from '../../observers/screen-output.js';
import type { Context } from '../context.js';
import { visible } from '../../roster/visible.js';
import { CommandFailure, ExitCode } from '../exit-code.js';

export interface SourceOptions {
  /** Who speaks, in place of `operator` or the agent's name. */
  readonly sourceLabel?: string;
  /** The whole source. */
  readonly source?: string;
  /** Name of this host in the preamble. */
  readonly hostName?: string;
}

/** @throws CommandFailure 64 where an option cannot stand in a preamble */
export function hostName({ hostName: given }: SourceOptions): string {
  return checked('--host-name', given) ?? os.hostname();
}

/**
 * Who speaks. Inside a pane of the fleet it is that pane's agent: by the pane's id and its server's pid, against the marks
 * that this home set on it. A variable alone proves nothing.
 *
 * @param panes every marked pane on the socket
 * @throws CommandFailure 69 where an agent's environment is in another pane of that server: an agent must not speak as its operator
 */
export function sourceOf(
  { env, paths }: { readonly env: Context['env']; readonly paths: Pick<Context['paths'], 'home'> },
  options: SourceOptions,
  panes: readonly MarkedPane[],
): string {
  const whole = checked('--source', options.source);
  if (whole !== null) return whole;
  const label = checked('--source-label', options.sourceLabel);
  if (label !== null) return `${hostName(options)}:${label}`;
  const here = panes.filter(({ server }) => String(server) === env['TMUX']?.split(',').at(-2));
  const own = here.find(
    ({ pane, agent, home }) =>
      pane === env['TMUX_PANE'] && agent === env['MOSAIC_AGENT_NAME'] && home === paths.home,
  );
  if (own === undefined && here.length > 0 && env['MOSAIC_AGENT_NAME'] !== undefined)
    throw new CommandFailure(
      ExitCode.unavailable,
      `nothing was sent: who speaks cannot be told: this pane is not marked as ${visible(env['MOSAIC_AGENT_NAME'])}'s of this home. Say it with --source-label`,
    );
  return `${hostName(options)}:${own?.agent ?? 'operator'}`;
}

/** A label with a bracket or a line break in it could pass for somebody else's preamble. */
function checked(option: string, text: string | undefined): string | null {
  if (text === undefined) return null;
  if (/^[^\p{C}\p{Zl}\p{Zp}[\]]{1,100}$/u.test(text) && !text.includes('->')) return text;
  throw new CommandFailure(
    ExitCode.usage,
    `${option} must be one line of at most 100 characters, without brackets, control characters or "->"`,
  );
}
