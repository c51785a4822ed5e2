/** Set by fleet in every agent's environment to say who it is; nobody else may set them. */
export const RESERVED_KEYS: readonly string[] = [
  'MOSAIC_HOME',
  'MOSAIC_AGENT_NAME',
  'MOSAIC_AGENT_SESSION',
  'MOSAIC_AGENT_RUNTIME',
  'MOSAIC_AGENT_CLASS',
  'MOSAIC_TMUX_SOCKET',
];

/** The site's own word on how an agent is started. Always a site-owned line of the env file. */
export const AGENT_COMMAND = 'MOSAIC_AGENT_COMMAND';

// bash makes these read-only or resets them: a script on the way to the agent could not hand them on.
const SHELL_OWNED = ['UID', 'EUID', 'PPID', 'SHELLOPTS', 'BASHOPTS', 'BASH_VERSINFO'];
const TMUX_OWNED = ['TMUX', 'TMUX_PANE'];
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const isVariableName = (name: string): boolean => VARIABLE.test(name);

/** Why no agent can be given a variable of this name, as a sentence; null if it can. */
export const variableFault = (name: string): string | null => {
  if (!VARIABLE.test(name))
    return 'a variable’s name may hold letters, digits and "_" and must not start with a digit';
  if (SHELL_OWNED.includes(name)) return 'bash owns this variable and does not let it be set';
  if (TMUX_OWNED.includes(name))
    return 'tmux sets this variable; another value would send the agent to another server';
  if (RESERVED_KEYS.includes(name)) return 'fleet sets this variable to tell the agent who it is';
  if (name === AGENT_COMMAND) return 'it belongs to the agent’s env file; in the roster, write `command`';
  return null;
};
