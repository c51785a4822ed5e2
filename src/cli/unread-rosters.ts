import * as path from 'node:path';
import { isThere } from '../host/atomic-file.js';
import { defaultRosters, displayPath, type Paths } from '../host/paths.js';

/** Rosters in the default place beside the one that is read there, which an edit would go into in vain; a text about each. */
export function unreadRosters(paths: Paths): readonly string[] {
  const places = defaultRosters(paths.fleet);
  if (!places.includes(paths.roster)) return [];
  return places
    .filter((place) => place !== paths.roster && isThere(place))
    .map((place) => unreadRoster(place, paths));
}

export const unreadRoster = (other: string, { roster, userHome }: Paths): string =>
  `${displayPath(other, userHome)} is there, too, and is not read: ${path.basename(roster)} is; keep one of them`;
