/** Where the files that may hold an agent's conversation ended at some moment; sizes in bytes. */
export interface TranscriptPosition {
  readonly files: readonly { readonly path: string; readonly size: number }[];
  /** How often the text of whom the position is of may follow on behalf of others: of those who had said the same. Absent: not once. */
  readonly ahead?: number;
  /** The same of those who had said that and more. */
  readonly within?: number;
}

/**
 * What a runtime's own transcript says of a text since a position.
 *
 * - `arrived`: exactly this text was said in the agent's own conversation
 * - `queued`: the runtime has written down that it holds it
 * - `absent`: it was not, and the transcript would say so
 * - `awaited`: it was not yet, and once it is taken it is to be seen there; that it is not proves nothing
 * - `unknown`: it cannot be told
 */
export type Arrival = 'arrived' | 'queued' | 'absent' | 'awaited' | 'unknown';

export const nowhere: TranscriptPosition = { files: [] };
