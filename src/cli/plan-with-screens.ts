import type { Plan } from '../controller/action.js';
import type { World } from '../controller/assess.js';
import { dependOnScreens, pricedByScreens, toldByScreens } from '../controller/screen-gates.js';
import type { Context } from './context.js';

/**
 * The plan as the screens allow it, and with what it costs by them: they are asked, with one more process, where an agent that lives would
 * be stopped, restarted or reset.
 *
 * @param about `gates`: nobody reads the costs any more; `costs`: the operator's word has lifted the gates
 */
export async function planWithScreens(
  context: Context,
  plan: Plan,
  world: World,
  about: 'all' | 'gates' | 'costs' = 'all',
): Promise<Plan> {
  const gated = about === 'costs' ? [] : dependOnScreens(plan, world);
  const priced = about === 'gates' ? [] : pricedByScreens(plan, world, gated);
  if (gated.length + priced.length === 0) return plan;
  // A part of the program that hardly any plan needs.
  const { askScreens } = await import('./talk/ask-screens.js');
  return toldByScreens(plan, gated, priced, askScreens(context, world));
}
