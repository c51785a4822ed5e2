import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { createContext } from '../../src/cli/context.js';
import { serverChecks } from '../../src/cli/server-checks.js';
import { temporary, write } from '../support/temporary.js';

test('a server out of reach makes its socket again, and the directory of it is made before', async () => {
  const home = temporary();
  const recorded = path.join(home, "an operator's");
  const context = {
    ...createContext({}, { HOME: home }),
    exec: () =>
      Promise.resolve({
        kind: 'exited' as const,
        code: 1,
        stdout: '',
        stderr: 'no server running on /x/fleet',
      }),
  };
  const { environment, home: mosaic, roster } = context.paths;
  const lines = [
    `MOSAIC_HOME=${mosaic}`,
    `MOSAIC_FLEET_ROSTER=${roster}`,
    'MOSAIC_FLEET_SOCKET=fleet',
    'MOSAIC_FLEET_HOLDER=_holder',
  ];
  const [begin, end] = [
    '# >>> fleet: written by fleet, edits between these two lines are lost >>>',
    '# <<< fleet: lines outside are yours, and win over the roster <<<',
  ];
  write(environment, [begin, ...lines, `TMUX_TMPDIR="${recorded}"`, end, ''].join('\n'));
  const units = {
    holder: { active: 'active' as const, sub: 'running' },
    controller: null,
    agents: new Map(),
  };
  const hint = async (): Promise<string | undefined> =>
    (await serverChecks(context, units, 'fleet', { found: false, message: '' })).checks[0]?.hint;
  const sockets = path.join(recorded, `tmux-${process.getuid?.()}`);
  const again = 'systemctl --user kill --kill-who=main -s USR1 mosaic-tmux-holder.service';
  const quoted = `'${sockets.replaceAll("'", "'\\''")}'`;
  expect(await hint()).toContain(`: mkdir -p -m 700 ${quoted} && ${again}`);
  fs.mkdirSync(sockets, { recursive: true });
  expect(await hint()).toContain(`: ${again}`);
});
