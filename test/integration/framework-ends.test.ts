import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FrameworkFleet } from '../support/framework-fleet.js';
import {
  activeState,
  agentUnit,
  eventually,
  processesWith,
  run,
  show,
  systemctl,
} from '../support/user-manager.js';

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** As installed, but with other words in it. */
const reworded = async (from: string, to: string, name = 'agent-run.sh'): Promise<FrameworkFleet> => {
  const other = await FrameworkFleet.create('framework-ends');
  const script = join(other.installation.home, 'tools/fleet', name);
  const text = readFileSync(script, 'utf8');
  expect(text).toContain(from);
  await writeFile(script, text.replace(from, to));
  return other;
};

/** An agent that says `words`, with its waiting clients; what keeps its agent-run.sh from hearing of its end is `delay`'s. */
async function endedBehind(
  look: string,
  delay: (other: FrameworkFleet, pid: number, clients: () => readonly number[]) => Promise<void>,
): Promise<void> {
  const other = await reworded('$((240 + RANDOM % 120))', look);
  try {
    const { pane, pid } = await other.start({
      agent: 'late',
      command: ['sh', '-c', 'echo words; exec sleep 1000'],
    });
    await other.seen(pane, 'words');
    const main = (await show(agentUnit('late'), 'MainPID'))['MainPID'] ?? '';
    const clients = (): readonly number[] =>
      processesWith(`SYSTEMD_EXEC_PID=${main}`).filter((one) => commandOf(one).startsWith('tmux\0'));
    await delay(other, pid, clients);
    await eventually('its unit failed', async () => (await activeState(agentUnit('late'))) === 'failed');
    const { facts, lines } = await other.exitRecord('late');
    expect(facts).toMatchObject({ reason: 'signaled', signal: '9' });
    expect(lines).toEqual(['words']);
  } finally {
    await other.end();
  }
}

test('an agent that ended while the server hung has its last lines and its status on record', () =>
  endedBehind('0.5', async (other, pid, clients) => {
    const server = await other.serverPid();
    process.kill(server, 'SIGSTOP');
    process.kill(pid, 'SIGKILL');
    // One waits to be called.
    await eventually('it looks', () => clients().length > 1);
    process.kill(server, 'SIGCONT');
  }));

test('one whose client is late with its last words is not told as killed by somebody', () =>
  endedBehind('0.3', async (other, pid, clients) => {
    const client = await eventually('one client waits', () => clients().length === 1 && clients()[0]);
    process.kill(client, 'SIGSTOP');
    process.kill(pid, 'SIGKILL');
    await eventually('its session has ended', async () => !(await other.panes()).has('late'));
    // Long enough to have been given up: a second after the look that shows no session.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    // (A tmux of 3.2 does not tell it that the agent has ended; its unit has, and it is gone.)
    if (clients().includes(client)) process.kill(client, 'SIGCONT');
  }));

test('an agent-run.sh that ends without a word is on record', async () => {
  const other = await reworded('backoff=0.2 lines=()', 'exit 9; backoff=0.2 lines=()');
  try {
    await other.launch({ agent: 'silent', command: ['sleep', '1000'] });
    expect((await systemctl('start', agentUnit('silent'))).code).not.toBe(0);
    expect((await other.exitRecord('silent')).facts).toMatchObject({ reason: 'agent-run-ended' });
    expect((await other.panes()).has('silent')).toBe(false);
  } finally {
    await other.end();
  }
});

test('the word that an agent is ready is heard, though it comes in parts', async () => {
  const pipe = '>"/proc/$main/fd/8"; } 2>/dev/null';
  const parts = ['printf re', '{ sleep 0.7; printf a; }', '{ sleep 0.7; echo dy; }'];
  const halting = parts.map((part) => `{ ${part} ${pipe}`).join('\n');
  const other = await reworded(`{ echo ready ${pipe}`, halting, 'pane-exec.sh');
  try {
    await other.start({ agent: 'halting', command: ['sleep', '1000'] });
    expect(await activeState(agentUnit('halting'))).toBe('active');
  } finally {
    await other.end();
  }
});

test('one of before, which an upgrade has met at its start, needs its pane to tell systemd', async () => {
  const other = await reworded('"$how" "$teller"', '"$how"', 'own-session.sh');
  try {
    const script = join(other.installation.home, 'tools/fleet/agent-run.sh');
    const text = readFileSync(script, 'utf8').replace('"$notifier" --ready --status', ': --ready --status');
    await writeFile(script, text);
    await other.start({ agent: 'met', command: ['sleep', '1000'] });
    expect(await activeState(agentUnit('met'))).toBe('active');
  } finally {
    await other.end();
  }
});

test('a record of an end that cannot be written takes the place of no other', async () => {
  const fleet = await FrameworkFleet.create('framework-ends', { start: false });
  const script = `
      . tools/fleet/exit-record.sh
      agent=full record_spec=- INVOCATION_ID=0 MOSAIC_FLEET_STATE=$PWD/state
      write_exit_record exited 0 - 1 ''
      # A full disk.
      printf() { case $1 in v1*) return 1 ;; *) builtin printf "$@" ;; esac }
      write_exit_record server-gone - - 1 ''
      cat "$PWD/state/exits/full"
      ls -A "$PWD/state/exits" >&2
    `;
  const { stdout, stderr } = await run('bash', [
    '-c',
    `cd '${fleet.installation.home}' && mkdir -p state\n${script}`,
  ]);
  await fleet.end();
  expect(stderr).toMatch(/could not be written\nfull\n$/);
  expect(stdout).toContain('reason=exited ');
});

test('a record that nobody finished is gone with the next one', async () => {
  // As slow as a disk can be, once.
  const slowly = `  mv() { [[ -e "$directory-slow" ]] || { : >"$directory-slow"; exec sleep 1000; }; command mv "$@"; }\n`;
  const from = '  shift 5\n  # For delays';
  const other = await reworded(from, from.replace('\n', `\n${slowly}`), 'exit-record.sh');
  const directory = join(other.installation.state, 'exits');
  const { pid } = await other.start({ agent: 'slow', command: ['sleep', '1000'] });
  process.kill(pid, 'SIGKILL');
  await eventually('it is being written', () => existsSync(`${directory}-slow`));
  const unfinished = readdirSync(directory).filter((name) => name.startsWith('.slow.'));
  process.kill(Number((await show(agentUnit('slow'), 'MainPID'))['MainPID']), 'SIGKILL');
  await eventually('its unit has ended', async () => (await activeState(agentUnit('slow'))) === 'inactive');
  const left = readdirSync(directory);
  await other.end();
  expect([unfinished, left]).toEqual([[expect.stringMatching(/^\.slow\.\d+$/)], ['slow']]);
});
