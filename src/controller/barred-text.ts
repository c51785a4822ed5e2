/** Why nothing is started, and what the operator can do about it: its record cannot be read. */
export const unreadableText = (message: string, agent: string): string =>
  `which conversation it is in cannot be told: ${message}; repair the file, or begin anew: fleet restart ${agent} --fresh`;

/** The same, where the file of what was said in it is gone. */
export const goneText = (id: string, agent: string): string =>
  `conversation ${id} was spoken to, and its file is gone; put it back, choose another one (fleet agent conversations ${agent}), or begin anew: fleet restart ${agent} --fresh`;
