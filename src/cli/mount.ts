import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { fileProblem, isSystemError } from '../host/atomic-file.js';
import { errorCode } from '../host/error-code.js';
import { letGoOfLostTerminals } from '../host/terminal.js';
import { parseDuration } from '../roster/duration.js';
import { createContext, type Context, type GlobalOptions } from './context.js';
import { CommandFailure, ExitCode } from './exit-code.js';
import { requireOwnState } from './own-state.js';

export const command = (fleet: Command, name: string, summary: string): Command =>
  fleet.command(name).description(summary);

type Outcome = ExitCode | Promise<ExitCode>;

/** Options of a subcommand, with those of its parents. */
const optionsOf = <Options>(self: Command): Options & GlobalOptions =>
  self.optsWithGlobals<Options & GlobalOptions>();

export const run =
  <Options>(work: (context: Context, options: Options & GlobalOptions) => Outcome) =>
  (_: unknown, self: Command): Promise<void> =>
    finish(self, (context) => work(context, optionsOf<Options>(self)));

export const run1 =
  <Options>(work: (context: Context, argument: string, options: Options & GlobalOptions) => Outcome) =>
  (argument: string, _: unknown, self: Command): Promise<void> =>
    finish(self, (context) => work(context, argument, optionsOf<Options>(self)));

export const run2 =
  <Options>(
    work: (context: Context, first: string, second: string, options: Options & GlobalOptions) => Outcome,
  ) =>
  (first: string, second: string, _: unknown, self: Command): Promise<void> =>
    finish(self, (context) => work(context, first, second, optionsOf<Options>(self)));

export const runNamed =
  <Options>(
    work: (context: Context, argument: string | undefined, options: Options & GlobalOptions) => Outcome,
  ) =>
  (argument: string | undefined, _: unknown, self: Command): Promise<void> =>
    finish(self, (context) => work(context, argument, optionsOf<Options>(self)));

export const runMany =
  <Options>(
    work: (context: Context, names: readonly string[], options: Options & GlobalOptions) => Outcome,
  ) =>
  (names: readonly string[], _: unknown, self: Command): Promise<void> =>
    finish(self, (context) => work(context, names, optionsOf<Options>(self)));

/** Agents by name, each of them once however often it is named. */
export const runAgents = <Options>(
  work: (context: Context, names: readonly string[], options: Options & GlobalOptions) => Outcome,
): ReturnType<typeof runMany<Options>> =>
  runMany<Options>((context, names, options) => work(context, [...new Set(names)], options));

/** The one place where an expected failure becomes a message and an exit code. */
async function finish(self: Command, work: (context: Context) => Outcome): Promise<void> {
  // Under another program, too.
  letGoOfLostTerminals();
  try {
    const context = createContext(optionsOf<object>(self));
    requireOwnState(self.name(), context.paths);
    process.exitCode = await work(context);
  } catch (error) {
    if (error instanceof CommandFailure) process.exitCode = error.code;
    // The launcher's word for a chunk of the program that is gone: an upgrade has replaced it under this command.
    else if (error instanceof Error && errorCode(error) === 'FLEET_PART') process.exitCode = ExitCode.error;
    // A disk that fails where nothing can be done without it.
    else if (isSystemError(error)) {
      process.exitCode = ExitCode.error;
      const file = error.path === undefined ? '' : `${error.path}: `;
      // Of a relative path, where the shell stands in a directory that was removed.
      const gone = error.syscall === 'uv_cwd';
      const problem = gone ? 'the current directory was removed: change to another' : fileProblem(error);
      process.stderr.write(`fleet: ${file}${problem}\n`);
      return;
    } else throw error;
    process.stderr.write(`${error.message}\n`);
  }
}

export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms <= 0) throw new InvalidArgumentError('Expected a duration such as 30s or 2h.');
  return ms;
}

/** Whoever reads when a hold ends must be able to: years of more than four digits are no date to most programs. */
const longestHoldHours = 87_600;

/** How long a hold, or a release, lasts. */
export function holdDuration(text: string): number {
  const ms = duration(text);
  if (ms > longestHoldHours * 3_600_000)
    throw new InvalidArgumentError(`At most ${longestHoldHours}h (ten years); without --for it is for good.`);
  return ms;
}

export function lines(text: string): number {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) throw new InvalidArgumentError('Expected a number from 1 to 99999.');
  return Number(text);
}

/** `--wait` may be followed by a plan file instead of a duration. */
export const durationOr =
  (fallback: number) =>
  (text: string): number =>
    text === '' ? fallback : duration(text);
