import type { EnvironmentOf } from '../observers/conversation-evidence.js';
import type { Installation } from '../observers/installation.js';
import type { Context } from './context.js';

/**
 * What agents inherit from their units: the user manager's environment, and over it the lines of `<home>/fleet/environment`.
 *
 * @param manager the user manager's; empty where nobody asked
 */
export const inheritedEnvironment = (
  { record }: Installation,
  manager: EnvironmentOf = {},
): EnvironmentOf => ({ ...manager, ...record?.environment });

/**
 * What an agent is started with, as far as it decides where its runtime keeps things; as `pane-exec.sh` puts it together.
 *
 * @param own by roster and site
 */
export const agentEnvironment = (
  { paths }: Pick<Context, 'paths'>,
  inherited: EnvironmentOf,
  own: EnvironmentOf,
): EnvironmentOf => ({ HOME: paths.userHome, ...inherited, ...own });
