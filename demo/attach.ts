import { readlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Report } from './fact.js';
import { pidFromOutside } from './processes.js';
import { socket } from './rosters.js';
import { style } from './screen.js';

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Writes the script that leads inside, and says how to use it and how to end the demo. */
export function attachText(directory: string, launcherPid: number, report: Report): string {
  const target = pidFromOutside(launcherPid, report.pid);
  if (target === null) return 'The fleet has ended.';
  const enter = path.join(directory, 'enter');
  writeFileSync(enter, enterScript(target, report.environment), { mode: 0o755 });
  const line = (command: string, what: string): string =>
    `  ${style.bold(`${enter}${command}`.padEnd(directory.length + 44))} ${style.dim(what)}`.trimEnd();
  return [
    '',
    'The fleet is left running. From another terminal of the same user:',
    '',
    line('', 'a shell inside, with fleet and tmux'),
    line(' fleet status', ''),
    line(` tmux -L ${socket} attach -t '=lead'`, 'C-b d leaves'),
    '',
    `End it with Ctrl-C here, or from elsewhere: ${style.bold(`kill ${process.pid}`)}`,
  ].join('\n');
}

/** Without words of its own it starts a shell. The inside's environment, and of the caller's only the terminal's. */
function enterScript(target: number, environment: Report['environment']): string {
  // An ordinary user's namespaces hang on a user namespace; root's do not, and entering one's own is an error.
  const own = readlinkSync(`/proc/${target}/ns/user`) === readlinkSync('/proc/self/ns/user');
  const namespaces = `--mount --pid --ipc --cgroup${own ? '' : ' --user --preserve-credentials'}`;
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${quote(value)}`);
  return `#!/bin/sh
# enter [COMMAND…]: runs it inside the demo, by default a shell.
[ $# -gt 0 ] || set -- bash
exec nsenter --target ${target} ${namespaces} -- env -i TERM="\${TERM:-xterm}" LANG="\${LANG:-C.UTF-8}" \\
  ${variables.join(' ')} \\
  sh -c 'cd && exec "$@"' enter "$@"
`;
}
