/** Longest agent name: units, files and sessions are named after it, and a file name holds 255 bytes. */
const LONGEST = 200;
const NAME = /^[A-Za-z0-9_.-]+$/;

/** tmux session of an agent: tmux cannot hold a dot in a name and would silently write `_` itself. */
export const sessionName = (agent: string): string => agent.replaceAll('.', '_');

/** What is wrong with the name of an agent, runtime or socket, as a sentence; null if nothing. */
export const nameFault = (name: string): string | null => {
  if (name === '') return 'must not be empty';
  if (name.startsWith('-')) return 'must not start with "-": programs would read it as an option';
  if (!NAME.test(name)) return 'may hold letters, digits, "_", "." and "-" only';
  if (name === '.' || name === '..') return 'must not be "." or "..": files are named after it';
  return name.length > LONGEST ? `must not be longer than ${LONGEST} characters` : null;
};
