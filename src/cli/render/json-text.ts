import { escaped } from '../../roster/visible.js';

/**
 * JSON that a terminal and a log can be given: names, titles and last words may hold what JSON leaves as it is (the C1 controls,
 * which 8-bit terminals act upon, and marks that reorder text). A reader gets the same values.
 *
 * @param indent columns; one line without it
 */
export const jsonText = (value: unknown, indent?: number): string =>
  escaped(JSON.stringify(value, null, indent));
