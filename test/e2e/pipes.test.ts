import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../support/fleet-sandbox.js';
import { TalkFleet } from '../support/talk-fleet.js';

let fleet: TalkFleet;
beforeEach(() => {
  fleet = new TalkFleet();
});
afterEach(() => fleet.dispose());

const commands: readonly (readonly string[])[] = [
  ['apply'],
  ['explain', 'a'],
  ['hold', 'b', '--for', '1s'],
  ['agent', 'send', 'b', '--later', '-m', 'x'],
];

test('a pipe in the place of any file of fleet’s is not waited for, and costs no agent', async () => {
  await fleet.up(fleet.demo('a'), '{ name: b, runtime: sleeper, command: [sleep, infinity] }');
  await fleet.expect(0, 'agent', 'send', 'a', '--no-preamble', '-m', 'one');
  await fleet.expect(0, 'hold', 'b', '--for', '1h');
  await fleet.fleet('agent', 'send', 'b', '--later', '-m', 'left');
  const before = await fleet.pids();
  const files = [path.join(fleet.home, 'fleet'), fleet.state]
    .flatMap((directory) =>
      fs
        .readdirSync(directory, { recursive: true, encoding: 'utf8' })
        .map((name) => path.join(directory, name)),
    )
    .filter((file) => fs.statSync(file).isFile() && !file.includes('/locks/'));
  const names = files.map((file) => path.basename(file));
  expect(names).toEqual(expect.arrayContaining(['roster.yaml', 'a.env', 'a.json', 'events.jsonl', 'mail']));
  for (const file of files) {
    // An earlier command may have replaced it, or used it up.
    if (!fs.existsSync(file)) continue;
    fs.renameSync(file, `${file}.away`);
    expect(spawnSync('mkfifo', ['-m', '600', file]).status).toBe(0);
    for (const command of commands) {
      const ended = fleet.fleet(...command);
      let outcome: Awaited<typeof ended> | null = null;
      void ended.then((result) => (outcome = result));
      await until(
        `fleet ${command.join(' ')} ends with a pipe at ${path.basename(file)}`,
        () => outcome !== null,
      );
      const { stderr } = await ended;
      expect(stderr).not.toContain('    at ');
    }
    fs.rmSync(file, { force: true });
    fs.renameSync(`${file}.away`, file);
  }
  expect(await fleet.pids()).toEqual(before);
}, 120_000);
