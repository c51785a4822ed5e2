import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * What the package ships at run time, as installed elsewhere: somebody may build in the checkout meanwhile, or may not read it.
 *
 * @returns the command's file
 */
export function copyPackage(checkout: string, into: string): string {
  for (const part of ['package.json', 'dist', 'framework', 'roster'])
    fs.cpSync(path.join(checkout, part), path.join(into, part), { recursive: true });
  return path.join(into, 'dist', 'fleet.js');
}
