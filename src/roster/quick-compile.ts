import { type CompileContext, build } from './build.js';
import { Findings, type Path } from './finding.js';
import type { PlainMap } from './plain-map.js';
import { quickRead } from './quick-read.js';
import { ROSTER_SHAPE } from './shapes.js';
import type { Roster } from './types.js';
import validate from './validator.generated.js';

export interface RosterSource {
  /** Name shown in diagnostics. */
  readonly file: string;
  readonly text: string;
}

/** Largest roster text, in bytes. */
const LARGEST = 4 * 1024 * 1024;

export const isTooLarge = (text: string): boolean =>
  text.length > LARGEST || Buffer.byteLength(text) > LARGEST;

/**
 * Nearly every roster is read this way, without the full parser, which is not even loaded then. Only the full parser finds
 * mistakes and says where they are.
 *
 * @returns null where it takes the full parser: `compileRoster`
 */
export const compileQuickly = ({ text }: RosterSource, context: CompileContext): Roster | null => {
  if (isTooLarge(text)) return null;
  const quick = quickRead(text, ROSTER_SHAPE);
  if (quick === null) return null;
  const lineOf = (_: Path, entry: unknown): number => quick.nameLines.get(entry) ?? 1;
  return build(quick.plain, context, new Findings(), lineOf, refuseBySchema);
};

const refuseBySchema = (plain: PlainMap, findings: Findings): void => {
  if (!validate(plain)) findings.value('InvalidValue', [], 'the schema knows why');
};
