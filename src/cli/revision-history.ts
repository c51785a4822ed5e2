import { hash } from 'node:crypto';
import { keepRoster, pruneRosters, removeRoster, type KeptFiles } from '../actuators/revisions.js';
import type { ActionResult } from '../controller/apply.js';
import { fileProblem } from '../host/atomic-file.js';
import { revisionFile, revisionNames, type RevisionName } from '../observers/revisions.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';
import { sourceTextOf } from './roster-source.js';

/** First digits of a revision, as in the names of kept rosters. */
export const shortId = (revision: string): string => revision.slice(0, 12);

/** Names a text that is no valid roster. */
export const textId = (text: string): string => shortId(hash('sha256', text, 'hex'));

export const templatesOf = ({ agents }: Roster): Readonly<Record<string, string>> =>
  Object.fromEntries(
    agents.flatMap(({ kickstart }) => (kickstart === null ? [] : [[kickstart.path, kickstart.content]])),
  );

/** Whether something of the roster was done. `stop` is the operator's word and no part of any roster. */
export const tookEffect = (results: readonly ActionResult[]): boolean =>
  results.some(
    ({ kind, action: { action, reasons } }) =>
      kind === 'done' && !(action === 'stop' && reasons.some(({ code }) => code === 'OperatorWord')),
  );

/**
 * Keeps the roster that is in force, as the latest of the history; nothing is written where it is that already. A
 * history that cannot be written stops nothing, and is said.
 */
export function keepInForce(context: Context, roster: Roster): void {
  const text = sourceTextOf(roster);
  // A roster that was not read from a file has no text to go back to.
  if (text === null) return;
  const failure = keep(context, { id: shortId(roster.revision), kind: 'applied' }, text, {
    valid: true,
    templates: templatesOf(roster),
  });
  if (failure !== null)
    context.say(`the roster was not kept for fleet rollback: ${failure}; everything else was done`);
}

/** Keeps one roster as the latest. @returns null, or why it could not be written */
export function keep(
  { paths, now }: Context,
  what: Pick<RevisionName, 'id' | 'kind'>,
  text: string,
  facts: { readonly valid: boolean; readonly templates: Readonly<Record<string, string>> },
): string | null {
  const files = (name: RevisionName): KeptFiles => ({
    text: revisionFile(paths.state, name, 'yaml'),
    facts: revisionFile(paths.state, name, 'json'),
  });
  let names: readonly RevisionName[];
  try {
    names = revisionNames(paths.state);
  } catch (error) {
    return fileProblem(error);
  }
  const same = (name: RevisionName): boolean => name.id === what.id && name.kind === what.kind;
  const latest = names.findLast(({ kind }) => kind === what.kind);
  if (latest !== undefined && same(latest) && what.kind === 'applied') return null;
  const name = { ...what, number: (names.at(-1)?.number ?? 0) + 1 };
  // In force again: it is the latest now, with the comments it has now.
  const replaced = what.kind === 'applied' ? names.filter(same) : [];
  const failure = keepRoster(files(name), { text, at: now(), ...facts });
  if (failure !== null) return failure;
  for (const one of replaced) removeRoster(files(one));
  const left = [...names.filter((one) => !replaced.includes(one)), name];
  const kept = left.map(files);
  return pruneRosters(kept, kept[left.findLastIndex(({ kind }) => kind === 'applied')] ?? null);
}
