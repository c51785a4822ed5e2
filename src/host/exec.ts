import { execa } from 'execa';

/** How a program ended. stdout and stderr are text as printed, without a change. */
export type ExecResult =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'signaled'; readonly signal: string; readonly stderr: string }
  | { readonly kind: 'missing'; readonly program: string }
  | { readonly kind: 'timeout'; readonly program: string; readonly timeoutMs: number }
  | { readonly kind: 'failed'; readonly message: string };

export interface ExecOptions {
  /** Milliseconds until the program's whole process group is killed. */
  readonly timeoutMs: number;
  readonly input?: string;
  /** Added to the caller's environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `latin1` keeps one character per byte, for output that counts in bytes. */
  readonly encoding?: 'utf8' | 'latin1';
  /** `ignored` for who wants to know the end alone: without pipes a start costs half (execa 9.6). */
  readonly output?: 'kept' | 'ignored';
}

export type Exec = (program: string, args: readonly string[], options: ExecOptions) => Promise<ExecResult>;

/** Programs whose text fleet parses print it the same everywhere. */
const plain = { LC_ALL: 'C.UTF-8', SYSTEMD_COLORS: '0', SYSTEMD_PAGER: '', SYSTEMD_URLIFY: '0' };

/**
 * Runs a program to its end. Never throws for what the program does.
 *
 * The child leads a process group of its own: a Ctrl-C at the terminal reaches fleet alone, which drains, and a
 * time-out kills the program with everything it started (a grandchild that holds the pipe open would otherwise keep
 * us waiting for ever).
 */
export const exec: Exec = async (
  program,
  args,
  { timeoutMs, input, env, encoding = 'utf8', output = 'kept' },
) => {
  const stream = output === 'kept' ? 'pipe' : 'ignore';
  const child = execa(program, args, {
    reject: false,
    detached: true,
    cleanup: false,
    stripFinalNewline: false,
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    ...{ stdout: stream, stderr: stream, buffer: output === 'kept' },
    env: { ...plain, ...env },
    encoding,
    maxBuffer: 64 * 1024 * 1024,
  });
  const deadline = { passed: false };
  const timer = setTimeout(() => {
    deadline.passed = true;
    killGroup(child.pid);
    // A descendant that left the group may hold the pipes open for as long as it likes.
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, timeoutMs);
  const result = await child;
  clearTimeout(timer);
  if (deadline.passed) return { kind: 'timeout', program, timeoutMs };
  if (result.code === 'ENOENT') return { kind: 'missing', program };
  const { stdout = '', stderr = '' } = result;
  if (result.signal !== undefined) return { kind: 'signaled', signal: result.signal, stderr };
  if (result.exitCode !== undefined) return { kind: 'exited', code: result.exitCode, stdout, stderr };
  return { kind: 'failed', message: result.shortMessage ?? `${program} could not be started` };
};

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
  const child = execa(program, args, {
    ...{ reject: false, detached: true, cleanup: true, buffer: false, stdin: 'ignore', stderr: 'ignore' },
    env: plain,
  });
  void (async () => {
    for await (const line of child.iterable()) onLine(line);
  })().catch(() => undefined);
  void child.then(({ exitCode }) => onEnd(exitCode ?? null));
  return {
    stop: () => {
      killGroup(child.pid);
      // A tmux client hands its stdout to the server (3.3a), and one that hangs would keep the pipe open, and us with it.
      child.stdout.destroy();
    },
  };
}

/** Runs a program on this very terminal, to its end. @returns its exit status; 1 where it has none */
export async function runAttached(program: string, args: readonly string[]): Promise<number> {
  const { exitCode } = await execa(program, args, { reject: false, stdio: 'inherit' });
  return exitCode ?? 1;
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
