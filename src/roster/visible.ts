/**
 * Text from a file is printed on a terminal only in visible form: an escape sequence in a roster must not move the
 * cursor, retitle the window or hide a line. Every replacement is one column wide, so that carets still point right.
 */

// C0, DEL and C1 controls, line separators, and the marks that reorder text on the screen (bidi overrides, isolates),
// zero-width and byte-order marks, and halves of surrogate pairs, which a terminal cannot be given at all.
const UNPRINTABLE =
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const picture = (character: string): string => {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
};

/** The text with everything a terminal would act on replaced by a visible, one column wide stand-in. */
export const visible = (text: string): string => text.replace(UNPRINTABLE, picture);

/** Text in which they stand as JSON escapes; line breaks stay. */
export const escaped = (text: string): string =>
  text.replace(UNPRINTABLE, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Characters the kernel, systemd or a terminal cannot carry unharmed. Newline and tab count only if not allowed. */
export const hasControlCharacter = (text: string, allowed: 'none' | 'newline-and-tab'): boolean => {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x20 && code !== 0x7f && !(code >= 0x80 && code <= 0x9f)) continue;
    if (allowed === 'newline-and-tab' && (code === 0x09 || code === 0x0a)) continue;
    return true;
  }
  return false;
};

const QUOTED_LENGTH = 60;

/** A value as it is shown inside a message: in double quotes, visible, cut to 60 characters. */
export const quoted = (value: unknown): string => {
  if (typeof value !== 'string') return visible(String(value));
  const cut = value.length > QUOTED_LENGTH ? `${value.slice(0, QUOTED_LENGTH)}…` : value;
  return `"${visible(cut)}"`;
};
