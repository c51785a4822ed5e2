import type { Plan } from '../controller/action.js';
import type { World } from '../controller/assess.js';
import { dependOnScreens, gatedByScreens } from '../controller/screen-gates.js';
import type { Context } from './context.js';

/** The plan as the screens allow it: they are asked, with one more process, where an agent that lives would be restarted or reset. */
export async function planWithScreens(context: Context, plan: Plan, world: World): Promise<Plan> {
  if (dependOnScreens(plan, world).length === 0) return plan;
  // A part of the program that hardly any plan needs.
  const { askScreens } = await import('./talk/ask-screens.js');
  return gatedByScreens(plan, world, askScreens(context, world));
}
