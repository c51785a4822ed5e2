import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from '../context.js';
import { ExitCode } from '../exit-code.js';

const pollMs = 1000;

/**
 * Shows lines again whenever they change, until interrupted. On a terminal they are drawn over the last ones, in one
 * write and without clearing first, so that nothing flickers; elsewhere each state follows the one before.
 */
export async function watchLines(
  context: Context,
  look: () => Promise<readonly string[]>,
): Promise<ExitCode> {
  const terminal = process.stdout.isTTY;
  context.onInterrupt(() => process.exit(ExitCode.done));
  let shown = '';
  for (;;) {
    const lines = await look();
    const text = lines.join('\n');
    if (text !== shown) {
      // Home, each line with the rest of its row erased, then everything below.
      if (terminal)
        process.stdout.write(`\u001b[H${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`);
      else context.print(shown === '' ? text : `\n${text}`);
      shown = text;
    }
    await delay(pollMs);
    if (process.stdout.destroyed) return ExitCode.done;
  }
}
