import * as fs from 'node:fs';

/** What was said in each of a file's conversations, one after another. */
export function contextsIn(file: string): readonly (readonly string[])[] {
  const contexts: string[][] = [];
  for (const line of fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : []) {
    if (line === '') continue;
    const entry = JSON.parse(line) as { type: string; text?: string };
    if (entry.type === 'conversation') contexts.push([]);
    else if (entry.type === 'user') contexts.at(-1)?.push(entry.text ?? '');
  }
  return contexts;
}
