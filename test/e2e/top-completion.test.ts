import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli, FleetSandbox, run, until } from '../support/fleet-sandbox.js';

const isInstalled = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(':').some((directory) => fs.existsSync(path.join(directory, program)));

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

const roster = (): void =>
  fleet.writeRoster([
    '{ name: builder, runtime: sleeper, command: [sh, -c, "while :; do :; done"] }',
    '{ name: scout, runtime: sleeper, command: [sleep, infinity] }',
    '{ name: spare, runtime: sleeper, command: [sleep, infinity], suspend: true }',
  ]);

test('help tells of a command of two words as its own --help does', async () => {
  for (const words of [['plan'], ['agent'], ['agent', 'send']]) {
    const { stdout } = await fleet.expect(0, 'help', ...words);
    expect(stdout).toMatch(new RegExp(`^Usage: fleet ${words.join(' ')} `));
    expect(stdout).toBe((await fleet.expect(0, ...words, '--help')).stdout);
  }
  for (const words of [['help'], ['agent', 'help']])
    expect((await fleet.expect(0, 'help', ...words)).stdout).toMatch(/^Usage: /);
  for (const words of [['nothing'], ['agent', 'nothing']]) {
    const { stdout, stderr } = await fleet.expect(64, 'help', ...words);
    expect([stdout, stderr]).toEqual(['', expect.stringContaining("unknown command 'nothing'")]);
  }
});

test('top: once where nobody watches, the hungriest first; on a terminal until q', async () => {
  roster();
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  const { stdout } = await fleet.expect(0, 'top');
  // Where no cgroup counts them, as an ordinary user's may not, there is nothing to show.
  const counted = await run('systemctl', ['--user', 'show', '-P', 'MemoryCurrent', 'mosaic-agent@builder']);
  const [memory, tasks] = counted.stdout.startsWith('[not set]') ? ['-', '-'] : ['\\d+M', '\\d+'];
  const [head, , , ...rows] = stdout.split('\n');
  expect(head).toMatch(
    new RegExp(`^2 running, 1 not {3}cpu [0-9.]+% {3}memory ${memory} {3}tasks ${tasks}$`),
  );
  expect(rows[0]).toMatch(
    new RegExp(`^builder +sleeper +\\S+ +[1-9][0-9.]*% +${memory} +${tasks} +[0-9.]+s +\\S+ +\\d+$`),
  );
  expect(rows[1]).toMatch(/^scout +sleeper +\S+ +0\.\d% /);

  const { shown, quit } = onTerminal('--sort', 'name', '--interval', '100ms');
  await until('it is drawn twice', () => drawn(shown.text) > 1);
  expect(await quit()).toBe(0);
  expect(shown.text).toContain('builder');
  // Longer than a timer can be.
  const seldom = onTerminal('--interval', '1000h');
  await until('it is drawn', () => drawn(seldom.shown.text) > 0);
  await expect(until('it is drawn again', () => drawn(seldom.shown.text) > 1, 1000)).rejects.toThrow();
  expect(await seldom.quit()).toBe(0);
});

test('top does not take what it cannot see for what does not run', async () => {
  roster();
  await fleet.expect(0, 'install');
  const top = ['top', '--interval', '1ms'];
  const gone = await fleet.fleetWith({ env: { PATH: fleet.work } }, ...top);
  expect(gone.stdout).toMatch(/^0 running, 3 unknown .*\nUnknown: systemd: .+\nUnknown: tmux: .+\n\n/);
  expect(gone.code).toBe(69);
  fs.writeFileSync(path.join(fleet.state, 'holds.json'), '{');
  expect((await fleet.expect(1, ...top)).stdout).toMatch(/\nUnknown: state: .*holds\.json is damaged/);
});

const drawn = (text: string): number => text.split('\u001b[H').length - 1;

/** A terminal of its own, by script(1): what is typed here is typed there. */
function onTerminal(...words: readonly string[]) {
  const command = [process.execPath, cli, 'top', ...words].join(' ');
  const terminal = spawn('script', ['-qefc', command, '/dev/null'], {
    env: { ...process.env, ...fleet.env, TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const shown = { text: '' };
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => (shown.text += text));
  const ended = new Promise<number | null>((resolve) => terminal.on('close', resolve));
  const quit = (): Promise<number | null> => {
    terminal.stdin.write('q');
    return ended;
  };
  return { shown, quit };
}

test('top says that the roster is broken or gone, and shows the fleet by the one that was applied last', async () => {
  roster();
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  fs.writeFileSync(fleet.roster, 'agents: [');
  const broken = await fleet.expect(78, 'top', '--interval', '100ms');
  expect(broken.stdout).toMatch(/^builder /m);
  expect(broken.stderr).toContain('roster.yaml:1:');
  expect(broken.stderr).toBe((await fleet.expect(78, 'status')).stderr);
  fs.rmSync(fleet.roster);
  const gone = await fleet.expect(78, 'top', '--interval', '100ms');
  expect(gone.stdout).toMatch(/^builder /m);
  expect(gone.stderr).toContain('no such file or directory');
});

test('bash completes commands, agents and choices, and runs nothing that stands on the line', async () => {
  roster();
  const shell = inPath();
  const trap = path.join(fleet.directory, 'ran');
  const ask = async (...words: readonly string[]): Promise<string> => {
    const script =
      'source <(fleet completion bash); COMP_WORDS=(fleet "$@"); COMP_CWORD=$#; _fleet; printf "%s\\n" "${COMPREPLY[@]}"';
    return shell('bash', ['-c', script, 'bash', ...words]);
  };
  expect(await ask('agent', 'att')).toBe('attach');
  expect(await ask('status', '')).toBe('builder\nscout\nspare');
  expect(await ask('wait', '--for', '=', 'id')).toBe('idle');
  expect(await ask('agent', 'send', `$(touch ${trap})`, '`touch ' + trap + '`', '')).toBe('');
  expect(fs.existsSync(trap)).toBe(false);

  // In the middle of an edit the file is not valid: fleet is silent, the shell goes on.
  fs.writeFileSync(fleet.roster, 'agents: [');
  expect(await ask('status', '')).toBe('');
  const unknown = await fleet.expect(64, 'completion', 'csh');
  expect(unknown.stderr).toContain('Allowed choices are bash, zsh, fish');
});

test.skipIf(!isInstalled('zsh'))('zsh completes them, and files where fleet knows of nothing', async () => {
  roster();
  const shell = inPath();
  // What a terminal would show, without one: zsh's own part begins with these two.
  const script =
    'compdef() {}; source <(fleet completion zsh); _describe() { print -l "${(@P)2}" }; _files() { print files }; words=(fleet "$@"); CURRENT=$#words; _fleet';
  const ask = (...words: readonly string[]) => shell('zsh', ['-f', '-c', script, 'zsh', ...words]);
  expect(await ask('agent', 'att')).toBe('attach:attach this terminal; read-only while it is busy');
  expect(await ask('status', '')).toBe('builder:sleeper\nscout:sleeper\nspare:sleeper');
  expect(await ask('validate', '')).toBe('files');
});

test.skipIf(!isInstalled('fish'))('fish completes them, and files where fleet knows of nothing', async () => {
  roster();
  const shell = inPath();
  const ask = (line: string) =>
    shell('fish', ['--no-config', '-c', `fleet completion fish | source; complete -C ${line}`]);
  expect(await ask("'fleet agent att'")).toBe('attach\tattach this terminal; read-only while it is busy');
  expect(await ask("'fleet status '")).toBe('builder\tsleeper\nscout\tsleeper\nspare\tsleeper');
  expect(await ask(`'fleet validate ${fleet.directory}/bi'`)).toBe(`${fleet.directory}/bin/`);
});

/** A shell that finds fleet as an operator's does. */
function inPath() {
  const bin = path.join(fleet.directory, 'bin');
  fs.mkdirSync(bin);
  fs.writeFileSync(path.join(bin, 'fleet'), `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n`, {
    mode: 0o755,
  });
  const env = { ...fleet.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  return async (program: string, words: readonly string[]): Promise<string> => {
    const { stdout, stderr } = await run(program, words, { env });
    expect(stderr).toBe('');
    return stdout.trimEnd();
  };
}
