import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { processFacts } from '../../src/observers/process-facts.js';
import { FleetSandbox, run, until } from '../support/fleet-sandbox.js';

// As opencode does: a conversation must have been imported before a process can be in it. What it holds cannot be told here, for
// this is no database.
const program = `#!/bin/sh
store=$XDG_DATA_HOME/opencode/opencode.db
if [ "$1" = import ]; then
  mkdir -p "\${store%/*}"
  echo begun >>"$store.log"
  while [ -e "$store.hold" ]; do sleep 0.02; done
  cat "$2" >>"$store" && echo done >>"$store.log"
  exit
fi
if ! [ "$1" = --session ] || ! grep -q -s "\\"id\\":\\"$2\\"" "$store"; then echo "Session not found: $2"; exit 1; fi
echo "in $2 $3"
# Mapped, as opencode maps what it has opened of its database: the next one may start.
mapped=$XDG_DATA_HOME/sleep.db-shm
[ -e "$mapped" ] || { cp "$(command -v sleep)" "$mapped.$$" && mv "$mapped.$$" "$mapped"; }
exec "$mapped" 12345
`;

let fleet: FleetSandbox;
beforeEach(async () => {
  fleet = new FleetSandbox();
  fs.writeFileSync(path.join(fleet.directory, 'opencode'), program, { mode: 0o755 });
  write('one');
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
});
afterEach(() => fleet.dispose());

const write = (word: string): void =>
  fleet.writeRoster(
    ['a', 'b'].map((name) =>
      JSON.stringify({
        ...{ name, runtime: 'opencode', env: { XDG_DATA_HOME: path.join(fleet.directory, 'data') } },
        command: [path.join(fleet.directory, 'opencode'), '{conversation}', word],
      }),
    ),
  );
const id = async (name: string): Promise<string> => {
  const { stdout } = await fleet.expect(0, 'agent', 'conversations', name, '--json');
  return (JSON.parse(stdout) as { current: { id: string } }).current.id;
};
/** Ids that were imported, one for each time. */
const imported = (): readonly string[] =>
  fs
    .readFileSync(path.join(fleet.directory, 'data/opencode/opencode.db'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { info: { id: string } }).info.id);
const shows = (name: string, text: string): Promise<unknown> =>
  until(`${name} shows ${text}`, async () =>
    (await fleet.tmux('capture-pane', '-p', '-t', `=${name}:`)).includes(text),
  );
const unit = (name: string): string => `mosaic-agent@${name}.service`;

test('a conversation is made once, whoever starts the agent, and again for the next one', async () => {
  const ids = [await id('a'), await id('b')];
  for (const [index, name] of ['a', 'b'].entries()) await shows(name, `in ${ids[index]} one`);
  expect(imported().toSorted()).toEqual(ids.toSorted());
  await run('systemctl', ['--user', 'restart', unit('b'), unit('a')]);
  for (const [index, name] of ['a', 'b'].entries()) await shows(name, `in ${ids[index]} one`);
  write('two');
  expect((await fleet.expect(0, 'apply', '--now')).stdout).toContain('keeps the conversation');
  for (const [index, name] of ['a', 'b'].entries()) await shows(name, `in ${ids[index]} two`);
  expect(imported()).toHaveLength(2);
  await fleet.expect(0, 'restart', 'a', '--fresh');
  const next = await id('a');
  await shows('a', `in ${next} two`);
  expect(imported()).toEqual([...imported().slice(0, 2), next]);
  expect(ids).not.toContain(next);
});

test('two agents of a home are prepared one after the other', async () => {
  await shows('a', 'in');
  await shows('b', 'in');
  const store = path.join(fleet.directory, 'data/opencode/opencode.db');
  fs.writeFileSync(`${store}.log`, '');
  fs.writeFileSync(`${store}.hold`, '');
  await fleet.expect(0, 'restart', 'a', 'b', '--fresh');
  // One is at it, and the other one waits.
  await until('one to wait', async () => {
    const { a = 0, b = 0 } = await fleet.pids();
    const words = [a, b].map((pid) => processFacts(pid).commands.flat().join(' '));
    return words.some((one) => one.includes('flock')) && words.some((one) => one.includes('import'));
  });
  const log = (): readonly string[] => fs.readFileSync(`${store}.log`, 'utf8').trim().split('\n');
  expect(log()).toEqual(['begun']);
  fs.rmSync(`${store}.hold`);
  for (const name of ['a', 'b']) await shows(name, `in ${await id(name)} one`);
  expect(log()).toEqual(['begun', 'done', 'begun', 'done']);
});

test('where it is lost and nothing was said, the next start makes one; where something was, nothing starts', async () => {
  await shows('a', 'in');
  await shows('b', 'in');
  await fleet.expect(0, 'stop');
  const said = await id('b');
  // As when a message was proven delivered.
  const accepted = path.join(fleet.state, 'conversations', 'b.accepted');
  fs.writeFileSync(accepted, `{\n "holds": ${JSON.stringify(said)}\n}\n`);
  fs.rmSync(path.join(fleet.directory, 'data'), { recursive: true });
  const { stdout, stderr } = await fleet.fleet('start');
  expect(stdout + stderr).toContain(`conversation ${said} was spoken to, and its file is gone`);
  await shows('a', `in ${await id('a')} one`);
  expect(imported()).toEqual([await id('a')]);
  expect((await run('systemctl', ['--user', 'is-active', unit('b')])).stdout.trim()).toBe('inactive');
  // Started by hand, without fleet, it is not begun anew either.
  await run('systemctl', ['--user', 'start', unit('b')]);
  await until('it has ended', async () => {
    const { stdout: state } = await run('systemctl', ['--user', 'is-active', unit('b')]);
    return state.trim() === 'failed';
  });
  expect(fs.readFileSync(path.join(fleet.state, 'exits', 'b'), 'utf8')).toContain(
    `Session not found: ${said}`,
  );
  expect(imported()).toEqual([await id('a')]);
});
