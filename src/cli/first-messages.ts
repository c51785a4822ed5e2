import { agentsWithMail } from '../observers/outbox.js';
import type { Context } from './context.js';
import type { Pass } from './pass.js';

/**
 * Agents that run and for which something was left, as by a command that was cut short between a start and its first message:
 * where no controller runs, nobody else would deliver it.
 */
export function leftForRunning({ paths }: Context, { world }: Pass): readonly string[] {
  const { units } = world.observed;
  const mail = agentsWithMail(`${paths.state}/outbox`);
  if (!mail.known || !units.known) return [];
  return mail.value.filter((agent) => units.value.agents.get(agent)?.active === 'active');
}
