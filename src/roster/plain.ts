import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Alias, Node, ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type { Findings } from './finding.js';
import { type Path } from './finding.js';
import type { PlainMap } from './plain-map.js';
import { type Shape, shapeOf } from './shapes.js';
import type { SourceText } from './source-text.js';
import { quoted } from './visible.js';

/** How many values aliases may multiply a roster by: a bomb of a few lines would make millions. */
const MOST_ALIASED = 100_000;
const DEEPEST = 100;

/**
 * The tree as plain data with canonical keys, in one walk (yaml's own toJS would be a second one and lose how numbers
 * are spelled). Reports keys given twice, in one spelling or both, and aliases that lead nowhere or everywhere.
 */
export const toPlain = (root: ParsedNode, shape: Shape, source: SourceText, findings: Findings): unknown =>
  new Reader(source, findings).read(root, shape, []);

/** A map's key as text, in its own spelling; null where it is not a scalar. */
export const keyText = (key: unknown): string | null => (isScalar(key) ? (key.source ?? '') : null);

/** A number (a port, a version) among words and variables is the text that was written, not its value. */
const isSpelled = (value: unknown, shape: Shape): value is number | boolean => {
  if (shape.kind === 'value') return typeof value === 'number' || typeof value === 'boolean';
  return shape.kind === 'text' && typeof value === 'number';
};

class Reader {
  private readonly anchors = new Map<string, Node>();
  /** What each alias was found to stand for where it is written: within what is read once more, an anchor may be another. */
  private readonly targets = new Map<Alias, Node>();
  private readonly resolving = new Set<Node>();
  private aliased = 0;
  private exhausted = false;

  constructor(
    private readonly source: SourceText,
    private readonly findings: Findings,
  ) {}

  read(node: unknown, shape: Shape, path: Path): unknown {
    if (this.resolving.size > 0 && ++this.aliased > MOST_ALIASED) {
      if (!this.exhausted) {
        const message = `aliases make more than ${MOST_ALIASED} values of this roster; write the values out`;
        this.findings.value('TooLarge', path, message);
      }
      this.exhausted = true;
      return undefined;
    }
    if (isScalar(node)) {
      this.note(node);
      return isSpelled(node.value, shape) ? (node.source ?? String(node.value)) : node.value;
    }
    if (path.length > DEEPEST) return null;
    if (isAlias(node)) return this.readAlias(node, shape, path);
    if (isSeq(node)) {
      this.note(node);
      return node.items.map((item, index) => this.read(item, shapeOf(shape, index), [...path, index]));
    }
    if (isMap(node)) {
      this.note(node);
      return this.readMap(node.items, shape, path);
    }
    return null;
  }

  private note(node: Scalar | YAMLMap | YAMLSeq): void {
    if (node.anchor !== undefined && this.resolving.size === 0) this.anchors.set(node.anchor, node);
  }

  private readAlias(alias: Alias, shape: Shape, path: Path): unknown {
    const name = alias.source;
    const target = this.targets.get(alias) ?? this.anchors.get(name);
    if (target === undefined) {
      this.findings.value(
        'InvalidValue',
        path,
        `no anchor ${quoted(`&${name}`)} stands before this alias; a text that begins with * needs quotes`,
      );
      return undefined;
    }
    if (this.resolving.has(target)) {
      this.findings.value('InvalidValue', path, `the alias ${quoted(`*${name}`)} contains itself`);
      return undefined;
    }
    this.targets.set(alias, target);
    this.resolving.add(target);
    const value = this.read(target, shape, path);
    this.resolving.delete(target);
    return value;
  }

  private readMap(
    items: readonly { readonly key: unknown; readonly value: unknown }[],
    shape: Shape,
    path: Path,
  ): PlainMap {
    const map: Record<string, unknown> = {};
    const seen = new Map<string, { readonly written: string; readonly offset: number }>();
    for (const { key, value } of items) {
      const written = keyText(key);
      const [offset, end] = this.rangeOf(key);
      if (written === null) {
        const message = 'a key must be plain text, not a list or a map';
        this.findings.offset('WrongType', [offset, offset + 1], path, message);
        continue;
      }
      const name = shape.kind === 'fields' ? (shape.spellings.get(written) ?? written) : written;
      const earlier = seen.get(name);
      if (earlier !== undefined) {
        this.reportTwice(written, earlier, [offset, end], [...path, name]);
        continue;
      }
      seen.set(name, { written, offset });
      const of = shapeOf(shape, name);
      if (value === null && of.kind === 'value') {
        // Without a colon it may be a value: it is not named.
        const message = 'a variable without a value: write NAME: value';
        this.findings.offset('WrongType', [offset, offset + 1], path, message);
        continue;
      }
      if (isScalar(key)) this.note(key);
      const plain = this.read(value, of, [...path, name]);
      if (name in map) Object.defineProperty(map, name, { value: plain, enumerable: true });
      else map[name] = plain;
    }
    return map;
  }

  private reportTwice(
    written: string,
    earlier: { readonly written: string; readonly offset: number },
    range: readonly [number, number],
    path: Path,
  ): void {
    const line = this.source.position(earlier.offset).line;
    if (earlier.written === written) {
      this.findings.offset('DuplicateKey', range, path, `"${written}" is already given on line ${line}`);
    } else {
      const message = `"${written}" and "${earlier.written}" (line ${line}) are the same field in two spellings; keep one`;
      this.findings.offset('TwoSpellings', range, path, message);
    }
  }

  private rangeOf(node: unknown): readonly [number, number] {
    const isNode = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node);
    return isNode && node.range != null ? [node.range[0], node.range[1]] : [0, 1];
  }
}
