import type { PlainMap } from './plain-map.js';
import { type Shape, shapeOf } from './shapes.js';

/**
 * Reads the plain YAML that nearly every roster is written in, forty times as fast as a full parser that has just been
 * loaded: block maps and lists, one-line flow collections, scalars of harmless characters. It returns null at the first
 * thing it is not sure of, a mistake included; then the full parser decides. What it accepts it must read exactly as
 * the full parser does: test/properties/roster-quick-read.test.ts holds the two together.
 */
export interface QuickRoster {
  readonly plain: PlainMap;
  /** Line of the key `name` in the maps that have one, 1-based. */
  readonly nameLines: ReadonlyMap<unknown, number>;
}

export const quickRead = (text: string, shape: Shape): QuickRoster | null => {
  if (UNUSUAL.test(text)) return null;
  try {
    return new QuickReader(text.split('\n')).read(shape);
  } catch (error) {
    if (error instanceof Unsure) return null;
    throw error;
  }
};

// Tabs and carriage returns, which YAML treats in ways of its own, and what is not printable.
// eslint-disable-next-line no-control-regex -- control characters are what this looks for
const UNUSUAL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]/;

class Unsure extends Error {}

const MARK = '- ';
const BLANK = /^ *(?:#.*)?$/;
const KEY = /([A-Za-z_][A-Za-z0-9_]{0,99}):(?= |$) */y;
const FLOW_KEY = /([A-Za-z_][A-Za-z0-9_]{0,99}): +/y;
const QUOTED = /"([^"\\]*)"|'([^']*)'/y;
// Plain scalars: a colon only inside a word, spaces only between words, nothing that begins anything.
const WORD = '(?:[A-Za-z0-9_./~]|--?(?=[A-Za-z]))[A-Za-z0-9_./~+%@=-]*';
const COLON_WORDS = `${WORD}(?::[A-Za-z0-9_./~+%@=-]+)*`;
const PLAIN = new RegExp(`${COLON_WORDS}(?: +${COLON_WORDS})*`, 'y');
const FLOW_PLAIN = new RegExp(WORD, 'y');
const NUMBER_LIKE = /^(?:0x[0-9a-fA-F]+|0o[0-7]+|\d*\.?\d*(?:[eE][-+]?\d+)?|\.(?:inf|Inf|INF|nan|NaN|NAN))$/;
const FLOW_DEPTH = 4;

class QuickReader {
  private readonly nameLines = new Map<unknown, number>();
  /** Index of the line that is read, and of the column in it. */
  private at = 0;
  private column = 0;
  private line = '';

  constructor(private readonly lines: string[]) {}

  read(shape: Shape): QuickRoster {
    const indent = this.skip();
    if (indent === -1 || this.line.startsWith(MARK, indent)) throw new Unsure();
    const plain = this.map(indent, shape);
    if (this.skip() !== -1) throw new Unsure();
    return { plain, nameLines: this.nameLines };
  }

  /** To the next line with content. Its indentation, or -1 at the end. */
  private skip(): number {
    for (; this.at < this.lines.length; this.at++) {
      this.line = this.lines[this.at] ?? '';
      const indent = this.line.search(/[^ ]/);
      if (indent !== -1 && !this.line.startsWith('#', indent)) return indent;
    }
    return -1;
  }

  private map(indent: number, shape: Shape): PlainMap {
    const map: Record<string, unknown> = {};
    for (let next = indent; next >= indent; next = this.skip()) {
      if (next > indent) throw new Unsure();
      if (this.line.startsWith(MARK, indent)) break;
      this.column = indent;
      const name = this.key(KEY, shape, map);
      if (name === 'name') this.nameLines.set(map, this.at + 1);
      map[name] = this.member(indent, shapeOf(shape, name));
    }
    return map;
  }

  /** What follows a key of a block map: a value on the same line, or a block below. */
  private member(indent: number, shape: Shape): unknown {
    if (!BLANK.test(this.line.slice(this.column))) return this.inline(shape);
    this.at++;
    const next = this.skip();
    if (next >= indent && this.line.startsWith(MARK, next)) return this.list(next, shape);
    if (next > indent) return this.map(next, shape);
    throw new Unsure();
  }

  private list(indent: number, shape: Shape): readonly unknown[] {
    const list: unknown[] = [];
    for (let next = indent; next >= indent; next = this.skip()) {
      if (next > indent) throw new Unsure();
      if (!this.line.startsWith(MARK, indent)) break;
      const of = shapeOf(shape, list.length);
      // The mark counts as indentation of what follows it.
      this.line = `${this.line.slice(0, indent)} ${this.line.slice(indent + 1)}`;
      const content = this.line.search(/[^ ]/);
      KEY.lastIndex = content;
      if (content === -1 || this.line.startsWith('#', content)) throw new Unsure();
      if (KEY.test(this.line)) {
        this.lines[this.at] = this.line;
        list.push(this.map(content, of));
      } else {
        this.column = content;
        list.push(this.inline(of));
      }
    }
    return list;
  }

  /** A value that ends with its line. */
  private inline(shape: Shape): unknown {
    const character = this.line.charAt(this.column);
    const value = character === '[' || character === '{' ? this.flow(shape, 0) : this.scalar(PLAIN, shape);
    const rest = this.line.slice(this.column);
    // A comment needs a space before it.
    if (rest !== '' && !/^ +(?:#.*)?$/.test(rest)) throw new Unsure();
    this.at++;
    return value;
  }

  private flow(shape: Shape, depth: number): unknown {
    const character = this.line.charAt(this.column);
    if (character !== '[' && character !== '{') return this.scalar(FLOW_PLAIN, shape);
    if (depth === FLOW_DEPTH) throw new Unsure();
    this.column++;
    this.spaces();
    const list: unknown[] = [];
    const map: Record<string, unknown> = {};
    const end = character === '[' ? ']' : '}';
    if (this.line.charAt(this.column) !== end) {
      for (;;) {
        if (character === '[') list.push(this.flow(shapeOf(shape, list.length), depth + 1));
        else {
          const name = this.key(FLOW_KEY, shape, map);
          if (name === 'name') this.nameLines.set(map, this.at + 1);
          map[name] = this.flow(shapeOf(shape, name), depth + 1);
        }
        this.spaces();
        if (this.line.charAt(this.column) === end) break;
        if (this.line.charAt(this.column) !== ',') throw new Unsure();
        this.column++;
        this.spaces();
      }
    }
    this.column++;
    return character === '[' ? list : map;
  }

  private spaces(): void {
    while (this.line.charAt(this.column) === ' ') this.column++;
  }

  private key(pattern: RegExp, shape: Shape, map: PlainMap): string {
    const written = this.match(pattern)?.[1];
    if (written === undefined) throw new Unsure();
    const name = shape.kind === 'fields' ? (shape.spellings.get(written) ?? written) : written;
    // Given twice, or of a name that every object has a member of.
    if (name in map) throw new Unsure();
    return name;
  }

  private scalar(plain: RegExp, shape: Shape): unknown {
    const quoted = this.match(QUOTED);
    if (quoted !== null) return quoted[1] ?? quoted[2];
    const text = this.match(plain)?.[0];
    if (text === undefined) throw new Unsure();
    const value = meaningOf(text);
    const isSpelled = shape.kind === 'value' || (shape.kind === 'text' && typeof value === 'number');
    return isSpelled ? text : value;
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.column;
    const match = pattern.exec(this.line);
    if (match !== null) this.column = pattern.lastIndex;
    return match;
  }
}

/** A plain scalar by YAML's core schema; only whole numbers are told apart here. */
const meaningOf = (text: string): string | number | boolean => {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  switch (text) {
    case 'true':
    case 'True':
    case 'TRUE':
      return true;
    case 'false':
    case 'False':
    case 'FALSE':
      return false;
    case '~':
    case 'null':
    case 'Null':
    case 'NULL':
      throw new Unsure();
    default:
      if (NUMBER_LIKE.test(text)) throw new Unsure();
      return text;
  }
};
