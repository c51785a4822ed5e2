import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Readable } from 'node:stream';
import { errorCode } from './error-code.js';

/** How a program ended. stdout and stderr are text as printed, without a change. */
export type ExecResult =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'signaled'; readonly signal: string; readonly stderr: string }
  | { readonly kind: 'missing'; readonly program: string }
  | { readonly kind: 'timeout'; readonly program: string; readonly timeoutMs: number }
  /** `unstarted`: it has not run at all (no process or file descriptor left, for example). */
  | { readonly kind: 'failed'; readonly message: string; readonly unstarted?: true };

export interface ExecOptions {
  /** Milliseconds until the program's whole process group is killed. */
  readonly timeoutMs: number;
  readonly input?: string;
  /** Added to the caller's environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `latin1` keeps one character per byte, for output that counts in bytes. */
  readonly encoding?: 'utf8' | 'latin1';
  /** `ignored` for who wants to know the end alone: without pipes a start costs half. */
  readonly output?: 'kept' | 'ignored';
}

export type Exec = (program: string, args: readonly string[], options: ExecOptions) => Promise<ExecResult>;

/**
 * Programs whose text fleet parses print it the same everywhere, and take options behind other words (systemctl with POSIXLY_CORRECT
 * takes `--all` behind its verb for the name of a unit).
 */
const plain = {
  ...{ LC_ALL: 'C.UTF-8', SYSTEMD_COLORS: '0', SYSTEMD_PAGER: '', SYSTEMD_URLIFY: '0' },
  POSIXLY_CORRECT: undefined,
};

/**
 * Runs a program to its end. Never throws for what the program does.
 *
 * The child leads a process group of its own: a Ctrl-C at the terminal reaches fleet alone, which drains, and a
 * time-out kills the program with everything it started (a grandchild that holds the pipe open would otherwise keep
 * us waiting for ever). What waits for a file system that does not answer (NFS, FUSE) cannot be killed: it is not waited for.
 */
export const exec: Exec = (program, args, { timeoutMs, input, env, encoding = 'utf8', output = 'kept' }) =>
  new Promise((resolve) => {
    const stream = output === 'kept' ? 'pipe' : 'ignore';
    const environment: NodeJS.ProcessEnv = { ...process.env, ...plain, ...env };
    const child = spawned(program, args, {
      stdio: [input === undefined ? 'ignore' : 'pipe', stream, stream],
      env: environment,
    });
    if (child instanceof Error) {
      resolve({ kind: 'failed', message: unstarted(program, child), unstarted: true });
      return;
    }
    const stop = (): void => {
      killGroup(child.pid);
      // A descendant that left the group may hold the pipes open for as long as it likes.
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
    };
    const cut = { late: false, long: false };
    const tooLong = (): void => {
      cut.long = true;
      stop();
    };
    const stdout = textOf(child.stdout, encoding, tooLong);
    const stderr = textOf(child.stderr, encoding, tooLong);
    const timedOut = { kind: 'timeout', program, timeoutMs } as const;
    const expire = (): void => {
      cut.late = true;
      stop();
      timer = setTimeout(() => {
        // Neither does it keep this process from its end.
        child.unref();
        resolve(timedOut);
      }, diesWithinMs);
    };
    const due = performance.now() + timeoutMs;
    let timer = setTimeout(() => {
      // A timer that is so late: we did not run ourselves (Ctrl-Z), and have not yet read what was said meanwhile.
      if (performance.now() - due > readsWithinMs) timer = setTimeout(expire, readsWithinMs);
      else expire();
    }, timeoutMs);
    const end = (result: ExecResult): void => {
      clearTimeout(timer);
      resolve(cut.late ? timedOut : result);
    };
    child.on('error', (error) => {
      if (isMissing(program, error, environment['PATH'])) end({ kind: 'missing', program });
      else end({ kind: 'failed', message: unstarted(program, error), unstarted: true });
    });
    child.on('close', (code, signal) => {
      if (cut.long) end({ kind: 'failed', message: `${program} printed more than ${maxBytes >> 20} MB` });
      else if (signal !== null) end({ kind: 'signaled', signal, stderr: stderr() });
      else end({ kind: 'exited', code: code ?? 1, stdout: stdout(), stderr: stderr() });
    });
    // A program need not read what it is given.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });

/** So long a process that was stopped takes to read what it was sent. */
const readsWithinMs = 1000;

/** So long after its time is up a program may take to be dead. */
const diesWithinMs = 3000;

/** More than this no program that fleet asks has to say. */
const maxBytes = 64 * 1024 * 1024;

/** @returns what gives the text once the stream has ended; '' where there is none */
function textOf(stream: Readable | null, encoding: 'utf8' | 'latin1', tooLong: () => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream?.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) tooLong();
  });
  // Destroyed by us, or by a kernel that has lost it: what it said until then counts.
  stream?.on('error', () => undefined);
  return () => (bytes === 0 ? '' : Buffer.concat(chunks, bytes).toString(encoding));
}

/** A program at the head of a process group of its own. @returns why it could not be started, where that is known at once */
function spawned(program: string, args: readonly string[], options: SpawnOptions): ChildProcess | Error {
  try {
    return spawn(program, args, { ...options, detached: true });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** execvp(3) says EACCES, too, where a directory of PATH may not be searched and no other one has the program. */
function isMissing(program: string, error: Error, searchPath = ''): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || (code === 'EACCES' && !program.includes('/') && !isIn(searchPath, program));
}

const isIn = (searchPath: string, program: string): boolean =>
  searchPath.split(':').some((entry) => isFile(path.join(entry, program)));

function isFile(file: string): boolean {
  try {
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

const unstarted = (program: string, error: Error): string =>
  `${program} could not be started: ${error.message}`;

/** A program that runs on by itself. */
export interface RunningProgram {
  /** Ends it with its whole process group. */
  stop(): void;
}

/**
 * Starts a program that is waited for by somebody else than us.
 *
 * @param onLine called with each line it prints
 * @param onEnd called once when it has ended, however
 */
export function start(
  program: string,
  args: readonly string[],
  onLine: (line: string) => void,
  onEnd: (code: number | null) => void,
): RunningProgram {
  const child = spawned(program, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, ...plain },
  });
  let ended = false;
  const end = (code: number | null): void => {
    if (!ended) onEnd(code);
    ended = true;
  };
  if (child instanceof Error) {
    // Never before this function has returned.
    setImmediate(end, null);
    return { stop: () => undefined };
  }
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  child.stdout?.on('error', () => undefined);
  child.on('error', () => end(null));
  child.on('close', (code) => end(code));
  return {
    stop: () => {
      killGroup(child.pid);
      // A tmux client hands its stdout to the server (3.3a), and one that hangs would keep the pipe open, and us with it.
      child.stdout?.destroy();
    },
  };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended between the timer and here.
  }
}

/** One line for an operator: why a program gave no answer. `exited` is its own words. */
export function describeExec(program: string, result: ExecResult): string {
  switch (result.kind) {
    case 'exited':
      return firstLine(result.stderr) || `${program} exited with ${result.code}`;
    case 'signaled':
      return `${program} was killed by ${result.signal}`;
    case 'missing':
      return `${program} is not installed or not in PATH`;
    case 'timeout':
      return `${program} did not answer within ${result.timeoutMs / 1000}s`;
    case 'failed':
      return result.message;
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] ?? '';
}
