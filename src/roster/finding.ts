import type { DiagnosticCode } from './types.js';

/** A place in a roster: canonical keys and list indexes from the top. */
export type Path = readonly (string | number)[];

/** Something wrong, before its place in the text is looked up: that costs time and only failures pay for it. */
export interface Finding {
  readonly code: DiagnosticCode;
  readonly at: Place;
  /** As shown to the operator, e.g. `agents[2].runtime`. */
  readonly path: string;
  readonly message: string;
  readonly suggestion: string | null;
}

/** Where to point: at a node's value or its key (looked up by path), or at a stretch of the text. */
export type Place =
  | { readonly kind: 'value'; readonly path: Path }
  | { readonly kind: 'key'; readonly path: Path }
  | { readonly kind: 'offset'; readonly start: number; readonly end: number };

/** `['agents', 2, 'env', 'a.b']` → `agents[2].env["a.b"]`. */
export const pathText = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (!/^[A-Za-z_<][A-Za-z0-9_<-]*$/.test(part)) return `${text}[${JSON.stringify(part)}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');

/** Collects what is wrong. Checks report and go on, so that an operator sees everything at once. */
export class Findings {
  readonly list: Finding[] = [];

  /** Reports a value. */
  value(code: DiagnosticCode, path: Path, message: string, suggestion: string | null = null): void {
    this.list.push({ code, at: { kind: 'value', path }, path: pathText(path), message, suggestion });
  }

  /** Reports a key: the field should not be there, or not under this name. */
  key(code: DiagnosticCode, path: Path, message: string, suggestion: string | null = null): void {
    this.list.push({ code, at: { kind: 'key', path }, path: pathText(path), message, suggestion });
  }

  /** Reports a stretch of the text, in UTF-16 code units. */
  offset(code: DiagnosticCode, range: readonly [number, number], path: Path, message: string): void {
    const at: Place = { kind: 'offset', start: range[0], end: range[1] };
    this.list.push({ code, at, path: pathText(path), message, suggestion: null });
  }
}
