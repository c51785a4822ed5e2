import { isAlias, isCollection, isMap, isPair, isScalar } from 'yaml';
import { keyText } from './plain.js';
import { parseSyntax } from './syntax.js';

/** Stands for a value of `env`, which is never shown. */
export const CONCEALED = '•••';

/**
 * The lines of a roster's text as they may be shown: values of `env` are hidden, every line keeps its place. A text
 * whose syntax is wrong, and a comment, is judged by how it looks, and rather too much is hidden than too little.
 */
export const conceal = (text: string): readonly string[] => {
  const syntax = parseSyntax(text);
  const hidden = syntax.ok ? hide(text, valueRanges(syntax.value)) : text;
  return concealByLook(hidden.split('\n'), syntax.ok);
};

type Range = readonly [start: number, end: number];

/** Where the values of every `env` stand, in UTF-16 code units. */
const valueRanges = (root: unknown): readonly Range[] => {
  const anchors = new Map<string, unknown>();
  const environments: unknown[] = [];
  const walk = (node: unknown): void => {
    if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) anchors.set(node.anchor, node);
    if (!isCollection(node)) return;
    for (const item of node.items) {
      if (!isPair(item)) walk(item);
      else {
        if (keyText(item.key) === 'env') environments.push(item.value);
        walk(item.value);
      }
    }
  };
  walk(root);
  const ranges: Range[] = [];
  const seen = new Set<unknown>();
  const collect = (node: unknown): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (isAlias(node)) collect(anchors.get(node.source));
    else if (isScalar(node) && node.range != null) ranges.push([node.range[0], node.range[1]]);
    else if (isMap(node)) for (const { value } of node.items) collect(value);
    else if (isCollection(node)) for (const item of node.items) collect(item);
  };
  for (const environment of environments) collect(environment);
  return ranges.toSorted(([a], [b]) => a - b);
};

/** Every line of a value is hidden by itself, so that lines keep their numbers. */
const hide = (text: string, ranges: readonly Range[]): string => {
  let shown = '';
  let at = 0;
  for (const [start, end] of ranges) {
    if (start < at || end === start) continue;
    const value = text.slice(start, end);
    shown += text.slice(at, start) + value.replaceAll(/[^\n]+/g, CONCEALED);
    at = end;
  }
  return shown + text.slice(at);
};

const ENV_KEY = /(^|[\s,{#-])["']?env["']?\s*:/;

const concealByLook = (lines: readonly string[], commentsOnly: boolean): readonly string[] => {
  let column = -1;
  let open = false;
  return lines.map((line) => {
    const isComment = /^\s*#/.test(line);
    if (commentsOnly && !isComment) {
      column = -1;
      open = false;
      return line;
    }
    const indent = /^[\s#]*/.exec(line)?.[0].length ?? 0;
    if (open) {
      open = !line.includes('}');
      return line.slice(0, indent) + CONCEALED;
    }
    const blank = indent === line.length;
    if (column >= 0 && (blank || indent > column)) return blank ? line : afterColon(line, indent);
    column = -1;
    const match = ENV_KEY.exec(line);
    if (match === null) return line;
    const end = match.index + match[0].length;
    const rest = line.slice(end);
    column = match.index + (match[1]?.length ?? 0);
    open = rest.includes('{') && !rest.includes('}');
    return rest.trim() === '' ? line : `${line.slice(0, end)} ${CONCEALED}`;
  });
};

const afterColon = (line: string, indent: number): string => {
  const colon = line.indexOf(':', indent);
  return colon < 0 ? line.slice(0, indent) + CONCEALED : `${line.slice(0, colon + 1)} ${CONCEALED}`;
};
