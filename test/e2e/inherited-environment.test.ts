import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { countingPath, run, until } from '../support/fleet-sandbox.js';
import { TalkingDemos } from '../support/talking-demos.js';

const systemctl = (...words: readonly string[]) => run('systemctl', ['--user', ...words]);

/** Their home is what their unit hands them on: no roster and no env file of theirs names it. */
class Inheriting extends TalkingDemos {
  override demo(name: string, more = '', words: readonly string[] = []): string {
    return super.demo(name, more, words).replace(/env: \{.*?\}, /, '');
  }

  get environment(): string {
    return path.join(this.home, 'fleet', 'environment');
  }
}

let fleet: Inheriting;
beforeEach(() => {
  fleet = new Inheriting();
});
afterEach(async () => {
  await systemctl('unset-environment', 'DEMO_AGENT_DIR');
  await fleet.dispose();
});

const ways: Readonly<Record<string, () => unknown>> = {
  'lines of the operator in fleet/environment': () =>
    fs.appendFileSync(fleet.environment, `DEMO_AGENT_DIR=${fleet.conversations}\n`),
  'the user manager': () => systemctl('set-environment', `DEMO_AGENT_DIR=${fleet.conversations}`),
};

describe.each(Object.keys(ways))('a home that comes from %s', (way) => {
  beforeEach(async () => {
    fleet.writeRoster([fleet.demo('a')], fleet.settings());
    await fleet.expect(0, 'install');
    await ways[way]?.();
    await fleet.expect(0, 'apply');
  });

  test('an edit, a restart and a death cost no conversation', async () => {
    await fleet.say('a', 'apples');
    const id = fleet.id('a');
    expect(fleet.said(id)).toEqual(['apples']);

    fleet.writeRoster([fleet.demo('a', '', ['--say', 'hi'])], fleet.settings());
    expect((await fleet.expect(0, 'plan')).stdout).toContain('keeps the conversation');
    let pid = (await fleet.pids())['a'];
    expect((await fleet.expect(0, 'apply')).stdout).toContain('keeps the conversation');
    pid = await fleet.again('a', pid);

    await fleet.expect(0, 'restart', 'a');
    pid = await fleet.again('a', pid);
    process.kill(pid, 'SIGKILL');
    await until('its unit has failed', async () =>
      (await systemctl('is-failed', 'mosaic-agent@a.service')).stdout.startsWith('failed'),
    );
    expect((await fleet.expect(0, 'apply')).stdout).toContain('continues its conversation');
    await fleet.again('a', pid);
    await fleet.say('a', 'bears');
    expect([fleet.id('a'), fleet.said(id)]).toEqual([id, ['apples', 'bears']]);
  });

  test('what a human alone has said is neither replaced when it died, nor lost to its id', async () => {
    await until('its composer', async () => /^>( |$)/m.test(await fleet.screen('a')));
    await fleet.tmux('send-keys', '-t', '=a:', 'apples', 'Enter');
    await until('its answer', () => fleet.all().includes('agent: you said: apples'));
    const id = await fleet.mark('a');
    await fleet.expect(0, 'stop');
    expect((await fleet.expect(0, 'start')).stdout).toContain('continues its conversation');
    expect(await fleet.mark('a')).toBe(id);

    // One that is on no record is found there as well.
    const other = randomUUID();
    const file = (of: string): string => path.join(fleet.conversations, 'conversations', `${of}.jsonl`);
    fs.copyFileSync(file(id), file(other));
    await fleet.expect(0, 'agent', 'resume', 'a', other);
    expect(await fleet.mark('a')).toBe(other);
  });

  test('who was cut off in the middle of a turn is told to go on', async () => {
    const eager = fleet.demo('a', ', on_interrupted: continue', ['--think', '60']);
    fleet.writeRoster([eager], fleet.settings());
    await fleet.expect(0, 'apply', '--now');
    const sent = await fleet.expect(0, 'agent', 'send', 'a', '--no-preamble', '--message', 'apples');
    expect(sent.stderr).toBe('');
    await fleet.expect(0, 'restart', 'a');
    await until('the word', () => fleet.said(fleet.id('a')).some((text) => text.includes('Go on')));
  });

  test('nothing more is asked for where nothing is to be started', async () => {
    await fleet.say('a', 'apples');
    const counting = countingPath(fs.mkdtempSync(path.join(process.env['TMPDIR'] ?? '/tmp', 'count-')));
    for (const command of ['plan', 'apply'])
      expect((await fleet.fleetWith({ env: { PATH: counting.path } }, command)).stdout).toContain(
        'No changes',
      );
    expect(counting.calls()).toHaveLength(4);
  });
});

test('a home that the next start would leave is told before', async () => {
  await fleet.up(fleet.demo('a', ', env: { DEMO_AGENT_DIR: ' + fleet.conversations + ' }'));
  await fleet.say('a', 'apples');
  fs.appendFileSync(fleet.environment, 'DEMO_AGENT_DIR=/nowhere\n');
  fleet.writeRoster([fleet.demo('a')], fleet.settings());
  expect((await fleet.expect(0, 'plan')).stdout).toContain('LOSES the conversation');
});

test('of who is stopped or suspended nothing more is asked, although nobody has spoken to him', async () => {
  const counting = countingPath(fs.mkdtempSync(path.join(fleet.directory, 'count-')));
  const calls = async (command: string): Promise<number> => {
    const before = counting.calls().length;
    await fleet.fleetWith({ env: { PATH: counting.path } }, command);
    return counting.calls().length - before;
  };
  await fleet.up(fleet.demo('a'), fleet.demo('b'));
  await fleet.expect(0, 'stop', 'a');
  expect([await calls('plan'), await calls('apply')]).toEqual([2, 2]);
  fleet.writeRoster([fleet.demo('a'), fleet.demo('b', ', suspend: true')], fleet.settings());
  // The stopped one is gated.
  await fleet.expect(6, 'apply', '--now');
  expect([await calls('plan'), await calls('apply')]).toEqual([2, 2]);
});

test('who had no TMUX_TMPDIR at install has its server where it then looks, whatever the user manager has', async () => {
  const its = await systemctl('show-environment');
  expect(its.stdout).toMatch(/^TMUX_TMPDIR=\S/m);
  fleet.writeRoster([fleet.demo('a')], fleet.settings());
  expect((await fleet.fleetWith({ env: { TMUX_TMPDIR: '' } }, 'install')).code).toBe(0);
  const told = path.join(fleet.directory, 'told');
  // Instead of a server, which would be that of the host's directory.
  const tells = `/bin/sh -c 'printenv TMUX_TMPDIR >> "${told}"'`;
  for (const unit of ['mosaic-tmux-holder', 'mosaic-agent@', 'mosaic-fleet']) {
    const directory = path.join(fleet.units, `${unit}.service.d`);
    fs.mkdirSync(directory);
    fs.writeFileSync(
      path.join(directory, 'tells.conf'),
      `[Service]\nType=oneshot\nRestart=no\nExecStart=\nExecStartPost=\nExecStop=\nExecStopPost=\nExecStart=${tells}\n`,
    );
  }
  await systemctl('daemon-reload');
  for (const unit of ['mosaic-tmux-holder', 'mosaic-agent@a', 'mosaic-fleet'])
    expect(await systemctl('start', `${unit}.service`)).toMatchObject({ code: 0 });
  expect(fs.readFileSync(told, 'utf8')).toMatch(/^\n{3,}$/);
});

test('the controller keeps its state where it was installed for, whatever the user manager has', async () => {
  fleet.writeRoster([fleet.demo('a')], fleet.settings());
  await fleet.expect(0, 'install');
  const elsewhere = ['XDG_STATE_HOME', 'XDG_CONFIG_HOME'].map(
    (name) => `${name}=${fleet.directory}/elsewhere`,
  );
  await systemctl('set-environment', ...elsewhere);
  try {
    expect(await systemctl('start', 'mosaic-fleet.service')).toMatchObject({ code: 0 });
    await until('a runs', async () => (await fleet.pids())['a'] !== undefined);
    expect((await fleet.expect(0, 'status')).stdout).toMatch(/controller \d+/);
  } finally {
    await systemctl('unset-environment', 'XDG_STATE_HOME', 'XDG_CONFIG_HOME');
  }
});
