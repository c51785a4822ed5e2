import * as fs from 'node:fs';
import * as path from 'node:path';
import { startedAtOf } from '../../src/host/process.js';
import { show, systemctl, type Outcome } from '../support/user-manager.js';
import type { CommandFault } from './command-faults.js';
import { isUnfinished, type CommandFleet } from './command-fleet.js';
import type { Command } from './commands.js';
import { differences, torn, type FileTree } from './file-tree.js';
import { controllerUnit, holderUnit, type SoakFleet } from './soak-fleet.js';

/** What a command said last. */
export const said = ({ code, stdout, stderr }: Outcome): string =>
  `exit ${code}: ${`${stdout}${stderr}`.trim().split('\n').slice(-3).join(' | ')}`;

/** A failure is told in words; a stack is a bug. */
export const crashText = ({ stderr, stdout }: Outcome): readonly string[] =>
  /^ {4}at /m.test(stderr + stdout)
    ? [`it crashed: ${stderr.trim().split('\n').slice(0, 3).join(' | ')}`]
    : [];

/** Who failed and was not killed says so. */
export const untold = ({ code, stderr }: Outcome, { fault }: CommandFault): readonly string[] =>
  code !== 0 && !fault.kind.startsWith('die') && stderr.trim() === '' ? [`exit ${code} without a word`] : [];

/** Files that are neither as before nor as after. The manifest may name more than there is, and never less. */
export function tornFiles(
  fleet: CommandFleet,
  { name, runs }: Command,
  before: FileTree,
  after: FileTree,
): readonly string[] {
  const now = fleet.files(runs);
  if (!name.includes('install') || !now.has(fleet.manifest)) return torn(now, before, after);
  const named = new Set(namedIn(fleet.manifest));
  const unnamed = [...now.keys()].filter((file) => isInstalled(fleet, file) && !named.has(file));
  const others = (tree: FileTree): FileTree => new Map([...tree].filter(([file]) => file !== fleet.manifest));
  return [
    ...unnamed.map((file) => `${file} is in no manifest`),
    ...torn(others(now), others(before), others(after)),
  ];
}

const isInstalled = (fleet: CommandFleet, file: string): boolean =>
  file.startsWith(fleet.tools) ||
  (file.startsWith(`${fleet.units}/mosaic-`) && !file.includes('.service.d/'));

function namedIn(manifest: string): readonly string[] {
  try {
    return (JSON.parse(fs.readFileSync(manifest, 'utf8')) as { files: readonly string[] }).files;
  } catch {
    return [];
  }
}

export const incomplete = (
  fleet: CommandFleet,
  { runs }: Command,
  after: FileTree,
  outcome: Outcome,
): readonly string[] =>
  differences(fleet.files(runs), after).map(
    (line) => `it said that all was done (${said(outcome)}): ${line}`,
  );

/** Locks of processes that live, but for the controller's own. */
export function heldLocks({ state }: SoakFleet): readonly string[] {
  const all = path.join(state, 'locks');
  return (fs.existsSync(all) ? fs.readdirSync(all) : []).flatMap((lock) => heldLock(path.join(all, lock)));
}

function heldLock(directory: string): readonly string[] {
  const claims = fs.readdirSync(directory).filter((name) => /^[0-9]+$/.test(name));
  const top = claims.toSorted((a, b) => Number(a) - Number(b)).at(-1);
  const text = top === undefined ? '' : fs.readFileSync(path.join(directory, top), 'utf8');
  if (text === '') return [];
  const { pid, purpose } = JSON.parse(text) as { pid: number; purpose: string };
  const lives = startedAtOf(pid) !== null && purpose !== 'fleet run';
  return lives ? [`lock ${path.basename(directory)} is held by ${purpose}, pid ${pid}`] : [];
}

/** What an operator wrote and the file no longer says is kept, once. */
export function lostTexts(fleet: CommandFleet, { name }: Command, edited: string | null): readonly string[] {
  if (name === 'install' || edited === null) return [];
  const kept = fs.readdirSync(fleet.revisions).filter((file) => file.endsWith('.yaml'));
  const findings = kept.flatMap((file) => {
    const facts = path.join(fleet.revisions, file.replace(/yaml$/, 'json'));
    try {
      JSON.parse(fs.readFileSync(facts, 'utf8'));
      return [];
    } catch (error) {
      return [`${file} is kept without its facts: ${String(error)}`];
    }
  });
  const same = kept.filter((file) => fs.readFileSync(path.join(fleet.revisions, file), 'utf8') === edited);
  if (same.length > 1) findings.push(`the same is kept ${same.length} times: ${same.join(', ')}`);
  if (same.length === 0 && fs.readFileSync(fleet.roster, 'utf8') !== edited)
    findings.push('what the roster said is lost');
  const facts = same.map((file) =>
    fs.readFileSync(path.join(fleet.revisions, file.replace(/yaml$/, 'json')), 'utf8'),
  );
  const overwritten = fs.readFileSync(fleet.template, 'utf8') === fleet.templateText;
  if (name === 'rollback' && overwritten && !facts.some((text) => text.includes('You were {name}.')))
    findings.push('what the template said is lost');
  return findings;
}

export const changed = (
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
): readonly string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .filter((name) => before[name] !== now[name])
    .map((name) => `${name} was ${before[name] ?? 'not there'} and is ${now[name] ?? 'not there'}`);

/** Where systemd has not read what stands there. */
export async function unread({ name }: Command): Promise<readonly string[]> {
  const findings: string[] = [];
  for (const unit of [controllerUnit, holderUnit, 'mosaic-agent@a.service']) {
    const { NeedDaemonReload, LoadState } = await show(unit, 'NeedDaemonReload', 'LoadState');
    const wanted = name === 'uninstall' ? 'not-found' : 'loaded';
    if (NeedDaemonReload === 'yes') findings.push(`systemd has not read ${unit}`);
    if (LoadState !== wanted) findings.push(`${unit} is ${LoadState}`);
  }
  const failed = await systemctl('list-units', '--failed', '--plain', '--no-legend', 'mosaic-*');
  if (failed.stdout !== '') findings.push(`failed: ${failed.stdout.trim()}`);
  return findings;
}

export const unfinished = (fleet: CommandFleet): readonly string[] =>
  [fleet.home, fleet.state, fleet.units].flatMap((directory) =>
    fs.existsSync(directory)
      ? fs.readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(isUnfinished)
      : [],
  );

/** It is another one only where it had to become what is installed, and then it has. */
export function controllerFindings(
  fleet: CommandFleet,
  { name, runs }: Command,
  before: number,
  now: number,
): readonly string[] {
  if (!runs) return now === 0 ? [] : [`a controller runs: ${now}`];
  if (now === 0) return ['no controller runs'];
  if (name !== 'install') return now === before ? [] : [`the controller was ${before} and is ${now}`];
  const newest = Math.max(...namedIn(fleet.manifest).map((file) => fs.statSync(file).ctimeMs));
  return (startedAtOf(now) ?? 0) + 50 < newest ? ['the controller is older than what is installed'] : [];
}

/** Which files they are: one that is written anew is another. */
export const inodes = (tree: FileTree): string =>
  [...tree.keys()]
    .map((file) => `${file} ${fs.lstatSync(file).ino} ${fs.lstatSync(file).mtimeMs}`)
    .toSorted()
    .join('\n');
