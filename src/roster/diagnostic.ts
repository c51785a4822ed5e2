import { visible } from './visible.js';
import type { Diagnostic } from './types.js';

/**
 * A diagnostic as plain text: `file:line:column: message (did you mean "x"?)`, then its code frame. Nothing that came
 * from a file reaches the terminal raw.
 */
export const formatDiagnostic = (diagnostic: Diagnostic): string => {
  const { file, line, column, message, suggestion, frame } = diagnostic;
  const question = suggestion === null ? '' : ` (did you mean "${visible(suggestion)}"?)`;
  const head = `${visible(file)}:${line}:${column}: ${visible(message)}${question}`;
  return [head, ...(frame === '' ? [] : frame.split('\n').map(visible))].join('\n');
};

const FRAME_LINE = /^[ >] +[0-9]* \|/;

/** Diagnostics as text without their code frames: what is kept, or sent on, needs place and message. */
export const withoutFrames = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !FRAME_LINE.test(line))
    .join('\n')
    .replaceAll(/\n{2,}/g, '\n');
