import type { UnknownSource } from '../../controller/action.js';
import { visible } from '../../roster/visible.js';
import type { Style } from './style.js';

/** What could not be looked at, and why; one line each. */
export const sourceLines = (sources: readonly UnknownSource[], { bad }: Style): readonly string[] =>
  sources.map(({ source, message }) => bad(`Unknown: ${source}: ${visible(message)}`));
