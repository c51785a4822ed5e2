import { fieldShape } from './shapes.js';

/** Stands for a value of `env`, which is never shown. */
export const CONCEALED = '•••';

/** An `env` that opens a map, in a comment or in what a broken quote has swallowed. */
const ENV_KEY = /(^|[\s,{#"'-])["']?env["']?\s*:/;
/** How a line begins: indentation, and the marks of lists and flow collections. */
const LEAD = /^[\s\-[\]{},]*/;
/** A word that may be a key, with its colon where it has one. */
const FIRST = /^(["']?)([A-Za-z_][\w.-]{0,99})\1(?=$|\s|:|,)(\s*:(?=$|[\s"'[{]))?/;
/** Everything that looks like a key, wherever it stands. (The look behind keeps it from being tried at each letter of a long word.) */
const KEYS = /(?<![\w.-])([\w.-]+)["']?\s*:(?=$|[\s"'[{])/g;

/** Whether a text may hold a part of an `env`. */
export const looksLikeEnv = (text: string): boolean => ENV_KEY.test(text);

/** Where the lines of an `env` may reach to. */
interface Region {
  /** What stands further to the right than this belongs to it; -1: there is none. */
  readonly column: number;
  /** A flow collection has been opened, and not closed. */
  readonly open: boolean;
  /** Where its first line begins, and so its keys; null: there was none yet. */
  readonly keys: number | null;
}

const OUTSIDE: Region = { column: -1, open: false, keys: null };

/**
 * Lines as they may be shown, judged by how each looks.
 *
 * @param what `everything`: nothing is hidden yet, and only a line of known fields outside of any `env` is shown;
 *   `comments`: values are hidden already, comments are not
 */
export const conceal = (lines: readonly string[], what: 'everything' | 'comments'): readonly string[] => {
  let env = OUTSIDE;
  let commented = OUTSIDE;
  let isBehindBlank = false;
  return lines.map((line) => {
    if (/^\s*#/.test(line)) {
      // A variable that was taken out, wherever its mark was put; or a remark on one, that was put onto a line of its own.
      const belongs =
        env.open || indentOf(line, /^[\s#]*/) > env.column || /[:=]/.test(line) || !isBehindBlank;
      const before = commented;
      commented = after(commented, line, /^[\s#]*/);
      if (env.column >= 0 && belongs) return behind(line, line.indexOf('#') + 1);
      return comment(line, before);
    }
    commented = OUTSIDE;
    isBehindBlank = line.trim() === '';
    const before = env;
    env = after(env, line, /^\s*/);
    const isInside = env.column >= 0 || before.open;
    if (what === 'everything') {
      if (!isInside && isHarmless(line)) return line;
      const indent = indentOf(line, /^\s*/);
      // Further to the right is a value that goes on.
      return isInside && indent > (env.keys ?? indent) ? behind(line, indent) : keyOnly(line);
    }
    const remark = line.search(/\s#/);
    if (remark < 0 || !(isInside || line.includes(CONCEALED) || looksLikeEnv(line.slice(remark))))
      return line;
    return behind(line, remark + 2);
  });
};

const indentOf = (line: string, margin: RegExp): number => margin.exec(line)?.[0].length ?? 0;

/** Where an `env` reaches once a line has been read. @param margin what may stand before its first word */
const after = (region: Region, line: string, margin: RegExp): Region => {
  if (region.open) return line.includes('}') ? { ...region, open: false } : region;
  const indent = indentOf(line, margin);
  if (indent === line.trimEnd().length) return region;
  if (region.column >= 0 && indent > region.column) return { ...region, keys: region.keys ?? indent };
  const match = ENV_KEY.exec(line);
  if (match === null) return OUTSIDE;
  const rest = line.slice(match.index + match[0].length);
  return {
    column: match.index + (match[1]?.length ?? 0),
    open: rest.includes('{') && !rest.includes('}'),
    keys: null,
  };
};

const isKnownField = (key: string): boolean => key !== 'env' && fieldShape(key) !== null;

/** Whether a line holds known fields only, and no `env`. */
const isHarmless = (line: string): boolean => {
  const lead = indentOf(line, LEAD);
  if (lead === line.length) return true;
  const first = FIRST.exec(line.slice(lead));
  if (first === null || !isKnownField(first[2] ?? '') || /\benv/i.test(line)) return false;
  return [...line.matchAll(KEYS)].every(([, key = '']) => isKnownField(key));
};

/** A line with its key, where it has one, and nothing of the value. */
const keyOnly = (line: string): string => {
  const lead = indentOf(line, LEAD);
  const first = FIRST.exec(line.slice(lead));
  return behind(line, lead + (first?.[3] === undefined ? 0 : first[0].length));
};

/** A comment that may be a roster's line. @param region how far an `env` in the comments before it reaches */
const comment = (line: string, region: Region): string => {
  const indent = indentOf(line, /^[\s#]*/);
  if (region.open) return behind(line, indent);
  if (region.column >= 0 && indent > region.column) return keyOnlyOfComment(line, indent);
  const match = ENV_KEY.exec(line);
  return match === null ? line : behind(line, match.index + match[0].length);
};

const keyOnlyOfComment = (line: string, indent: number): string => {
  const colon = line.indexOf(':', indent);
  return behind(line, colon < 0 ? indent : colon + 1);
};

/** The line with what stands behind a column hidden, where that is anything. */
const behind = (line: string, column: number): string => {
  const rest = line.slice(column);
  if (rest.trim() === '') return line;
  const space = column > 0 && !/\s/.test(line.charAt(column - 1)) ? ' ' : '';
  return `${line.slice(0, column)}${space}${CONCEALED}`;
};
