import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FleetSandbox, sleeper, until, type Run } from '../support/fleet-sandbox.js';

/** The fleet, its commands and its units on a tmux that behaves as the newest. */
class OnLaterTmux extends FleetSandbox {
  readonly #bin = path.join(this.directory, 'bin');

  constructor() {
    super();
    fs.mkdirSync(this.#bin);
    const program = path.join(import.meta.dirname, '..', 'support', 'later-tmux');
    fs.copyFileSync(program, path.join(this.#bin, 'tmux'));
  }

  override get env(): Readonly<Record<string, string>> {
    return { ...super.env, PATH: `${this.#bin}:${process.env['PATH'] ?? ''}` };
  }
}

let fleet: OnLaterTmux;
beforeEach(() => {
  fleet = new OnLaterTmux();
});
afterEach(() => fleet.dispose());

const up = async (...agents: readonly string[]): Promise<Run> => {
  fleet.writeRoster(agents);
  await fleet.expect(0, 'install');
  return fleet.fleet('apply', '--wait', '10s');
};

describe('where tmux does not tell the pid of a dead pane', () => {
  test("a human's dead pane hides no agent, which are started, told and stopped beside it", async () => {
    expect((await up(sleeper('a'))).code).toBe(0);
    await fleet.tmux(
      'new-session',
      '-d',
      '-s',
      'human',
      'exit 3',
      ';',
      'set-option',
      '-p',
      'remain-on-exit',
      'on',
    );
    await until(
      'its death',
      async () => (await fleet.tmux('list-panes', '-t', '=human:', '-F', '#{pane_dead}')) === '1',
    );
    const before = await fleet.pids();
    expect((await fleet.expect(0, 'plan')).stdout).toContain('No changes.');
    fleet.writeRoster([sleeper('a'), sleeper('b')]);
    await fleet.expect(0, 'apply');
    expect(await fleet.pids()).toMatchObject(before);
    await fleet.expect(0, 'stop', 'b');
    expect(await fleet.pids()).toEqual(before);
    expect(await fleet.tmux('list-sessions', '-F', '#{session_name}')).toContain('human');
  });

  test('an agent that ends is told as what it was, with its last lines, and leaves no session', async () => {
    const { code, stdout, stderr } = await up(
      '{ name: a, runtime: sleeper, command: [sh, -c, "echo no licence; sleep 0.1; exit 3"] }',
    );
    expect(code, stdout + stderr).toBe(4);
    expect(stdout + stderr).toContain('| exited with status 3');
    expect(stdout + stderr).toContain('| no licence');
    expect(await fleet.tmux('list-sessions', '-F', '#{session_name}')).toBe('_holder');
  });
});

test('what tmux itself writes below the last line of an agent (3.2) is none of its last lines', async () => {
  const words =
    'echo no licence; echo "Pane is dead (status 3, Mon Nov 30 13:19:46 2026)"; sleep 0.1; exit 3';
  const { stdout, stderr } = await up(
    `{ name: a, runtime: sleeper, command: [sh, -c, ${JSON.stringify(words)}] }`,
  );
  expect(stdout + stderr).toContain('| no licence\n');
  expect(stdout + stderr).not.toContain('Pane is dead');
});
