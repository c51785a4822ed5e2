import { Composer, Lexer, Parser, type ParsedNode, type YAMLError } from 'yaml';
import type { CST } from 'yaml';
import { Findings, type Finding } from './finding.js';
import { type Result, fail, ok } from './result.js';

/** A roster is six levels deep; a parser that recurses must not be led deeper. */
const DEEPEST = 100;
/** One mistake can make every later line wrong: nobody reads more than this. */
const MOST_ERRORS = 100;

const OPENS = new Set(['[', '{']);
const CLOSES = new Set([']', '}']);
const INDICATORS = new Set(['-', '?', ':']);
// The lexer announces a scalar with this; the lexeme after it is content, whatever it looks like.
const SCALAR_NEXT = '\x1f';

class TooDeep extends Error {
  constructor(readonly offset: number) {
    super('too deep');
  }
}

/**
 * YAML 1.2 core (and so JSON) → the document's top node, or everything that is wrong with its syntax. A text without
 * content is null. Duplicate keys are looked for by the reader of the tree, which knows both spellings.
 */
export const parseSyntax = (text: string): Result<ParsedNode | null, readonly Finding[]> => {
  const findings = new Findings();
  // A text of two million quotes makes two million errors; with their stacks that was 4 GB (yaml 2.9).
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    const composer = new Composer({
      schema: 'core',
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    });
    const [first, second] = [...composer.compose(tokens(text), true, text.length)];
    for (const error of [...(first?.errors ?? []), ...(first?.warnings ?? [])].slice(0, MOST_ERRORS)) {
      findings.offset('Syntax', error.pos, [], explain(error));
    }
    if (second !== undefined) {
      const start = second.contents?.range[0] ?? second.range[0];
      findings.offset(
        'Syntax',
        [start, start + 1],
        [],
        'a roster is one document: remove the `---` and what follows',
      );
    }
    return findings.list.length > 0 ? fail(findings.list) : ok(first?.contents ?? null);
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error;
    findings.offset('Syntax', [error.offset, error.offset + 1], [], NESTED);
    return fail(findings.list);
  } finally {
    Error.stackTraceLimit = limit;
  }
};

const NESTED = `nested more than ${DEEPEST} levels deep, which no roster is`;

function* tokens(text: string): Generator<CST.Token> {
  const parser = new Parser();
  let depth = 0;
  let indicators = 0;
  let content = false;
  for (const lexeme of new Lexer().lex(text)) {
    if (content || lexeme === SCALAR_NEXT) content = !content;
    else if (OPENS.has(lexeme)) depth++;
    else if (CLOSES.has(lexeme)) depth--;
    // Within brackets only what stands between two commas can nest: a whole JSON roster may stand on one line.
    const apart = OPENS.has(lexeme) || CLOSES.has(lexeme) || lexeme === ',';
    if (content || apart || lexeme.startsWith('\n')) indicators = 0;
    else if (INDICATORS.has(lexeme)) indicators++;
    if (depth > DEEPEST || indicators > DEEPEST) throw new TooDeep(parser.offset);
    yield* parser.next(lexeme);
  }
  yield* parser.end();
}

/** Where yaml repeats what stands in the text, which may be a part of a value of `env`. */
const REPEATS = new RegExp(
  [
    '^(Block scalar header includes extra characters|Unresolved tag|Not a valid tag|Could not resolve tag).*$',
    '^(Invalid escape sequence|Unknown directive|Unsupported YAML version|Not a YAML token).*$',
    "^(Verbatim tags aren't resolved|Unexpected [-\\w]+ token in YAML (?:stream|document)):?,?.*$",
    '^(The) .*( tag has no suffix)$',
    '^.*(used for .* collection).*$',
  ].join('|'),
  's',
);

/** What yaml says too tersely for someone who only wants to start an agent. */
const EXPLANATIONS: Partial<Record<YAMLError['code'], (message: string) => string>> = {
  TAB_AS_INDENT: () => 'tabs are not allowed as indentation in YAML; use spaces',
  RESOURCE_EXHAUSTION: () => NESTED,
  TAG_RESOLVE_FAILED: (message) => `${message}; a roster needs no tags`,
  BLOCK_AS_IMPLICIT_KEY: (message) => `${message}; put a text that contains ": " in quotes`,
};

const explain = ({ code, message }: YAMLError): string => {
  const said = message.replace(REPEATS, '$1$2$3$4$5$6');
  return EXPLANATIONS[code]?.(said) ?? said;
};
