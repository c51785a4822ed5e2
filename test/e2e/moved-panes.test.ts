import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { until } from '../support/fleet-sandbox.js';
import type { RunningController } from '../support/running-controller.js';
import type { TalkFleet } from '../support/talk-fleet.js';
import { talking } from '../support/talking.js';

// What a human does in tmux to see two agents beside each other. None of it ends either of them.
let fleet: TalkFleet;
let controller: RunningController;
talking((own) => ({ fleet, controller } = own));

const format = '#{session_name} #{pane_pid} #{@fleet_agent} #{==:#{@fleet_pane},#{pane_id}}';
const panes = async (): Promise<readonly string[]> =>
  (await fleet.tmux('list-panes', '-a', '-F', format)).split('\n').filter((line) => /^[ab]/.test(line));
const home = (pids: readonly [number, number]): readonly string[] => [`a ${pids[0]} a 1`, `b ${pids[1]} b 1`];
const paneOf = async (name: string): Promise<string> =>
  (await fleet.tmux('list-panes', '-t', `=${name}:`, '-F', '#{pane_id}')).trim();
const pid = async (name: string): Promise<number> =>
  Number((await fleet.tmux('list-panes', '-t', `=${name}:`, '-F', '#{pane_pid}')).trim());

async function two(): Promise<readonly [number, number]> {
  await fleet.up(fleet.demo('a'), fleet.demo('b'));
  return [await pid('a'), await pid('b')];
}

const atHome = (pids: readonly [number, number]): Promise<true> =>
  until('each is in its own session', async () => (await panes()).join() === home(pids).join());

describe('a pane that a human', () => {
  test('moves into another session is brought back: nobody ends, and both are what they were', async () => {
    const pids = await two();
    for (const commands of [
      'join-pane -s =a: -t =b:',
      'join-pane -s =b: -t =a: ; resize-pane -Z -t =a:',
      'swap-pane -s =a: -t =b:',
      'split-window -t =a: sleep 999 ; split-window -t =b: sleep 999 ; swap-pane -s =a:.0 -t =b:.0 ; kill-pane -t =a:.1 ; kill-pane -t =b:.1',
      'move-window -s =a: -t =b:',
      'split-window -t =a: sleep 999 ; join-pane -s =a:.0 -t =b: ; kill-pane -t =a:',
      'link-window -s =a: -t =b: ; kill-session -t =a',
      'new-session -d -t =a -s mine ; kill-session -t =a',
    ]) {
      await fleet.tmux(...commands.split(' '));
      await until(`home after ${commands}`, async () => (await panes()).join() === home(pids).join());
    }
    expect((await fleet.expect(0, 'plan')).stdout).toContain('No changes.');
    await fleet.expect(0, 'verify');
    for (const name of ['a', 'b']) {
      const { receipt } = await fleet.send(name, '--message', `to ${name}`);
      expect(receipt.status).toBe('delivered');
      expect(fleet.messages(name)).toEqual([`to ${name}`]);
    }
    // Ends are seen as before.
    process.kill(pids[0], 'SIGKILL');
    const record = path.join(fleet.state, 'exits', 'a');
    await until('its end is on record', () => fs.existsSync(record));
    expect(fs.readFileSync(record, 'utf8')).toMatch(/^v1 reason=signaled status=- signal=9 /);
    await until('nothing of it is left', async () => (await panes()).join() === home(pids)[1]);
  });

  test('swaps with one of his own is swapped back: his lives on in his session', async () => {
    const pids = await two();
    await fleet.tmux('new-session', '-d', '-s', 'mine', 'sleep', '999');
    const [his, hers] = [await pid('mine'), await paneOf('mine')];
    for (const name of ['a', 'b']) {
      await fleet.tmux('swap-pane', '-s', `=${name}:`, '-t', '=mine:');
      await atHome(pids);
      await until('his is back', async () => (await paneOf('mine')) === hers);
    }
    await fleet.tmux('swap-pane', '-s', '=a:', '-t', '=b:');
    await atHome(pids);
    await fleet.expect(0, 'stop', 'a');
    expect(await pid('mine')).toBe(his);
  });

  test('moves to another window of its own session is seen to end there', async () => {
    const pids = await two();
    await fleet.tmux(
      'split-window',
      '-t',
      '=a:',
      'sleep',
      '999',
      ';',
      'break-pane',
      '-d',
      '-s',
      '=a:.0',
      '-t',
      '=a:',
    );
    // (Long enough for its unit to have looked, and to wait again.)
    expect((await fleet.expect(0, 'plan')).stdout).toContain('No changes.');
    process.kill(pids[0], 'SIGKILL');
    await until('its end is on record', () => fs.existsSync(path.join(fleet.state, 'exits', 'a')));
  });

  test('moves where somebody has taken its session’s name: it has another', async () => {
    const pids = await two();
    await fleet.tmux(
      'rename-session',
      '-t',
      '=a:',
      'mine',
      ';',
      'new-session',
      '-d',
      '-s',
      'a',
      'sleep',
      '1000',
      ';',
      'join-pane',
      '-s',
      '=mine:',
      '-t',
      '=b:',
    );
    const moved = new RegExp(`^a-\\d+ ${pids[0]} a 1$`, 'm');
    await until('it has a session', async () => moved.test((await panes()).join('\n')));
    const { receipt } = await fleet.send('a', '--message', 'hello');
    expect(receipt.status).toBe('delivered');
    expect(await pid('b')).toBe(pids[1]);
  });

  test('moves after its conversation was begun anew keeps the context it has', async () => {
    const kick = path.join(path.dirname(fleet.roster), 'kick.md');
    fs.writeFileSync(kick, 'one');
    const slot = ', kickstart_template: kick.md, reset_between_tasks: true';
    await fleet.up(fleet.demo('a', [], slot), fleet.demo('b'));
    fs.writeFileSync(kick, 'two');
    await fleet.expect(0, 'apply');
    const pids = [await pid('a'), await pid('b')] as const;
    await fleet.tmux('join-pane', '-s', '=a:', '-t', '=b:');
    await atHome(pids);
    expect((await fleet.expect(0, 'plan')).stdout).toContain('No changes.');
    expect(fleet.said('a')).toEqual(['fresh', 'one', 'fresh', 'two']);
  });

  test('moves costs nothing with a controller, and what is stopped afterwards leaves nothing', async () => {
    const pids = await two();
    await controller.start();
    await fleet.tmux('join-pane', '-s', '=a:', '-t', '=b:');
    await atHome(pids);
    await fleet.tmux('swap-pane', '-s', '=a:', '-t', '=b:');
    await atHome(pids);
    await fleet.expect(0, 'stop', 'a');
    await until('nothing of it is left', async () => (await panes()).join() === home(pids)[1]);
    expect(controller.events('action_complete')).toEqual([]);
  });

  test('swaps is not ended by the stop of the other one, which could not yet take its own back', async () => {
    const pids = await two();
    const mains = ['a', 'b'].map((name) => main(name));
    for (const one of mains) process.kill(one, 'SIGSTOP');
    const pane = await paneOf('b');
    await fleet.tmux('swap-pane', '-s', '=a:', '-t', '=b:');
    // (Stopped, so that it is the end of the unit that clears up.)
    await fleet.expect(0, 'stop', 'a');
    expect((await fleet.tmux('list-panes', '-a', '-F', '#{pane_id} #{pane_dead}')).split('\n')).toContain(
      `${pane} 0`,
    );
    process.kill(mains[1] ?? 0, 'SIGCONT');
    await until('it is in its own session', async () => (await panes()).join() === home(pids)[1]);
    expect(await pid('b')).toBe(pids[1]);
  });

  test('moves, and dies there while nobody can clear up, keeps neither from its next start', async () => {
    await two();
    const [mains, server] = [['a', 'b'].map((name) => main(name)), await fleet.serverPid()];
    for (const one of mains) process.kill(one, 'SIGSTOP');
    await fleet.tmux('join-pane', '-s', '=b:', '-t', '=a:');
    // A server that hangs: what ends the units leaves both panes, in the session of one of them.
    process.kill(server, 'SIGSTOP');
    for (const one of mains) process.kill(one, 'SIGKILL');
    try {
      await until('both have ended', () => ['a', 'b'].every((name) => activeState(name) === 'inactive'));
    } finally {
      process.kill(server, 'SIGCONT');
    }
    const living = '#{&&:#{!=:#{@fleet_own},},#{!=:#{pane_dead},1}}';
    await until('neither lives', async () => (await fleet.tmux('list-panes', '-a', '-f', living)) === '');
    await fleet.expect(0, 'apply');
    expect(await panes()).toEqual(home([await pid('a'), await pid('b')]));
  });
});

const property = (name: string, of: string): string =>
  execFileSync('systemctl', ['--user', 'show', '-p', of, '--value', `mosaic-agent@${name}.service`], {
    encoding: 'utf8',
  }).trim();

/** The main process of an agent's unit. */
const main = (name: string): number => Number(property(name, 'MainPID'));
const activeState = (name: string): string => property(name, 'ActiveState');
