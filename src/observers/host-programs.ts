import { describeExec, type Exec } from '../host/exec.js';

export type Version =
  | { readonly found: true; readonly text: string; readonly number: number }
  | { readonly found: false; readonly message: string };

/** `tmux 3.3a` → 3.3; `systemd 252 (…)` → 252. */
export async function programVersion(exec: Exec, program: string, args: readonly string[]): Promise<Version> {
  const result = await exec(program, args, { timeoutMs: 5000 });
  if (result.kind !== 'exited' || result.code !== 0)
    return { found: false, message: describeExec(program, result) };
  const text = result.stdout.split('\n')[0] ?? '';
  const number = Number(/[0-9]+(\.[0-9]+)?/.exec(text)?.[0]);
  return Number.isFinite(number)
    ? { found: true, text, number }
    : { found: false, message: `cannot read a version from "${text}"` };
}
