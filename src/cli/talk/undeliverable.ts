import { agentsWithMail } from '../../observers/outbox.js';
import type { Roster } from '../../roster/types.js';
import type { Context } from '../context.js';

/** Names that are in no roster, and for which something was left; nothing of it is delivered, until an agent has that name again. */
export function undeliverable({ paths }: Context, { agents }: Roster): readonly string[] {
  const mail = agentsWithMail(`${paths.state}/outbox`);
  return mail.known ? mail.value.filter((name) => !agents.some((agent) => agent.name === name)) : [];
}
