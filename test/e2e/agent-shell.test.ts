import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cli, run, until } from '../support/fleet-sandbox.js';
import { TalkFleet } from '../support/talk-fleet.js';

let fleet: TalkFleet;
let viewers: ChildProcess[];
beforeEach(() => {
  fleet = new TalkFleet();
  viewers = [];
});
afterEach(async () => {
  for (const viewer of viewers) viewer.kill('SIGKILL');
  await fleet.dispose();
});

/** A terminal of this size, in which a shell runs these words. */
function terminal(columns: number, rows: number, words: string): void {
  const viewer = spawn('script', ['-qfec', `stty cols ${columns} rows ${rows}; exec ${words}`, '/dev/null'], {
    env: { ...process.env, ...fleet.env, TERM: 'xterm', TMUX: undefined, SHELL: '/bin/sh' },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  viewers.push(viewer);
}

const attach = (columns: number, rows: number, ...more: readonly string[]): void =>
  terminal(columns, rows, [process.execPath, cli, 'agent', 'attach', 'a', ...more].join(' '));
const clients = async (): Promise<readonly string[]> => {
  const listing = await fleet.tmux('list-clients', '-F', '#{client_width} ro=#{client_readonly}');
  return listing === '' ? [] : listing.split('\n').toSorted();
};

test('attach looks on while the agent works, types while it is idle, and resizes nobody', async () => {
  await fleet.up(fleet.demo('a'));
  terminal(90, 30, `tmux -L ${fleet.socket} attach -t =a:`);
  await until('the first looks', async () => (await clients()).length === 1);
  const size = (): Promise<string> => fleet.tmux('display-message', '-p', '-t', '=a:', '#{window_width}');
  await until('its size counts', async () => (await size()) === '90');
  attach(40, 12);
  await until('the second looks', async () => (await clients()).includes('40 ro=0'));
  await fleet.type('a', '/busy 60', 'Enter');
  await until('it works', async () => (await fleet.screen('a')).includes('working'));
  attach(42, 12);
  await until('the third only reads', async () => (await clients()).includes('42 ro=1'));
  attach(44, 12, '--write');
  await until('the fourth types', async () => (await clients()).includes('44 ro=0'));
  expect(await size()).toBe('90');
});

const shell = (name: string): string =>
  `{ name: "${name}", runtime: other, command: [bash, --norc], env: { XDG_STATE_HOME: ${path.join(fleet.directory, 'state')} } }`;

test('inside an agent’s own pane the source is that agent; a variable alone proves nothing', async () => {
  await fleet.up(shell('a.1'), fleet.demo('b'));
  await fleet.type('a_1', `${process.execPath} ${cli} agent send b --message hello`, 'Enter');
  await until('it is heard', () => fleet.messages('b').length === 1);
  expect(fleet.said('b').at(-1)).toBe(`[${os.hostname()}:a.1 -> ${os.hostname()}:b] hello`);
  const pretended = { MOSAIC_AGENT_NAME: 'a.1', TMUX_PANE: '%1', TMUX: '/tmp/x,1,0' };
  await fleet.fleetWith({ env: pretended }, 'agent', 'send', 'b', '--message', 'x');
  expect(fleet.said('b').at(-1)).toBe(`[${os.hostname()}:operator -> ${os.hostname()}:b] x`);
});

test('a shell is told the same again and again, also once its screen is full of that', async () => {
  await fleet.up(shell('a'));
  await until('it is at its prompt', async () => (await fleet.screen('a')).trim() !== '');
  // Each takes two lines, and so each pushes away one that says the same.
  await fleet.type('a', 'for i in {1..60}; do echo "$ echo hi"; done', 'Enter');
  await until('the screen is full', async () => !(await fleet.screen('a')).includes('for i'));
  for (let time = 0; time < 2; time += 1) {
    const { receipt } = await fleet.send('a', '--no-preamble', '--message', 'echo hi');
    expect(receipt).toMatchObject({ status: 'delivered', message: 'seen on its screen' });
  }
});

describe('an agent named 0, which is false to tmux', () => {
  test('is told what is sent to it', async () => {
    await fleet.up(fleet.demo('0').replace('name: 0', 'name: "0"'));
    expect((await fleet.send('0', '--message', 'hello')).receipt).toMatchObject({
      agent: '0',
      status: 'delivered',
    });
    expect(fleet.messages('0')).toEqual(['hello']);
    expect(Object.keys(await fleet.pids())).toEqual(['0']);
  });

  test('speaks as itself, and from its pane nobody as the operator', async () => {
    await fleet.up(shell('0'), fleet.demo('b'));
    const send = (text: string): string => `${process.execPath} ${cli} agent send b --message ${text}`;
    await fleet.type('0', send('hello'), 'Enter');
    await until('it is heard', () => fleet.messages('b').length === 1);
    expect(fleet.said('b').at(-1)).toBe(`[${os.hostname()}:0 -> ${os.hostname()}:b] hello`);
    await fleet.type('0', `clear; MOSAIC_AGENT_NAME=1 ${send('x')}; echo "code=$?"`, 'Enter');
    await until('it has ended', async () => /^code=/m.test(await fleet.screen('0')));
    // However it was wrapped.
    expect((await fleet.screen('0')).replaceAll(/\s/g, '')).toContain(
      "notmarkedas1'softhishome.Sayitwith--source-labelcode=69",
    );
    expect(fleet.messages('b')).toEqual(['hello']);
  });
});

describe('over ssh', () => {
  const profile = path.join(os.homedir(), '.bash_profile');
  afterEach(() => fs.rmSync(profile, { force: true }));

  /** What `agent-send.sh -H` is run with: an `ssh` that gives the words to a shell, and `fleet` where only the PATH tells. */
  function far(): { readonly bin: string; readonly send: (...words: string[]) => ReturnType<typeof run> } {
    const bin = path.join(fleet.directory, 'bin');
    fs.mkdirSync(bin);
    const write = (name: string, text: string): void =>
      fs.writeFileSync(path.join(bin, name), text, { mode: 0o755 });
    write('fleet', `#!/bin/bash\nexec ${process.execPath} ${cli} "$@"\n`);
    // sshd joins the words with blanks and gives them to the user's shell.
    write('ssh', '#!/bin/bash\nwhile [[ $1 == -* ]]; do shift; done\nshift\nexec sh -c "$*"\n');
    const script = path.join(fleet.home, 'tools', 'tmux', 'agent-send.sh');
    const env = { ...fleet.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    return { bin, send: (...words) => run(script, ['-H', 'user@far', '-s', 'a', ...words], { env }) };
  }

  test('nothing in a text, a label or a name is taken for a command', async () => {
    await fleet.up(fleet.demo('a'));
    const { bin, send } = far();
    const trap = path.join(fleet.directory, 'trap');
    fs.writeFileSync(profile, `PATH=${bin}:$PATH\n`);
    const hostile = [
      `-n $(touch ${trap}) \`touch ${trap}\` "; touch ${trap}; '`,
      `--flag 'a' "b" \\ \\\\ $HOME !! ~ * ? {1,2} & | > < #`,
      `two\n\nlines; touch ${trap}\n-leading dash`,
      `'`,
      `"'"'"$`,
    ];
    for (const text of hostile) {
      const sent = await send('-n', 'near', '-m', text);
      expect(sent.code, sent.stderr).toBe(0);
      expect(fleet.said('a').at(-1)).toBe(`[near:operator -> ${os.hostname()}:a] ${text}`);
    }
    const file = path.join(fleet.directory, 'message');
    fs.writeFileSync(file, hostile.join('\n'));
    expect((await send('-f', file, '-S', `it's "$(touch ${trap})" \`x\``)).code).toBe(0);
    expect(fleet.said('a').at(-1)).toContain(`:it's "$(touch ${trap})" \`x\` -> `);
    expect((await send('-m', 'x', '-S', 'a\nb')).code).toBe(64);
    expect((await send('-m', 'x', '-L', `$(touch ${trap})`)).code).toBe(69);
    expect((await send('-H', '-oProxyCommand=x', '-m', 'x')).code).toBe(3);
    expect(fs.existsSync(trap)).toBe(false);
  });

  test.each([
    ['becomes another shell', 'exec sh'],
    ['ends', 'exit 0'],
    ['reads and prints', 'echo hello; read -r line; sleep 1000 2>/dev/null &'],
    ['sets more than a PATH', "export UID SHELLOPTS FAR=$'a\\nb'; far() { :; }; export -f far"],
  ])('a profile that %s has no part in the message', async (_, text) => {
    await fleet.up(fleet.demo('a'));
    const { bin, send } = far();
    const trap = path.join(fleet.directory, 'trap');
    fs.writeFileSync(profile, `PATH=${bin}:$PATH\n${text}\n`);
    const { code, stdout } = await send('-m', `touch ${trap}`);
    expect([code, stdout]).toEqual([0, 'a: delivered: seen in the transcript\n']);
    expect(fleet.messages('a')).toEqual([`touch ${trap}`]);
    expect(fs.existsSync(trap)).toBe(false);
  });
});
