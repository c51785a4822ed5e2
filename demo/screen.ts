import { colourWanted, styleFor } from '../src/cli/render/style.js';
import type { Fact } from './fact.js';

export const colour = colourWanted(true, process.stdout.isTTY, process.env);
export const style = styleFor(colour);

/** Of the terminal; a file or a pipe has no width, and some terminals do not know theirs. */
const columns = process.stdout.isTTY && process.stdout.columns > 0 ? process.stdout.columns : 140;

export const print = (line = ''): void => {
  process.stdout.write(`${line}\n`);
};

let chapters = 0;

/** A new chapter. */
export function headline(text: string): void {
  chapters += 1;
  print();
  print(style.bold(`${chapters}. ${text}`));
}

export const remark = (text: string): void => print(style.dim(`   # ${text}`));

export const typed = (command: string): void => print(`   ${style.dim('$')} ${style.bold(command)}`);

/** What a program printed, indented. */
export function output(text: string, most = Infinity): void {
  if (text === '') return;
  const lines = text.replace(/\n$/, '').split('\n');
  const shown = lines.length <= most + 1 ? lines : lines.slice(0, most);
  for (const line of shown) print(line === '' ? '' : `     ${line}`);
  if (shown.length < lines.length) print(style.dim(`     … ${lines.length - shown.length} more lines`));
}

/** Evidence beside its claim, or below it where the terminal is narrow. */
export function factTable(facts: readonly Fact[]): void {
  const width = Math.max(...facts.map(({ claim }) => claim.length));
  const beside = columns - width - 5 >= 50;
  const indent = ' '.repeat(beside ? width + 5 : 5);
  for (const { claim, holds, evidence } of facts) {
    const shown = holds ? style.dim : style.bad;
    const lines = wrapped(evidence, columns - indent.length).map((line) => shown(line));
    const first = beside ? `${claim.padEnd(width)}  ${lines.shift() ?? ''}` : claim;
    print(` ${holds ? style.good('✓') : style.bad('✗')} ${first}`);
    for (const line of lines) print(`${indent}${line}`);
  }
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
