import { lostTerminals } from '../host/terminal.js';

/**
 * Tells whether whoever read standard output is gone (`fleet events -w | head -1`). Node (20 to 24) takes standard output back into
 * use after a failed write, so that `destroyed` does not stay true. A terminal that is gone fails no write that is not made.
 */
export function watchReader(): () => boolean {
  let gone = false;
  process.stdout.on('error', () => {
    gone = true;
  });
  return () => gone || lostTerminals().includes(1);
}
