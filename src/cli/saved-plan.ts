import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Cost, Plan } from '../controller/action.js';
import { fileProblem } from '../host/atomic-file.js';
import type { Paths } from '../host/paths.js';
import { isSameFile, openRegular, readWholeText } from '../host/regular-file.js';
import { CommandFailure, ExitCode } from './exit-code.js';
import { requireNoneOfOurs } from './own-files.js';
import { planJson } from './render/plan-json.js';

/** The parts of a saved plan that must still be true when it is applied. */
export interface SavedPlan {
  readonly rosterRevision: string;
  readonly observedRevision: string;
  /** What was planned, without what may change by itself (gates, activity). */
  readonly actions: string;
  /** Agents whose conversation was to end. */
  readonly losing: ReadonlySet<string>;
}

const lost: Cost['kind'] = 'loses-conversation';

/** A larger file is not read: the largest roster has a smaller plan. */
const mostOfPlan = 64 * 1024 * 1024;

/** Without the name that was given: it may be that of a roster, or of another file that is still wanted. */
const howTo = 'Write one with: fleet plan --out FILE';

/**
 * A plan takes the place of nothing but a plan: of the roster nobody could tell any more what the fleet was to be.
 *
 * @throws CommandFailure 64 for the roster, for fleet's own files, for what means standard output elsewhere, and for a file that somebody
 *   has written something else into
 */
export function requirePlaceForPlan(paths: Paths, out: string): void {
  const refuse = (message: string): never => {
    throw new CommandFailure(ExitCode.usage, message);
  };
  if (out === '-')
    refuse('--out takes the name of a file; the same plan on standard output: fleet plan --json');
  requireNoneOfOurs(paths, out, 'the plan');
  let taken: string | null = null;
  try {
    if (isSameFile(path.resolve(out), paths.roster)) taken = 'is the roster';
    else if (!isForPlan(out)) taken = 'is there already, and no saved plan';
  } catch {
    // Whoever writes it says why that cannot be done.
  }
  if (taken !== null) refuse(`${out} ${taken}; give the plan a file of its own`);
}

/** Whether the file is empty, as mktemp makes one, or begins as a plan does. @throws where there is none, or it cannot be read */
function isForPlan(file: string): boolean {
  const handle = openRegular(file);
  try {
    const start = Buffer.alloc(128);
    const text = start.toString('latin1', 0, fs.readSync(handle, start));
    return text === '' || /^\{\s*"formatVersion":\s*"[^"]*",\s*"roster":\s*\{/.test(text);
  } finally {
    fs.closeSync(handle);
  }
}

/** @throws CommandFailure 1 where the file is not a plan that this version wrote */
export function loadSavedPlan(file: string): SavedPlan {
  let value: unknown;
  try {
    value = JSON.parse(readWholeText(file, mostOfPlan));
  } catch (error) {
    const problem = error instanceof SyntaxError ? 'is not a saved plan' : fileProblem(error);
    throw new CommandFailure(ExitCode.error, `${file}: ${problem}\n${howTo}`);
  }
  const document = isObject(value) ? value : {};
  const { roster, observed, actions } = document;
  if (
    document['formatVersion'] !== '1.0' ||
    !isObject(roster) ||
    !isObject(observed) ||
    !Array.isArray(actions)
  ) {
    throw new CommandFailure(ExitCode.error, `${file}: is not a saved plan\n${howTo}`);
  }
  return {
    rosterRevision: String(roster['revision']),
    observedRevision: String(observed['revision']),
    actions: fingerprint(actions),
    losing: new Set(
      actions.filter(isObject).flatMap(({ agent, cost }) => (cost === lost ? [String(agent)] : [])),
    ),
  };
}

/** @throws CommandFailure 3 where roster, host or outcome differ from what was saved */
export function requireFresh(saved: SavedPlan, plan: Plan): void {
  const moved: string[] = [];
  if (saved.rosterRevision !== plan.rosterRevision) moved.push('the roster has changed');
  if (saved.observedRevision !== plan.observedRevision)
    moved.push('units, sessions or processes have changed');
  if (moved.length === 0 && saved.actions !== fingerprint(jsonActions(plan)))
    moved.push('what would be done has changed');
  // Whoever looked at the plan read that nothing would be lost. A reset says what it is.
  const losing = plan.actions.filter(
    ({ agent, action, cost }) => cost.kind === lost && action !== 'reset' && !saved.losing.has(agent),
  );
  if (moved.length === 0 && losing.length > 0)
    moved.push(`${losing.map(({ agent }) => agent).join(', ')} got a conversation to lose`);
  if (moved.length === 0) return;
  throw new CommandFailure(
    ExitCode.stalePlan,
    `the saved plan is stale: ${moved.join(', ')} since it was made; nothing was done\nMake a new one with: fleet plan --out FILE`,
  );
}

function jsonActions(plan: Plan): readonly unknown[] {
  const document: unknown = JSON.parse(JSON.stringify(planJson(plan, '')));
  return isObject(document) && Array.isArray(document['actions']) ? document['actions'] : [];
}

function fingerprint(actions: readonly unknown[]): string {
  return JSON.stringify(
    actions.map((action) =>
      isObject(action) ? [action['agent'], action['action'], action['reasons'], action['hashes']] : null,
    ),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
