import { afterEach, beforeEach, expect, test } from 'vitest';
import { exec } from '../../src/host/exec.js';
import { observeTmux } from '../../src/observers/tmux.js';
import { FleetSandbox, until } from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

const agent = (name: string, script: string): string =>
  JSON.stringify({ name, runtime: 'own', command: ['sh', '-c', `${script}; exec sleep 12345`] });

test('the look that fleet takes anyway tells which screens are empty', async () => {
  fleet.writeRoster(
    [
      agent('nothing', ':'),
      agent('queries', String.raw`printf '\033[?1049h\033[2J\033[44m   \033[0m\033]2;title\007'`),
      agent('cleared', String.raw`seq 200; printf '\033[H\033[2J'`),
      agent('below', String.raw`printf '\033[40;100H┃'`),
      agent('words', 'echo ready'),
    ],
    'runtimes: { own: { ready_pattern: ready } }',
  );
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  const blank = async (): Promise<string> => {
    const seen = await observeTmux(exec, fleet.socket);
    const sessions = seen.known ? (seen.value?.sessions ?? []) : [];
    const empty = sessions.filter(({ marks, panes }) => marks.agent !== null && panes[0]?.blank === true);
    return empty.map(({ name }) => name).toSorted().join(); // prettier-ignore
  };
  await until('they have drawn', async () => (await blank()) === 'cleared,nothing,queries');
  // So soon after a start that is nothing to be told.
  expect((await fleet.expect(0, 'status')).stdout).not.toContain('empty');
});
