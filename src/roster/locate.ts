import { type Node, type ParsedNode, type YAMLMap, isAlias, isMap, isScalar, isSeq, visit } from 'yaml';
import type { Path, Place } from './finding.js';
import { keyText } from './plain.js';
import { ROSTER_SHAPE, type Shape, shapeOf } from './shapes.js';

/** A stretch of text: start and end offset in UTF-16 code units. */
export type Range = readonly [number, number];

interface Member {
  readonly key: unknown;
  readonly value: unknown;
}

/** Finds the stretch of text that a place in a roster stands for. Only failures are looked up, so it indexes lazily. */
export class Locator {
  private anchors: Map<string, Node[]> | null = null;
  private readonly members = new Map<YAMLMap, Map<string, Member>>();

  constructor(private readonly root: ParsedNode | null) {}

  /** Where a path leads nowhere (a field that is missing), the nearest node on the way there. */
  find(place: Place): Range {
    if (place.kind === 'offset') return [place.start, place.end];
    return this.follow(place.path, place.kind === 'key');
  }

  private follow(path: Path, wantsKey: boolean): Range {
    let node: unknown = this.root;
    let shape: Shape = ROSTER_SHAPE;
    let range: Range = rangeOf(node) ?? [0, 1];
    for (const [depth, part] of path.entries()) {
      const target = isAlias(node) ? this.anchored(node.source, node.range?.[0] ?? 0) : node;
      if (typeof part === 'number') {
        if (!isSeq(target)) return range;
        node = target.items[part];
        // A bare dash: its value has no place of its own, and the whole list would stand for it.
        range = emptyAt(node) ?? range;
      } else {
        if (!isMap(target)) return range;
        const found = this.membersOf(target, shape).get(part);
        if (found === undefined) return range;
        // An empty value has no place of its own; its key has.
        range = rangeOf(found.key) ?? range;
        if (wantsKey && depth === path.length - 1) return range;
        node = found.value;
      }
      range = rangeOf(node) ?? range;
      shape = shapeOf(shape, part);
    }
    return range;
  }

  private membersOf(map: YAMLMap, shape: Shape): Map<string, Member> {
    const known = this.members.get(map);
    if (known !== undefined) return known;
    const members = new Map<string, Member>();
    for (const item of map.items) {
      const written = keyText(item.key) ?? '';
      const name = shape.kind === 'fields' ? (shape.spellings.get(written) ?? written) : written;
      if (!members.has(name)) members.set(name, item);
    }
    this.members.set(map, members);
    return members;
  }

  private anchored(name: string, before: number): Node | null {
    this.anchors ??= anchorsOf(this.root);
    return this.anchors.get(name)?.findLast((node) => (node.range?.[0] ?? 0) < before) ?? null;
  }
}

const rangeOf = (node: unknown): Range | null => {
  if (!isScalar(node) && !isMap(node) && !isSeq(node) && !isAlias(node)) return null;
  const range = node.range;
  if (range === null || range === undefined || range[0] === range[1]) return null;
  return [range[0], range[1]];
};

/** What is in front of a value that is not written: the dash of its entry, or the blank behind it. */
const emptyAt = (node: unknown): Range | null => {
  const start = isScalar(node) && node.range?.[0] === node.range?.[1] ? node.range?.[0] : undefined;
  return start === undefined || start === 0 ? null : [start - 1, start];
};

const anchorsOf = (root: ParsedNode | null): Map<string, Node[]> => {
  const anchors = new Map<string, Node[]>();
  visit(root, {
    Node: (_, node) => {
      if (isAlias(node) || node.anchor === undefined) return;
      const same = anchors.get(node.anchor);
      if (same === undefined) anchors.set(node.anchor, [node]);
      else same.push(node);
    },
  });
  return anchors;
};
