import { ownerOf, userName } from '../host/owner.js';
import { displayPath, type Paths } from '../host/paths.js';
import { CommandFailure, ExitCode } from './exit-code.js';

/** These neither read nor write what fleet keeps. */
const elsewhere: readonly string[] = ['validate', 'completion', 'complete'];

/**
 * root may write anywhere: with another user's HOME (`sudo -E`, `su`) a single `fleet hold` would leave a file and a lock that
 * this user's fleet can neither read nor take, and that would be the end of all its commands.
 *
 * @param uid of who runs the command
 * @throws CommandFailure 69 where root would write into somebody else's state
 */
export function requireOwnState(command: string, paths: Paths, uid = process.geteuid?.()): void {
  if (uid !== 0 || elsewhere.includes(command)) return;
  const owned = ownerOf(paths.state);
  // Where there is none yet nobody's fleet is spoiled, and a container's root may well have a home that is another's.
  if (owned?.file !== paths.state || owned.uid === uid) return;
  const [name, place] = [userName(owned.uid), displayPath(paths.state, paths.userHome)];
  throw new CommandFailure(
    ExitCode.unavailable,
    `this is root, but fleet's state is ${name}'s (${place}): what root writes there, ${name}'s fleet could not read. Nothing was done\n` +
      `As ${name}: sudo -H -u '#${owned.uid}' env XDG_RUNTIME_DIR=/run/user/${owned.uid} fleet …\n` +
      "A fleet of root's own needs HOME, or XDG_STATE_HOME, to be root's",
  );
}
