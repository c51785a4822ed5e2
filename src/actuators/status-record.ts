import * as path from 'node:path';
import { fileProblem, writeFileAtomic } from '../host/atomic-file.js';

/**
 * Replaces what the controller has written down of its conditions. Format: observers/status-record.ts.
 *
 * @returns null, or why it could not be written
 */
export function writeStatusRecord(state: string, record: object): string | null {
  try {
    const text = JSON.stringify({ formatVersion: '1.0', ...record }, null, 1);
    writeFileAtomic(path.join(state, 'status.json'), `${text}\n`, 0o600, 'derived');
    return null;
  } catch (error) {
    return `status.json: ${fileProblem(error)}`;
  }
}
