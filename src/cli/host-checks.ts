import * as fs from 'node:fs';
import { ownName } from '../host/owner.js';
import { cgroupSupport } from '../observers/cgroups.js';
import { programVersion, type Version } from '../observers/host-programs.js';
import { lingers } from '../observers/linger.js';
import { showManagerCgroup } from '../observers/systemd.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';
import type { Check } from './render/check-text.js';

/** Older ones lack formats that one observation depends on. */
const oldestTmux = 3.2;
const oldestSystemd = 247;
/** That of the units, whatever PATH says. Older ones lack variables that their scripts read. */
const unitsBash = '/bin/bash';
const oldestBash = 5;
/** `paste-buffer` into a dead pane crashes the whole server before this version. */
const pasteFixedIn = 3.4;

/** @returns `tmux`: which one the commands run */
export async function programChecks({
  exec,
}: Context): Promise<{ readonly checks: readonly Check[]; readonly tmux: Version }> {
  const [tmux, systemd, bash] = await Promise.all([
    programVersion(exec, 'tmux', ['-V']),
    programVersion(exec, 'systemctl', ['--version']),
    programVersion(exec, unitsBash, ['--version']),
  ]);
  const crashes = ' (crashes on a paste into a dead pane; fleet guards against it)';
  const checks = [
    versionCheck('tmux', tmux, oldestTmux, tmux.found && tmux.number < pasteFixedIn ? crashes : ''),
    versionCheck('systemd', systemd, oldestSystemd),
    versionCheck('bash', bash, oldestBash),
  ];
  return { checks, tmux };
}

function versionCheck(subject: string, version: Version, oldest: number, remark = ''): Check {
  if (!version.found) {
    const { message } = version;
    return { result: 'failed', subject, message, ...installHint(subject, message) };
  }
  const { text, number } = version;
  return number < oldest
    ? { result: 'failed', subject, message: `${text} is too old; ${oldest} is needed` }
    : { result: 'ok', subject, message: `${text}${remark}` };
}

/** One that is there and does not answer is not mended by installing it. */
const installHint = (name: string, message: string): { readonly hint?: string } =>
  message.includes('not installed') ? { hint: `apt-get install ${name}` } : {};

/** @param message why the user manager did not answer; null: it did */
export function busCheck({ env }: Context, message: string | null): Check {
  if (message === null) return { result: 'ok', subject: 'user systemd', message: 'answers' };
  const directory = `/run/user/${process.geteuid?.() ?? ''}`;
  const lives = fs.existsSync(`${directory}/systemd/private`);
  return {
    ...{ result: 'failed', subject: 'user systemd', message },
    // cron, su, sudo: it is there, and only this command does not know where.
    ...(lives && env['XDG_RUNTIME_DIR'] !== directory ? { hint: `export XDG_RUNTIME_DIR=${directory}` } : {}),
    ...(lives
      ? {}
      : { hint: `none runs: log in as ${ownName()}, or sudo loginctl enable-linger ${ownName()}` }),
  };
}

export function lingerCheck(): Check {
  return lingers()
    ? { result: 'ok', subject: 'linger', message: 'on: agents outlive your logout' }
    : {
        result: 'warning',
        subject: 'linger',
        message: 'off: systemd ends every agent about 10 s after your last logout',
        hint: 'loginctl enable-linger',
      };
}

/** Without its controller a limit in the roster limits nothing, and systemd says not a word. */
export async function cgroupChecks({ exec }: Context, roster: Roster | null): Promise<readonly Check[]> {
  const manager = await showManagerCgroup(exec);
  if (manager === null) {
    return [
      { result: 'warning', subject: 'cgroups', message: 'cannot tell: your user manager does not answer' },
    ];
  }
  const support = cgroupSupport(manager, process.getuid?.() === 0);
  const wants = (key: 'memoryMax' | 'tasksMax' | 'cpuQuota'): boolean =>
    roster?.agents.some(({ resources }) => resources[key] !== null) ?? false;
  const missing = [
    ...(support.memory ? [] : [{ name: 'memory', wanted: wants('memoryMax') }]),
    ...(support.pids ? [] : [{ name: 'pids', wanted: wants('tasksMax') }]),
    ...(support.cpu ? [] : [{ name: 'cpu', wanted: wants('cpuQuota') }]),
  ];
  if (missing.length === 0) {
    return [
      { result: 'ok', subject: 'cgroups', message: `${support.layout}; memory, pids and cpu limits work` },
    ];
  }
  const names = missing.map(({ name }) => name).join(', ');
  const ignored = missing.some(({ wanted }) => wanted);
  return [
    {
      result: ignored ? 'failed' : 'warning',
      subject: 'cgroups',
      message: `${support.layout}; no ${names} controller for your user manager${ignored ? ': limits in the roster have no effect' : ''}`,
      hint: `${support.layout === 'unified' ? '' : 'boot with systemd.unified_cgroup_hierarchy=1, or '}delegate the controllers to user@.service`,
    },
  ];
}
