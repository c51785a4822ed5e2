import * as fs from 'node:fs';
import * as path from 'node:path';

/** What stands at a path, as one text: its mode and content, or where it points. */
type Entry = string;
/** Files and links by their absolute path. Directories are there as far as something is in them. */
export type FileTree = ReadonlyMap<string, Entry>;

const separator = '\n--\n';

/** @param concerns whether a path belongs to it; not asked for directories */
export function readTree(roots: readonly string[], concerns: (file: string) => boolean): FileTree {
  const tree = new Map<string, Entry>();
  for (const root of roots) {
    if (!fs.existsSync(root)) continue;
    for (const name of fs.readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      const file = path.join(root, name);
      const entry = concerns(file) ? entryAt(file) : null;
      if (entry !== null) tree.set(file, entry);
    }
  }
  return tree;
}

function entryAt(file: string): Entry | null {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (stat === undefined || stat.isDirectory()) return null;
  if (stat.isSymbolicLink()) return `link${separator}${fs.readlinkSync(file)}`;
  // An export names its time.
  const content = fs.readFileSync(file, 'latin1').replace(/(written by fleet export at )\S+/, '$1then');
  return `${(stat.mode & 0o777).toString(8)}${separator}${content}`;
}

/** Makes files what they were; what is there and was not is removed. */
export function restoreTree(now: FileTree, then: FileTree): void {
  for (const file of now.keys()) if (!then.has(file)) fs.rmSync(file);
  for (const [file, entry] of then) {
    if (now.get(file) === entry) continue;
    const at = entry.indexOf(separator);
    const [mode, content] = [entry.slice(0, at), entry.slice(at + separator.length)];
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.rmSync(file, { force: true });
    if (mode === 'link') fs.symlinkSync(content, file);
    else fs.writeFileSync(file, content, { mode: parseInt(mode, 8), encoding: 'latin1' });
    if (mode !== 'link') fs.chmodSync(file, parseInt(mode, 8));
  }
}

/** Files of `now` that are neither as before nor as after, a line each. */
export function torn(now: FileTree, before: FileTree, after: FileTree): readonly string[] {
  return [...new Set([...now.keys(), ...before.keys(), ...after.keys()])].flatMap((file) => {
    const entry = now.get(file);
    return entry === before.get(file) || entry === after.get(file) ? [] : [`${file} is ${shown(entry)}`];
  });
}

/** Where the two differ, a line each. */
export const differences = (now: FileTree, wanted: FileTree): readonly string[] =>
  torn(now, wanted, wanted).map((line) => `${line}, wanted is another`);

const shown = (entry: Entry | undefined): string =>
  entry === undefined ? 'not there' : JSON.stringify(entry.slice(0, 120));
