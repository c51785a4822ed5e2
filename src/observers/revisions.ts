import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileProblem, readText } from '../host/atomic-file.js';
import { errorCode } from '../host/error-code.js';

/**
 * A roster that is kept: `applied` was in force, `set-aside` was replaced by a rollback or an export without ever having been applied
 * as it was written.
 */
export type RevisionKind = 'applied' | 'set-aside';

/** The name of one kept roster: `000012-3f9c1a2b4d5e.yaml`, its templates and facts beside it in `….json`. */
export interface RevisionName {
  /** Order of being applied or set aside; the highest is the latest. */
  readonly number: number;
  /** First 12 hex digits of the roster's revision; of its text's digest where the text is no valid roster. */
  readonly id: string;
  readonly kind: RevisionKind;
}

export interface Revision extends RevisionName {
  /** Absolute path of the text, as it was written. */
  readonly file: string;
  readonly text: string;
  /** Epoch milliseconds; null where it is not on record. */
  readonly at: number | null;
  /** Whether the text was a valid roster when it was kept. */
  readonly valid: boolean;
  /** Content of its kickstart templates by their path as written in the roster. */
  readonly templates: Readonly<Record<string, string>>;
}

export const revisionsDirectory = (state: string): string => path.join(state, 'revisions');

export const revisionFile = (state: string, name: RevisionName, kind: 'yaml' | 'json'): string =>
  path.join(
    revisionsDirectory(state),
    `${String(name.number).padStart(6, '0')}-${name.id}${name.kind === 'set-aside' ? '.set-aside' : ''}.${kind}`,
  );

const pattern = /^([0-9]{6,})-([0-9a-f]{12})(\.set-aside)?\.yaml$/;

/** Names of what is kept, oldest first, by one look at the directory. @throws node's file system errors */
export function revisionNames(state: string): readonly RevisionName[] {
  let names: readonly string[];
  try {
    names = fs.readdirSync(revisionsDirectory(state));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  return names
    .flatMap((name): readonly RevisionName[] => {
      const [, number = '', id = '', aside] = pattern.exec(name) ?? [];
      return id === ''
        ? []
        : [{ number: Number(number), id, kind: aside === undefined ? 'applied' : 'set-aside' }];
    })
    .toSorted((a, b) => a.number - b.number || (a.id < b.id ? -1 : 1));
}

export type History =
  | { readonly known: true; readonly revisions: readonly Revision[] }
  | { readonly known: false; readonly message: string };

/** Every kept roster, oldest first. One whose text cannot be read makes the history unknown; lost facts do not. */
export function readHistory(state: string): History {
  try {
    const revisions: Revision[] = [];
    for (const name of revisionNames(state)) {
      const file = revisionFile(state, name, 'yaml');
      const content = readText(file);
      if (content.state === 'unknown') return { known: false, message: content.message };
      // Pruned by somebody between the two looks.
      if (content.state === 'absent') continue;
      revisions.push({ ...name, file, text: content.text, ...readFacts(revisionFile(state, name, 'json')) });
    }
    return { known: true, revisions };
  } catch (error) {
    return { known: false, message: `${revisionsDirectory(state)}: ${fileProblem(error)}` };
  }
}

function readFacts(file: string): Pick<Revision, 'at' | 'valid' | 'templates'> {
  const nothing = { at: null, valid: true, templates: {} };
  const content = readText(file);
  if (content.state !== 'present') return nothing;
  try {
    const value: unknown = JSON.parse(content.text);
    if (typeof value !== 'object' || value === null) return nothing;
    const { at, valid, templates } = value as Record<string, unknown>;
    return {
      at: typeof at === 'number' ? at : null,
      valid: valid !== false,
      templates: isTexts(templates) ? templates : {},
    };
  } catch {
    return nothing;
  }
}

const isTexts = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((entry) => typeof entry === 'string');
