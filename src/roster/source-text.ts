/** A text with its lines, for turning offsets into positions. Lines end in `\n`; a `\r` before it is not shown. */
export class SourceText {
  readonly text: string;
  private starts: readonly number[] | null = null;

  constructor(text: string) {
    this.text = text;
  }

  /** 1-based line and column (UTF-16 code units) of an offset. */
  position(offset: number): { readonly line: number; readonly column: number } {
    const starts = this.lineStarts();
    const wanted = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= wanted) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: wanted - (starts[low] ?? 0) + 1 };
  }

  /** The line's text without its end, or null where the text has no such line. */
  line(number: number): string | null {
    const start = this.lineStarts()[number - 1];
    if (start === undefined) return null;
    const end = this.text.indexOf('\n', start);
    const line = this.text.slice(start, end === -1 ? undefined : end);
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }

  private lineStarts(): readonly number[] {
    if (this.starts !== null) return this.starts;
    const starts = [0];
    for (let at = this.text.indexOf('\n'); at !== -1; at = this.text.indexOf('\n', at + 1))
      starts.push(at + 1);
    this.starts = starts;
    return starts;
  }
}
