import { type CompileContext, build } from './build.js';
import { concealBroken, concealParsed, type Shown } from './conceal.js';
import { diagnose } from './diagnose.js';
import { Findings, type Path } from './finding.js';
import { Locator } from './locate.js';
import { toPlain } from './plain.js';
import { isPlainMap } from './plain-map.js';
import { compileQuickly, isTooLarge, type RosterSource } from './quick-compile.js';
import { type Result, fail, ok } from './result.js';
import { ROSTER_SHAPE } from './shapes.js';
import { checkSchema } from './schema-findings.js';
import { SourceText } from './source-text.js';
import { parseSyntax } from './syntax.js';
import type { Diagnostic, Roster } from './types.js';

export type { CompileContext } from './build.js';
export type { RosterSource } from './quick-compile.js';

/** Of a text that is too large its first line is shown. */
const SHOWN_OF_TOO_MUCH = 1000;

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
  const failed = (locator: Locator, shown: Shown): Result<Roster, readonly Diagnostic[]> =>
    fail(diagnose(findings.list, source.file, text, locator, shown));

  if (isTooLarge(source.text)) {
    findings.offset('TooLarge', [0, 1], [], 'the roster is larger than 4 MiB');
    return failed(new Locator(null), concealBroken(source.text.slice(0, SHOWN_OF_TOO_MUCH)));
  }
  const quick = compileQuickly(source, context);
  if (quick !== null) return ok(quick);

  const syntax = parseSyntax(source.text);
  if (!syntax.ok) {
    findings.list.push(...syntax.failure);
    return failed(new Locator(null), concealBroken(source.text));
  }
  const root = syntax.value;
  const locator = new Locator(root);
  const failedOf = (): Result<Roster, readonly Diagnostic[]> =>
    failed(locator, concealParsed(source.text, root));
  const plain = root === null ? null : toPlain(root, ROSTER_SHAPE, text, findings);
  if (root === null || plain === null) {
    findings.offset(
      'Empty',
      [0, 1],
      [],
      'the roster is empty; `fleet rollback` puts the one that was applied last back, `fleet init` prints one to start from',
    );
    return failedOf();
  }
  if (!isPlainMap(plain)) {
    findings.value('WrongType', [], 'a roster is a map with version, transport and agents');
    return failedOf();
  }
  const lineOf = (path: Path): number => text.position(locator.find({ kind: 'value', path })[0]).line;
  const roster = build(plain, context, findings, lineOf, checkSchema);
  return roster === null ? failedOf() : ok(roster);
};
