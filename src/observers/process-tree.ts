import * as fs from 'node:fs';
import { statOf } from '../host/process.js';

/** Children of every process on the host, from /proc. */
export function readChildren(): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>();
  for (const name of fs.readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent === null) continue;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [Number(name)]);
    else siblings.push(Number(name));
  }
  return children;
}

/** `pid` and every descendant. A process that double-forked has left its tree. */
export function processTree(
  pid: number,
  children: ReadonlyMap<number, readonly number[]>,
): readonly number[] {
  const tree = [pid];
  for (const member of tree) tree.push(...(children.get(member) ?? []));
  return tree;
}

/** These processes, those first that stand nearest to `pid`; last those that have left its tree. */
export function nearestFirst(pid: number, members: readonly number[]): readonly number[] {
  const children = new Map<number, number[]>();
  for (const member of members) {
    const parent = parentOf(member);
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), member]);
  }
  const tree = processTree(pid, children).filter((member) => members.includes(member));
  return [...tree, ...members.filter((member) => !tree.includes(member))];
}

function parentOf(pid: number): number | null {
  const parent = statOf(`/proc/${pid}`)?.[1];
  return parent === undefined ? null : Number(parent);
}
