import type { Context } from '../context.js';
import { ExitCode } from '../exit-code.js';
import type { Wakes } from '../wakes.js';
import { watchReader } from '../reader.js';

/** Output of an agent wakes nobody: its activity is looked at so often. */
const pauseMs = 2000;
/** A burst of changes is drawn once. */
const calmMs = 100;

export interface Look {
  readonly lines: readonly string[];
  readonly serverSeen: boolean;
}

/**
 * Shows lines again whenever they change, until interrupted. On a terminal they are drawn over the last ones, in one
 * write and without clearing first, so that nothing flickers; elsewhere each state follows the one before.
 */
export async function watchLines(
  context: Context,
  wakes: Wakes,
  look: () => Promise<Look>,
): Promise<ExitCode> {
  const terminal = process.stdout.isTTY;
  context.onInterrupt(() => process.exit(ExitCode.done));
  let shown = '';
  process.stdout.on('resize', () => {
    shown = '';
  });
  const readerGone = watchReader();
  try {
    for (;;) {
      const { lines, serverSeen } = await look();
      if (serverSeen) wakes.serverSeen();
      const text = lines.join('\n');
      if (text !== shown) {
        if (terminal) drawOver(lines);
        else context.print(shown === '' ? text : `\n${text}`);
        shown = text;
      }
      const began = performance.now();
      await wakes.next(pauseMs);
      const rest = calmMs - (performance.now() - began);
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
      if (readerGone()) return ExitCode.done;
    }
  } finally {
    // What is watched would keep a command alive that has said why it cannot go on.
    wakes.close();
  }
}

/** Draws lines over the last ones, in one write. */
export const drawOver = (lines: readonly string[]): void => {
  process.stdout.write(overdrawn(lines, process.stdout.rows));
};

/**
 * Home, each line with the rest of its row erased, then everything below. What has no room is counted and not scrolled, and
 * a long line is cut off (automatic wrapping is off meanwhile): a wrapped one would shift all the others.
 */
function overdrawn(lines: readonly string[], rows: number): string {
  // A terminal that does not know its size says 0.
  const fits = rows === 0 || lines.length < rows;
  const shown = fits
    ? lines
    : [...lines.slice(0, Math.max(1, rows - 2)), `… ${lines.length - rows + 2} more lines`];
  return `\u001b[?7l\u001b[H${shown.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J\u001b[?7h`;
}
