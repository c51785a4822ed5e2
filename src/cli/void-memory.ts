import type { Plan } from '../controller/action.js';
import type { World } from '../controller/assess.js';
import { isNothing, VoidTwice, voidIn, type VoidMemory } from '../controller/void-memory.js';
import type { Outcome } from '../controller/port.js';
import type { Context } from './context.js';
import { hostActuators } from './host-actuators.js';
import { observe } from './pass.js';

/** Forgets what is void: approvals of what is planned no more, and that a mass change is held of which nothing is left. */
export async function forgetVoid(context: Context, world: World, found: VoidMemory): Promise<Outcome> {
  if (isNothing(found)) return null;
  const actuators = hostActuators(context, world.roster.socketName);
  const outcome = found.approvals.length === 0 ? null : await actuators.consumeApprovals(found.approvals);
  return outcome ?? (found.brake ? await actuators.rememberBrake(null) : null);
}

/** The same for a command, which looks once more. Where there is nothing, it does not. */
export async function forgetVoidAgain(
  context: Context,
  { world }: { readonly world: World },
  planOf: (world: World) => Plan,
): Promise<void> {
  const looks = new VoidTwice();
  const first = voidIn(planOf(world), world.observed.memory);
  if (isNothing(first)) return;
  looks.look(first);
  const again = (await observe(context)).world;
  const found = looks.look(voidIn(planOf(again), again.observed.memory));
  const problem = await forgetVoid(context, again, found);
  if (problem !== null) context.say(`what is void could not be forgotten: ${problem}`);
}
