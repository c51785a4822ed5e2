import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { processTree, readChildren } from '../../src/observers/process-tree.js';
import { run, until } from '../support/fleet-sandbox.js';
import type { RunningController } from '../support/running-controller.js';
import type { TalkFleet } from '../support/talk-fleet.js';
import { talking } from '../support/talking.js';
import { isRoot } from '../support/own-mounts.js';

let fleet: TalkFleet;
let controller: RunningController;
talking((own) => ({ fleet, controller } = own));

interface Sent {
  readonly agent: string;
  readonly text: string;
  readonly status: string;
}

/** One sender after another message: to each agent in turn, what it was told of each. */
async function sender(id: number, agents: readonly string[]): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  for (const agent of agents) {
    const text = `${id} says ${sent.length} to ${agent}, all of it`;
    const { receipt } = await fleet.send(agent, '--message', text, '--timeout', '60s');
    sent.push({ agent, text, status: receipt.status });
  }
  return sent;
}

/** Nothing twice, what was delivered is there, what was refused is not, and each sender's messages are in order. */
function judge(sent: readonly Sent[], agents: readonly string[]): void {
  for (const agent of agents) {
    const heard = fleet.messages(agent);
    expect(new Set(heard).size, 'twice').toBe(heard.length);
    const own = sent.filter((one) => one.agent === agent);
    for (const { text, status } of own) {
      if (status === 'delivered') expect(heard, 'delivered').toContain(text);
      if (status === 'refused') expect(heard, 'refused').not.toContain(text);
    }
    for (const id of new Set(own.map(({ text }) => text.split(' ')[0]))) {
      const told = own.map(({ text }) => text).filter((text) => text.startsWith(`${id} `));
      expect(heard.filter((text) => told.includes(text))).toEqual(
        told.filter((text) => heard.includes(text)),
      );
    }
  }
}

const senders = Array.from({ length: 10 }, (_, index) => index);

describe('ten senders at once', () => {
  test('to all agents, one of which is restarted in the middle', async () => {
    const agents = ['a', 'b'];
    await fleet.up(...agents.map((name) => fleet.demo(name)));
    const all = senders.map((id) => sender(id, id % 2 === 0 ? agents : agents.toReversed()));
    await until('it is under way', () => fleet.messages('a').length >= 2, 60_000);
    await fleet.expect(0, 'restart', '--fresh', 'a');
    const sent = (await Promise.all(all)).flat();
    judge(sent, agents);
    expect(
      sent.filter(({ agent, status }) => agent === 'b' && status !== 'delivered' && status !== 'queued'),
    ).toEqual([]);
  });

  test('while the tmux server is killed: receipts stay true', async () => {
    await fleet.up(fleet.demo('a'));
    const all = senders.map((id) => sender(id, ['a']).catch(() => []));
    await until('it is under way', () => fleet.messages('a').length >= 2, 60_000);
    process.kill(await fleet.serverPid(), 'SIGKILL');
    const sent = (await Promise.all(all)).flat();
    judge(sent, ['a']);
    expect(await fleet.tmux('list-buffers')).toBe('');
  });
});

test('a controller killed again and again while it delivers: every message once, in order', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.expect(0, 'stop', 'a');
  const texts = Array.from({ length: 6 }, (_, index) => `left ${index}, all of it`);
  for (const text of texts) {
    const { receipt } = await fleet.send('a', '--later', '--message', text);
    expect(receipt.message).toContain(
      'the operator stopped it; start it with: fleet start a; no controller runs',
    );
  }
  await fleet.expect(0, 'start', 'a');
  for (let round = 0; round < 5 && fleet.messages('a').length < texts.length; round += 1) {
    const before = fleet.messages('a').length;
    await controller.start();
    await until('another one is told', () => fleet.messages('a').length > before);
    await controller.stop('SIGKILL');
  }
  await controller.start();
  await until('nothing waits', async () =>
    (await fleet.expect(0, 'agent', 'outbox', 'a')).stdout.includes('Nothing waits.'),
  );
  expect(fleet.messages('a')).toEqual(texts);
});

describe('an outbox', () => {
  test('that cannot be read is unknown: nothing is typed, and nothing of it is lost', async () => {
    await fleet.up(fleet.demo('a'));
    const directory = path.join(fleet.state, 'outbox', 'a');
    fs.mkdirSync(directory, { recursive: true });
    const broken = path.join(directory, '1-000000000001-0123456789abcdef.json');
    fs.writeFileSync(broken, '{"half');
    const { run: refused, receipt } = await fleet.send('a', '--message', 'x');
    expect(refused.code).toBe(4);
    expect(receipt.message).toContain('an earlier message waits:');
    expect(receipt.message).toContain(path.basename(broken));
    expect((await fleet.expect(1, 'agent', 'outbox', 'a')).stderr).toContain(path.basename(broken));
    expect(fleet.messages('a')).toEqual([]);
    expect(fs.readFileSync(broken, 'utf8')).toBe('{"half');
  });

  // Mounted where agents see it, too.
  test.skipIf(!isRoot)('on a full disk takes nothing, and says so', async () => {
    await fleet.up(fleet.demo('a'));
    await fleet.expect(0, 'stop', 'a');
    const outbox = path.join(fleet.state, 'outbox');
    fs.mkdirSync(outbox, { recursive: true });
    const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'none', outbox]);
    expect(mounted.code, mounted.stderr).toBe(0);
    try {
      expect((await fleet.send('a', '--later', '--message', 'first')).receipt.status).toBe('left');
      const large = path.join(fleet.directory, 'large');
      fs.writeFileSync(large, 'x'.repeat(64 * 1024));
      const full = await fleet.expect(1, 'agent', 'send', 'a', '--later', '--file', large);
      expect(full.stderr).toContain('the message could not be left');
      expect((await fleet.expect(0, 'agent', 'outbox', 'a')).stdout.trim().split('\n')).toHaveLength(1);
      await fleet.expect(0, 'start', 'a');
      expect((await fleet.send('a', '--message', 'second')).receipt.status).toBe('delivered');
      expect(fleet.messages('a')).toEqual(['first', 'second']);
    } finally {
      await run('umount', [outbox]);
    }
  });
});

test('a sender who was stopped in the middle of a look looks again before he tells', async () => {
  // Draws nothing of what it is given while it is stopped. (Below a shell: tmux continues a stopped first process of a pane.)
  const inner = 'stty -echo; echo ready; while read -r line; do echo "got $line"; done';
  await fleet.up(
    `{ name: a, runtime: sleeper, command: [sh, -c, ${JSON.stringify(`sh -c '${inner}'; :`)}] }`,
  );
  await until('it is ready', async () => (await fleet.screen('a')).includes('ready'));
  const [, reader = 0] = processTree((await fleet.pids())['a'] ?? 0, readChildren());
  const bin = path.join(fleet.directory, 'bin');
  const calls = path.join(fleet.directory, 'calls');
  fs.mkdirSync(bin);
  fs.writeFileSync(
    path.join(bin, 'tmux'),
    `#!/bin/bash\nPATH=\${PATH#*:} tmux "$@"\nstatus=$?\nprintf '%s\\n' "\${*//$'\\n'/ }" >>'${calls}'\nsleep 0.5\nexit $status\n`,
    { mode: 0o755 },
  );
  const seen = () => (fs.existsSync(calls) ? fs.readFileSync(calls, 'utf8').split('\n') : []);
  const sender: { pid?: number } = {};
  process.kill(reader, 'SIGSTOP');
  const sent = fleet.fleetWith(
    { env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` }, started: (pid) => (sender.pid = pid) },
    ...['agent', 'send', 'a', '--json', '--message', 'hello'],
  );
  // Enter was pressed, and looked at the answer was before it came.
  await until('a look after Enter', () => {
    const enter = seen().findIndex((call) => call.includes('Enter'));
    return enter !== -1 && seen().slice(enter + 1).some((call) => call.includes('capture-pane')); // prettier-ignore
  });
  process.kill(sender.pid ?? 0, 'SIGSTOP');
  process.kill(reader, 'SIGCONT');
  // Longer than any look may take.
  await new Promise((resolve) => setTimeout(resolve, 6000));
  process.kill(sender.pid ?? 0, 'SIGCONT');
  expect(JSON.parse((await sent).stdout)).toMatchObject({
    status: 'delivered',
    message: 'seen on its screen',
  });
});

test('where tmux cannot be started any more after the look, nothing was typed, and that is told', async () => {
  await fleet.up(fleet.demo('a'));
  // The program is gone as soon as it has shown the screen; no other one is in this PATH.
  const own = path.join(fleet.directory, 'bin');
  fs.mkdirSync(own);
  const where = async (program: string): Promise<string> => (await run('which', [program])).stdout.trim();
  fs.symlinkSync(await where('systemctl'), path.join(own, 'systemctl'));
  const shown = `#!/bin/bash
case "$*" in *capture-pane*) ${await where('rm')} -- "$0" ;; esac
exec ${await where('tmux')} "$@"
`;
  const send = async (...words: readonly string[]) => {
    fs.writeFileSync(path.join(own, 'tmux'), shown, { mode: 0o755 });
    const all = ['agent', 'send', 'a', '--json', '--no-preamble', ...words];
    const sent = await fleet.fleetWith({ env: { PATH: own } }, ...all);
    expect(fs.existsSync(path.join(own, 'tmux'))).toBe(false);
    return { code: sent.code, receipt: JSON.parse(sent.stdout) as { status: string; message: string } };
  };
  const refused = await send('--message', 'one');
  expect(refused).toMatchObject({ code: 4, receipt: { status: 'refused' } });
  expect(refused.receipt.message).toContain('nothing was typed: tmux');
  expect(await send('--message', 'two', '--later')).toMatchObject({ code: 0, receipt: { status: 'left' } });
  // It is not one of which nobody knows what became of it.
  await fleet.expect(0, 'agent', 'outbox', 'a', '--deliver');
  expect(fleet.messages('a')).toEqual(['two']);
});
