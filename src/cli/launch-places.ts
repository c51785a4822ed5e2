import type { LaunchPlaces } from '../controller/launch.js';
import { conversationFile } from '../host/paths.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';

/** Where a launch record leads to. */
export const launchPlaces = ({ paths }: Context, { socketName }: Roster): LaunchPlaces => ({
  userHome: paths.userHome,
  mosaicHome: paths.home,
  socketName,
  // Fleet writes two files of this name: see src/actuators/conversations.ts.
  conversationFile: (agent) => conversationFile(paths, agent),
});
