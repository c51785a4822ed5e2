import { isAlias, isCollection, isMap, isPair, isScalar, isSeq } from 'yaml';
import { looksLikeEnv } from './conceal-look.js';
import { nearest } from './nearest.js';
import { keyText } from './plain.js';
import { quoted } from './visible.js';
import { ROSTER_SHAPE, type FieldsShape, type Shape, fieldShape, shapeOf } from './shapes.js';

/** What must not be shown of a roster whose syntax is right. */
export interface Hidden {
  /** Stretches of the text in UTF-16 code units, in no order; they may overlap. */
  readonly ranges: readonly (readonly [start: number, end: number])[];
  /** The keys and values in them, in quotes, as a message or a path would have them. */
  readonly texts: ReadonlySet<string>;
  /** There is a key that is no word: around such a one yaml (2.9) drops text without a complaint. */
  readonly odd: boolean;
}

interface Pair {
  readonly key: unknown;
  readonly value: unknown;
}

/** Values of every `env`, and of every field that is none: a mistyped `env` is one. @param root the top node of `text` */
export const concealedIn = (root: unknown, text: string): Hidden => {
  const walker = new Walker(text);
  walker.note(root);
  walker.walk(root, ROSTER_SHAPE);
  return walker;
};

class Walker implements Hidden {
  odd = false;
  readonly ranges: (readonly [number, number])[] = [];
  readonly texts = new Set<string>();
  private readonly anchors = new Map<string, unknown[]>();
  private readonly seen = new Set<unknown>();

  constructor(private readonly text: string) {}

  /** An anchor may be given again: whatever bears the name is meant. */
  note(node: unknown): void {
    if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) {
      const same = this.anchors.get(node.anchor);
      if (same === undefined) this.anchors.set(node.anchor, [node]);
      else same.push(node);
    }
    if (!isCollection(node)) return;
    for (const item of node.items) {
      if (isPair(item)) {
        this.odd ||= keyText(item.key) === null;
        this.note(item.key);
      }
      this.note(isPair(item) ? item.value : item);
    }
  }

  walk(node: unknown, shape: Shape): void {
    if (isMap(node)) {
      for (const pair of node.items) this.pair(pair, shape);
    } else if (isSeq(node)) {
      for (const item of node.items) this.walk(item, shapeOf(shape, 0));
    } else if (isScalar(node) && looksLikeEnv(this.written(node))) this.hide(node);
  }

  private pair(pair: Pair, shape: Shape): void {
    const key = keyText(pair.key);
    if (key === null || /[=:{]/.test(key)) this.hide(pair.key);
    if (shape.kind === 'entries') {
      this.walk(pair.value, shape.of);
      return;
    }
    const field = key === null ? null : meantField(key, shape);
    if (field === null) {
      if (pair.value === null) this.hide(pair.key);
      this.hideValue(pair);
    } else if (field.kind === 'entries' && field.of.kind === 'value') this.environment(pair);
    else this.walk(pair.value, field);
  }

  /** The variables of an `env`: their names are shown. */
  private environment(pair: Pair): void {
    const { value } = pair;
    const targets = isAlias(value) ? this.anchors.get(value.source) : undefined;
    if (targets === undefined && !isMap(value)) {
      this.hideValue(pair);
      return;
    }
    for (const target of targets ?? [value]) {
      if (this.seen.has(target)) continue;
      this.seen.add(target);
      if (isAlias(target) || !isMap(target)) this.hide(target);
      else for (const variable of target.items) this.variable(variable);
    }
  }

  private variable(pair: Pair): void {
    // What has no value may be one, as in `{ TOKEN, value }`.
    if (pair.value === null || /[=:{]/.test(keyText(pair.key) ?? '=')) this.hide(pair.key);
    this.hideValue(pair);
  }

  /** Everything behind a key's colon: a value that begins with `&`, `*` or `!` is none to YAML. */
  private hideValue({ key, value }: Pair): void {
    const from = rangeOf(key)?.[1];
    const end = rangeOf(value)?.[1];
    if (from !== undefined && end !== undefined) {
      const colon = this.text.indexOf(':', from);
      this.ranges.push([colon >= 0 && colon < end ? colon + 1 : from, end]);
    }
    this.collect(value);
  }

  /** With its anchor and tag, which are none of its range: `{ TOKEN, &value }` is a node without a text. */
  private hide(node: unknown): void {
    const range = rangeOf(node);
    if (range !== null) {
      const properties = /(?:[&!][^\s,[\]{}]*\s*)*$/.exec(this.text.slice(0, range[0]))?.[0] ?? '';
      this.ranges.push([range[0] - properties.length, range[1]]);
    }
    this.collect(node);
  }

  /** Notes what is in a node, and hides what its aliases stand for. */
  private collect(node: unknown): void {
    if (isAlias(node)) {
      this.say(`&${node.source}`, `*${node.source}`);
      for (const target of this.anchors.get(node.source) ?? []) {
        if (this.seen.has(target)) continue;
        this.seen.add(target);
        this.hide(target);
      }
    } else if (isScalar(node)) {
      this.say(node.value, node.source);
    } else if (isCollection(node)) {
      for (const item of node.items) {
        if (isPair(item)) this.collect(item.key);
        this.collect(isPair(item) ? item.value : item);
      }
    }
  }

  private say(...texts: readonly unknown[]): void {
    for (const text of texts) {
      if (typeof text === 'string' && text !== '') this.texts.add(quoted(text)).add(JSON.stringify(text));
    }
  }

  private written(node: unknown): string {
    const range = rangeOf(node);
    return range === null ? '' : this.text.slice(range[0], range[1]);
  }
}

/**
 * The field a key stands for, or is plausibly a slip of; null for none. Variables are mostly written in capitals, so that is
 * no slip but one that was not indented.
 */
const meantField = (key: string, shape: Shape): Shape | null => {
  const fields = shape.kind === 'fields' ? shape : null;
  const own = fields?.spellings.get(key);
  if (fields !== null && own !== undefined) return fields.fields[own] ?? null;
  const elsewhere = fieldShape(key);
  if (elsewhere !== null) return elsewhere;
  if (fields === null || key === key.toUpperCase()) return null;
  const near = nearest(key, fields.spellings.keys());
  return near === null ? null : meantOf(fields, near);
};

const meantOf = (shape: FieldsShape, key: string): Shape | null =>
  shape.fields[shape.spellings.get(key) ?? key] ?? null;

const rangeOf = (node: unknown): readonly [number, number] | null => {
  if (!isScalar(node) && !isCollection(node) && !isAlias(node)) return null;
  return node.range == null ? null : [node.range[0], node.range[1]];
};
