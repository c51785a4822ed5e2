import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * The question of `controller-reload.sh`, which signals and then waits until this file is gone. Taken when the signal
 * arrives: a file that is written later belongs to a later signal.
 *
 * @returns the answer
 */
export function takeReloadRequest(state: string): () => void {
  const file = path.join(state, 'reload');
  if (!fs.existsSync(file)) return () => undefined;
  return () => {
    try {
      fs.rmSync(file, { force: true });
    } catch {
      // It waits its 45 seconds, and says so.
    }
  };
}
