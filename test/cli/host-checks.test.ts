import { expect, test } from 'vitest';
import type { Context } from '../../src/cli/context.js';
import { programChecks } from '../../src/cli/host-checks.js';
import type { ExecResult } from '../../src/host/exec.js';

const printed = (stdout: string): ExecResult => ({ kind: 'exited', code: 0, stdout, stderr: '' });

/** What doctor says of a host whose programs print these versions; null: there is none. */
async function told(versions: Readonly<Record<string, string | null>>): Promise<readonly string[]> {
  const exec = (program: string): Promise<ExecResult> => {
    const version = versions[program] ?? null;
    return Promise.resolve(version === null ? { kind: 'missing', program } : printed(`${version}\n`));
  };
  const { checks } = await programChecks({ exec } as unknown as Context);
  return checks.map(({ result, subject, message }) => `${result} ${subject}: ${message}`);
}

test('programs that are there, too old, and not there', async () => {
  const good = {
    tmux: 'tmux 3.5a',
    systemctl: 'systemd 257 (257.9-1)',
    '/bin/bash': 'GNU bash, version 5.2.37(1)-release (x86_64-pc-linux-gnu)',
  };
  expect((await told(good)).map((line) => line.split(':', 1)[0])).toEqual([
    'ok tmux',
    'ok systemd',
    'ok bash',
  ]);
  expect(await told({ tmux: 'tmux 3.3a', systemctl: 'systemd 239 (239-82.el8)', '/bin/bash': null })).toEqual(
    [
      'ok tmux: tmux 3.3a (crashes on a paste into a dead pane; fleet guards against it)',
      'failed systemd: systemd 239 (239-82.el8) is too old; 247 is needed',
      'failed bash: /bin/bash is not installed or not in PATH',
    ],
  );
  const old = { ...good, tmux: 'tmux 3.1c', '/bin/bash': 'GNU bash, version 4.4.23(1)-release (x86_64)' };
  expect(await told(old)).toEqual([
    'failed tmux: tmux 3.1c is too old; 3.2 is needed',
    expect.stringMatching(/^ok systemd/),
    expect.stringMatching(/^failed bash: GNU bash, version 4\.4\.23.* is too old; 5 is needed$/),
  ]);
});
