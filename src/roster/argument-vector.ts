import type { Findings, Path } from './finding.js';
import { nearest } from './nearest.js';
import { CONVERSATION, PLACEHOLDERS, pieces } from './placeholders.js';
import { hasControlCharacter, quoted } from './visible.js';

/** The kernel takes no argument and no `KEY=VALUE` of more bytes than this, its final NUL included. */
export const LONGEST_WORD = 131_072;

/** Whether the kernel refuses to pass this on, because it is too long. */
export const isTooLong = (word: string): boolean =>
  // Three bytes at most for each UTF-16 code unit: short words need not be encoded to know.
  word.length * 3 >= LONGEST_WORD && Buffer.byteLength(word) >= LONGEST_WORD;

/**
 * Whose words these are: an agent's own command (placeholders, `{conversation}`), its runtime's command (placeholders),
 * plain words (a launcher), or conversation arguments, which may hold `{id}` and may be none.
 */
export type WordsOf = 'agent' | 'runtime' | 'plain' | 'conversation';

/** A declared argument vector. Reports what is wrong with its words; null if it is none or cannot be used. */
export const readWords = (value: unknown, path: Path, of: WordsOf, findings: Findings): string[] | null => {
  if (!Array.isArray(value)) return null;
  const words = value.filter((word): word is string => typeof word === 'string');
  // A word of another type is reported by the schema.
  if (words.length !== value.length) return null;
  const before = findings.list.length;
  if (words.length === 0 && (of === 'agent' || of === 'runtime')) {
    findings.value('InvalidValue', path, 'command must have at least one word: the program to run');
  }
  for (const [index, word] of words.entries()) checkWord(word, [...path, index], of, findings);
  return findings.list.length === before ? words : null;
};

const checkWord = (word: string, path: Path, of: WordsOf, findings: Findings): void => {
  const isProgram = path.at(-1) === 0 && of !== 'conversation';
  if (isProgram && word === '') {
    findings.value('InvalidValue', path, 'the first word is the program to run and must not be empty');
  } else if (hasControlCharacter(word, 'newline-and-tab')) {
    findings.value('InvalidValue', path, `a word must not contain control characters: ${quoted(word)}`);
  } else if (isTooLong(word)) {
    findings.value(
      'TooLarge',
      path,
      `a word must be shorter than ${LONGEST_WORD} bytes: the kernel takes no longer one`,
    );
  } else if (of === 'agent' || of === 'runtime') {
    if (word === CONVERSATION && of === 'agent' && !isProgram) return;
    for (const fault of templateFaults(word))
      findings.value(fault.code, path, conversationHint(fault, of), fault.nearest);
  } else if (of === 'conversation') {
    // Other braces are text here, and `${NAME}` is a shell's. A word like these would reach the program as it stands, and be the same
    // for every agent.
    for (const piece of pieces(word))
      if (
        piece.kind === 'name' &&
        piece.name !== 'id' &&
        /^[a-z_]+$/i.test(piece.name) &&
        word[piece.offset - 1] !== '$'
      ) {
        const message = `unknown placeholder ${quoted(`{${piece.name}}`)}: conversation words know {id} alone`;
        findings.value('UnknownPlaceholder', path, message, nearest(piece.name, ['id']));
      }
  }
};

const conversationHint = (fault: TemplateFault, of: WordsOf): string => {
  if (fault.name !== 'conversation') return fault.message;
  return of === 'agent'
    ? '{conversation} stands for whole words: it must be a word of its own, and not the first'
    : '{conversation} may stand in an agent’s own command only; to a runtime’s command the arguments are appended';
};

export interface TemplateFault {
  readonly code: 'UnknownPlaceholder' | 'InvalidValue';
  readonly message: string;
  /** Name of the unknown placeholder, null for a lone brace. */
  readonly name: string | null;
  readonly nearest: string | null;
  /** In UTF-16 code units from the start of the template. */
  readonly offset: number;
}

/** What is wrong with the braces of a command word or of a kickstart template. */
export const templateFaults = (template: string): TemplateFault[] =>
  pieces(template).flatMap((piece): TemplateFault[] => {
    switch (piece.kind) {
      case 'text':
        return [];
      case 'brace': {
        const message = `a lone "${piece.brace}": write "${piece.brace}${piece.brace}" for a literal brace`;
        return [{ code: 'InvalidValue', message, name: null, nearest: null, offset: piece.offset }];
      }
      case 'name': {
        const { name, offset } = piece;
        if (PLACEHOLDERS.some((known) => known === name)) return [];
        const known = PLACEHOLDERS.map((each) => `{${each}}`).join(' ');
        const message = `unknown placeholder ${quoted(`{${name}}`)}: known are ${known}; "{{" and "}}" are literal braces`;
        return [{ code: 'UnknownPlaceholder', message, name, nearest: nearest(name, PLACEHOLDERS), offset }];
      }
    }
  });
