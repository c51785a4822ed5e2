/**
 * Free text in a row that tmux prints is preceded by its length in bytes (`#{n:…}`): a session's name, a title or a mark that a stranger
 * has set may hold spaces, line breaks and whatever would look like a row of ours.
 */
export const sized = (variable: string): string => `#{n:${variable}}:#{${variable}}`;

/**
 * Reads it. tmux 3.4 (Ubuntu 24.04) puts a backslash before each `$` that a shell would take for a variable's, and does not count it:
 * a row that does not fit as it stands is read once more without those.
 *
 * @param text one character per byte (latin1)
 * @param from behind the colon
 * @returns null where the text ends before
 */
export function readSized(
  text: string,
  from: number,
  bytes: number,
  escaped: boolean,
): { readonly value: string; readonly end: number } | null {
  let end = from + bytes;
  let value = text.slice(from, end);
  if (escaped) {
    value = '';
    for (end = from; value.length < bytes && end < text.length; end += 1) {
      if (text[end] === '\\' && /^\$[A-Za-z_{]/.test(text.slice(end + 1, end + 3))) end += 1;
      value += text[end] ?? '';
    }
  }
  return value.length < bytes ? null : { value: Buffer.from(value, 'latin1').toString('utf8'), end };
}
