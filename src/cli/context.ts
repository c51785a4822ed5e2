import { appendEvents } from '../actuators/event-log.js';
import { errorCode } from '../host/error-code.js';
import type { Exec } from '../host/exec.js';
import { resolvePaths, type Environment, type Paths } from '../host/paths.js';
import { watchTerminal } from '../host/terminal.js';
import type { EventRecord } from './event-record.js';
import type { HostLook } from './host-look.js';
import { ExitCode, CommandFailure } from './exit-code.js';
import { colourWanted, styleFor, type Style } from './render/style.js';

/** Options every command takes. */
export interface GlobalOptions {
  readonly mosaicHome?: string;
  readonly roster?: string;
  /** commander's name for `--no-color`. */
  readonly color?: boolean;
}

/** What a command works with. Everything of the outside world comes in here. */
export interface Context {
  readonly paths: Paths;
  readonly env: Environment;
  readonly exec: Exec;
  /** Looks at units and sessions, for who paces his looks; absent: programs are asked whenever somebody wants to know. */
  readonly look?: (socketName: string) => Promise<HostLook>;
  /** Whether `--roster` was given. */
  readonly rosterGiven: boolean;
  readonly style: Style;
  /** Data: one line each. */
  readonly print: (line: string) => void;
  /** Messages: one line each. */
  readonly say: (line: string) => void;
  /** What is being done right now: one line each, only where somebody watches. */
  readonly progress: (line: string) => void;
  /** Adds to the event log. Where that fails nothing else stops: the log is memory for people. */
  readonly record: (events: readonly EventRecord[]) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Whether the operator asked to stop (first Ctrl-C), or is gone (SIGHUP). */
  readonly interrupted: () => boolean;
  /** Returns a function that takes the listener away again. */
  readonly onInterrupt: (listener: () => void) => () => void;
  /** Takes a SIGHUP for the wish that everything be looked at anew, but where the terminal is gone. */
  readonly onReload: (listener: () => void) => void;
}

let programs: { readonly exec: Exec } | null = null;

/** The library that starts programs is loaded with the first of them; every later one is started before this returns. */
const exec: Exec = async (...words) => (programs ??= await import('../host/exec.js')).exec(...words);

export function createContext(options: GlobalOptions, env: Environment = process.env): Context {
  const interrupts = new Set<() => void>();
  let interrupted = false;
  let listening = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    // The first asks to stop after the step under way, the second is not argued with.
    if (interrupted) process.exit(ExitCode.interrupted);
    interrupted = true;
    // First, for who has no step to finish: a command that only looks or waits ends here.
    for (const listener of interrupts) listener();
    // A SIGTERM without a terminal is systemd's: nobody there has a Ctrl-C, and the journal holds JSON.
    if (signal === 'SIGINT' || (signal === 'SIGTERM' && process.stderr.isTTY))
      process.stderr.write('\nfleet: finishing the step under way; press Ctrl-C again to quit at once\n');
  };
  // A terminal that is closed sends more than one of them: the shell its own, the kernel the other.
  const onHangup = (): void => {
    if (!interrupted) onSignal('SIGHUP');
  };
  const paths = pathsFor(options, env);
  return {
    paths,
    env,
    exec,
    rosterGiven: options.roster !== undefined,
    style: styleFor(colourWanted(options.color !== false, process.stdout.isTTY, env)),
    print: (line) => process.stdout.write(`${line}\n`),
    say: (line) => process.stderr.write(`${line}\n`),
    progress: (line) => process.stderr.isTTY && process.stderr.write(`${line}\n`),
    record: (events) => void appendEvents(paths.state, events),
    now: () => Date.now(),
    interrupted: () => interrupted,
    onInterrupt: (listener) => {
      if (!listening) {
        listening = true;
        process.on('SIGINT', onSignal);
        process.on('SIGTERM', onSignal);
        // A connection that breaks must not leave half a restart behind. A reload is listened for first.
        if (process.listenerCount('SIGHUP') === 0) process.on('SIGHUP', onHangup);
      }
      interrupts.add(listener);
      return () => interrupts.delete(listener);
    },
    onReload: (listener) => {
      const terminalGone = watchTerminal();
      process.on('SIGHUP', () => (terminalGone() ? onHangup() : listener()));
    },
  };
}

function pathsFor(options: GlobalOptions, env: Environment): Paths {
  const paths = resolved(options, env);
  if (/[\n\r\0]/.test(paths.home)) {
    throw new CommandFailure(
      ExitCode.usage,
      'the Mosaic home must not hold a line break: systemd cannot name it',
    );
  }
  return paths;
}

function resolved(options: GlobalOptions, env: Environment): Paths {
  try {
    return resolvePaths(options, env);
  } catch (error) {
    // Node's word for a user who is in no list of users.
    if (errorCode(error) !== 'ERR_SYSTEM_ERROR') throw error;
    throw new CommandFailure(ExitCode.usage, 'no home directory is known for this user\nSet HOME');
  }
}
