import * as fs from 'node:fs';
import { eventually, type Outcome } from '../support/user-manager.js';
import type { CommandFault } from './command-faults.js';
import type { CommandFleet } from './command-fleet.js';
import {
  changed,
  controllerFindings,
  crashText,
  heldLocks,
  incomplete,
  inodes,
  lostTexts,
  said,
  tornFiles,
  unfinished,
  unread,
  untold,
} from './command-judge.js';
import { inOrder, type Command } from './commands.js';
import type { Place } from './fault.js';
import { differences, type FileTree } from './file-tree.js';

/** How a command goes where nothing goes wrong. */
export interface Reference {
  /** The host's files while everything is in order. */
  readonly order: FileTree;
  readonly before: FileTree;
  readonly after: FileTree;
  /** Every place it passes. */
  readonly places: readonly Place[];
}

export interface CommandJudgement {
  readonly findings: readonly string[];
  /** Where it went wrong; null: the command ended before that place. */
  readonly place: Place | null;
  readonly faulted: Outcome;
}

const never = { at: Number.MAX_SAFE_INTEGER, among: '', kind: 'die' } as const;
/** Goes through a command once, undisturbed. */
export async function refer(fleet: CommandFleet, command: Command, order: FileTree): Promise<Reference> {
  await command.prepare(fleet, 0);
  const before = fleet.files(command.runs);
  const outcome = await fleet.faulted(never, ...command.words(fleet));
  if (outcome.code !== 0) throw new Error(`${command.name}, undisturbed: ${said(outcome)}`);
  const reference = { order, before, after: fleet.files(command.runs), places: fleet.passed() };
  await fleet.controllerAtRest();
  await tidy(fleet, command, order);
  return reference;
}

/** Something goes wrong at a place of a command; then the operator says the same once more, and once again. */
export async function liveCommand(
  fleet: CommandFleet,
  command: Command,
  { kind, at }: { readonly kind: CommandFault; readonly at: number },
  { order, before, after }: Reference,
  turn: number,
): Promise<CommandJudgement> {
  const findings: string[] = [];
  const wrong = (when: string, lines: readonly string[]): unknown =>
    findings.push(...lines.map((line) => `${when}: ${line}`));
  const words = command.words(fleet);
  await command.prepare(fleet, turn);
  const edited = fs.existsSync(fleet.roster) ? fs.readFileSync(fleet.roster, 'utf8') : null;
  const allowed =
    edited === null ? before : new Map(before).set(fleet.roster, entryOf(before, fleet, edited));
  const pids = await fleet.pids();
  const controller = await fleet.controllerPid();

  const faulted = await fleet.faulted({ ...kind.fault, at, among: kind.among }, ...words);
  const place = fleet.passed().find(({ number }) => number === at) ?? null;
  await eventually('what it started has ended', () => fleet.children().length === 0, 30_000).catch(() =>
    wrong(
      'after it',
      fleet.children().map(({ pid, argv }) => `process ${pid} is left: ${argv.join(' ')}`),
    ),
  );
  wrong('after it', [
    ...crashText(faulted),
    ...tornFiles(fleet, command, allowed, after),
    ...(faulted.code === 0 ? incomplete(fleet, command, after, faulted) : []),
    ...untold(faulted, kind),
    ...heldLocks(fleet),
    ...(command.runs ? lostTexts(fleet, command, edited) : []),
    ...changed(pids, await fleet.pids()),
  ]);

  const second = await fleet.fleet(...words);
  wrong('after the second', [
    ...(second.code === 0 || toldDone(command, second) ? [] : [said(second)]),
    ...crashText(second),
    ...differences(fleet.files(command.runs), after),
    ...unfinished(fleet).map((file) => `half a file is left: ${file}`),
    ...heldLocks(fleet),
    ...(command.runs ? lostTexts(fleet, command, edited) : []),
    ...changed(pids, await fleet.pids()),
    ...(await unread(command)),
  ]);
  const now = await fleet.controllerAtRest();
  wrong('after the second', controllerFindings(fleet, command, controller, now));

  const stood = inodes(fleet.files(command.runs));
  const third = await fleet.fleet(...words);
  if (third.code !== 0 && !toldDone(command, third)) wrong('after the third', [said(third)]);
  if (inodes(fleet.files(command.runs)) !== stood) wrong('after the third', ['it wrote again']);
  if ((await fleet.controllerAtRest()) !== now) wrong('after the third', ['it restarted the controller']);
  await tidy(fleet, command, order);
  return { findings, place, faulted };
}

/** Makes the host ready for the next history. */
async function tidy(fleet: CommandFleet, command: Command, order: FileTree): Promise<void> {
  await inOrder(fleet, command.runs, order);
  const left = differences(fleet.files(command.runs), order);
  if (left.length > 0) throw new Error(`the host is not in order again: ${left.join(', ')}`);
}

const entryOf = (tree: FileTree, fleet: CommandFleet, text: string): string => {
  const mode = /^[0-7]+/.exec(tree.get(fleet.roster) ?? '644')?.[0] ?? '644';
  return `${mode}\n--\n${text}`;
};

/** What was begun is told by a command that says so: `init` does not replace what it has written. */
const toldDone = ({ name }: Command, { code, stderr }: Outcome): boolean =>
  name === 'init' && code === 1 && stderr.includes('exists and was not touched');
