import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ControllerUnit } from '../support/controller-unit.js';
import { cli, run, until } from '../support/fleet-sandbox.js';
import { TalkFleet } from '../support/talk-fleet.js';

let fleet: TalkFleet;
beforeEach(() => {
  fleet = new TalkFleet();
});
afterEach(() => fleet.dispose());

test('a fleet whose roster lies elsewhere has a controller, and its agents talk to each other', async () => {
  const roster = path.join(fleet.directory, 'elsewhere.yaml');
  const shell = '{ name: a, runtime: other, command: [bash, --norc] }';
  fleet.writeRoster([shell, fleet.demo('b')]);
  fs.renameSync(fleet.roster, roster);
  await fleet.expect(0, '--roster', roster, 'install');
  const controller = new ControllerUnit(fleet);
  await controller.configure();
  await controller.start();
  await until('it has started both', async () => Object.keys(await fleet.pids()).length === 2);
  await until('b shows its composer', async () => /^>( |$)/m.test(await fleet.screen('b')));
  await fleet.type('a', `${process.execPath} ${cli} agent send b --message hello`, 'Enter');
  await until('it is heard', () => fleet.messages('b').length === 1);
  expect(fleet.said('b').at(-1)).toBe(`[${os.hostname()}:a -> ${os.hostname()}:b] hello`);
});

describe('the scripts for shells', () => {
  const bin = (): string => {
    const file = path.join(fleet.directory, 'fleet-here');
    fs.writeFileSync(file, `#!/bin/bash\nexec ${process.execPath} ${cli} "$@"\n`, { mode: 0o755 });
    return file;
  };
  const script = (name: string, ...words: readonly string[]) =>
    run(path.join(fleet.home, 'tools', 'tmux', name), words, {
      env: { ...fleet.env, MOSAIC_FLEET: bin(), MOSAIC_HOME: undefined },
    });

  test('mean the home that they are installed in', async () => {
    await fleet.up(fleet.demo('a'));
    expect(await script('agent-send.sh', '-s', 'a', '-m', 'one')).toMatchObject({ code: 0, stderr: '' });
    expect(await script('send-message.sh', '-t', 'a', '-m', 'two')).toMatchObject({ code: 0, stderr: '' });
    expect(fleet.messages('a')).toEqual(['one', 'two']);
  });

  test.each([
    ['send-message.sh', ['-t', 'a', '-m', 'x', '-r', 'many']],
    ['send-message.sh', ['-t', 'a', '-m', ' ']],
    ['send-message.sh', ['-t', 'a', '-f', '/nowhere/at/all']],
    ['agent-send.sh', ['-s', 'a', '-m', 'x', '-r', 'many']],
    ['agent-send.sh', ['-s', 'a', '-f', '/nowhere/at/all']],
  ])('%s takes wrong words for usage: %j', async (name, words) => {
    await fleet.up(fleet.demo('a'));
    expect(await script(name, ...words)).toMatchObject({ code: 3 });
    expect(fleet.messages('a')).toEqual([]);
  });
});
