import { beforeEach, expect, test } from 'vitest';
import { SystemdReports } from '../../src/cli/run/systemd-reports.js';
import type { Exec } from '../../src/host/exec.js';
import { Notifier } from '../../src/host/notify.js';

let told: string[] = [];
let now = 0;
let status = 'all well';
let reports: SystemdReports;

beforeEach(() => {
  told = [];
  now = 0;
  status = 'all well';
  const exec: Exec = (_, args) => {
    told.push(args.join(' ').replace(/ MONOTONIC_USEC=[0-9]+/, ''));
    return Promise.resolve({ kind: 'exited', code: 0, stdout: '', stderr: '' });
  };
  const notifier = new Notifier(exec, { NOTIFY_SOCKET: '/run/notify' });
  reports = new SystemdReports(
    notifier,
    () => status,
    10_000,
    () => now,
  );
});

/** What was told since the last time. */
async function news(): Promise<readonly string[]> {
  await new Promise((resolve) => setImmediate(resolve));
  return told.splice(0);
}

function pass(looked = true, during: () => void = () => undefined): void {
  reports.began();
  during();
  reports.passed(looked);
}

test('ready after the first pass with a look; then the watchdog is fed by such passes, and not too often', async () => {
  pass(false);
  expect(await news()).toEqual([]);
  pass();
  expect(await news()).toEqual(['--ready --status=all well WATCHDOG=1']);
  now += 9000;
  pass();
  expect(await news()).toEqual([]);
  now += 11_000;
  pass(false);
  expect(await news()).toEqual([]);
  pass();
  expect(await news()).toEqual(['WATCHDOG=1']);
});

test('a status that has changed is told sooner than that all is as it was', async () => {
  pass();
  await news();
  now += 10_000;
  pass();
  expect(await news()).toEqual([]);
  status = 'one gated';
  pass();
  expect(await news()).toEqual(['WATCHDOG=1 --status=one gated']);
});

test('a pass that takes up another roster is a reload, ended by its own end', async () => {
  pass();
  await news();
  pass(true, () => reports.rosterChanged());
  expect(await news()).toEqual(['RELOADING=1', '--ready --status=all well WATCHDOG=1']);
});

test('a reload that was asked for ends with a pass that began after it', async () => {
  pass();
  await news();
  pass(true, () => reports.reloadAsked());
  expect(await news()).toEqual(['RELOADING=1']);
  pass();
  expect(await news()).toEqual(['--ready --status=all well WATCHDOG=1']);
});

test('before it is ready it does not reload', async () => {
  pass(true, () => reports.reloadAsked());
  expect(await news()).toEqual(['--ready --status=all well WATCHDOG=1']);
});

test('whoever asked for a reload is answered after the READY of a pass that began after it', async () => {
  const answered: string[] = [];
  pass(true, () => reports.reloadAsked(() => answered.push('early')));
  await news();
  expect(answered).toEqual([]);
  pass(false);
  await news();
  expect(answered).toEqual([]);
  pass();
  expect(await news()).toEqual(['--ready --status=all well WATCHDOG=1']);
  expect(answered).toEqual(['early']);
  pass(true, () => reports.rosterChanged());
  expect(answered).toEqual(['early']);
});
