import { type CompileContext, build } from './build.js';
import { diagnose } from './diagnose.js';
import { Findings, type Path } from './finding.js';
import { Locator } from './locate.js';
import { isPlainMap, toPlain } from './plain.js';
import { quickRead } from './quick-read.js';
import { type Result, fail, ok } from './result.js';
import { ROSTER_SHAPE } from './shapes.js';
import { SourceText } from './source-text.js';
import { parseSyntax } from './syntax.js';
import type { Diagnostic, Roster } from './types.js';

export type { CompileContext } from './build.js';

/** Largest roster text, in bytes. */
const LARGEST = 4 * 1024 * 1024;

export interface RosterSource {
  /** Name shown in diagnostics. */
  readonly file: string;
  readonly text: string;
}

/**
 * YAML 1.2 or JSON → a normalized roster, or everything that is wrong with it, in the order of the text. A text whose
 * syntax is wrong is not looked at any further.
 */
export const compileRoster = (
  source: RosterSource,
  context: CompileContext,
): Result<Roster, readonly Diagnostic[]> => {
  const text = new SourceText(source.text);
  const findings = new Findings();
  const failed = (locator: Locator): Result<Roster, readonly Diagnostic[]> =>
    fail(diagnose(findings.list, source.file, text, locator));

  if (source.text.length > LARGEST || Buffer.byteLength(source.text) > LARGEST) {
    findings.offset('TooLarge', [0, 1], [], 'the roster is larger than 4 MiB');
    return failed(new Locator(null));
  }
  // Nearly every roster is read the quick way. Only the full parser finds mistakes and says where they are.
  const quick = quickRead(source.text, ROSTER_SHAPE);
  if (quick !== null) {
    const lineOf = (_: Path, entry: unknown): number => quick.nameLines.get(entry) ?? 1;
    const roster = build(quick.plain, context, new Findings(), lineOf);
    if (roster !== null) return ok(roster);
  }

  const syntax = parseSyntax(source.text);
  if (!syntax.ok) {
    findings.list.push(...syntax.failure);
    return failed(new Locator(null));
  }
  const root = syntax.value;
  const locator = new Locator(root);
  const plain = root === null ? null : toPlain(root, ROSTER_SHAPE, text, findings);
  if (root === null || plain === null) {
    findings.offset(
      'Empty',
      [0, 1],
      [],
      'the roster is empty; `fleet init --write` writes one to start from',
    );
    return failed(locator);
  }
  if (!isPlainMap(plain)) {
    findings.value('WrongType', [], 'a roster is a map with version, transport and agents');
    return failed(locator);
  }
  const lineOf = (path: Path): number => text.position(locator.find({ kind: 'value', path })[0]).line;
  const roster = build(plain, context, findings, lineOf);
  return roster === null ? failed(locator) : ok(roster);
};
