/** Exit codes of every command. Public interface: see docs/operating.md. */
export const ExitCode = {
  done: 0,
  error: 1,
  changes: 2,
  stalePlan: 3,
  actionFailed: 4,
  timeout: 5,
  gated: 6,
  usage: 64,
  unavailable: 69,
  invalidRoster: 78,
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** An expected failure on its way to the operator: what happened, and what to do next. */
export class CommandFailure extends Error {
  readonly code: ExitCode;

  constructor(code: ExitCode, message: string) {
    super(message);
    this.code = code;
  }
}
