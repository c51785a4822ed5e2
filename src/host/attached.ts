import { execa } from 'execa';

/**
 * Runs a program on this very terminal, to its end; what ends us ends it, too.
 *
 * @returns its exit status; 1 where it has none
 */
export async function runAttached(program: string, args: readonly string[]): Promise<number> {
  const { exitCode } = await execa(program, args, { reject: false, stdio: 'inherit' });
  return exitCode ?? 1;
}
