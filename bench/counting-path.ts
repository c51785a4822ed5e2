import * as fs from 'node:fs';
import * as path from 'node:path';

const programs = ['systemctl', 'tmux', 'systemd-notify'];

/**
 * A directory of programs that note the call before they become the real one.
 *
 * @returns the PATH that puts them first
 */
export function countingPath(directory: string, log: string): string {
  fs.mkdirSync(directory, { recursive: true });
  for (const program of programs) {
    const text = `#!/bin/bash\nprintf '%s\\n' "${program} $*" >>'${log}'\nPATH=\${PATH#'${directory}':} exec ${program} "$@"\n`;
    fs.writeFileSync(path.join(directory, program), text, { mode: 0o755 });
  }
  return `${directory}:${process.env['PATH'] ?? ''}`;
}
