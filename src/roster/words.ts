import { type Result, fail, ok } from './result.js';

/**
 * Splits a command line into argv words the way a shell reads quotes and backslashes, and does nothing else a shell
 * does: no variables, no globs, no comments, no substitution. Fails on an unclosed quote or a final backslash.
 */
export const splitWords = (line: string): Result<string[], string> => {
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let index = 0; index < line.length; index++) {
    const character = line.charAt(index);
    const next = line.charAt(index + 1);
    if (quote === "'") {
      if (character === "'") quote = null;
      else word = (word ?? '') + character;
    } else if (character === '\\') {
      if (index + 1 === line.length) return fail('it ends in a backslash that quotes nothing');
      index++;
      // Inside double quotes a backslash is itself unless it quotes one of these, as in POSIX shells.
      if (quote === '"' && !'"\\$`\n'.includes(next)) word = `${word ?? ''}\\${next}`;
      else if (next !== '\n') word = (word ?? '') + next;
    } else if (quote === '"') {
      if (character === '"') quote = null;
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (' \t\n\r'.includes(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + character;
  }
  if (quote !== null) return fail(`a ${quote === '"' ? 'double' : 'single'} quote is not closed`);
  if (word !== null) words.push(word);
  return ok(words);
};
