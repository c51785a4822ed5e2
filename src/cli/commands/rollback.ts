import { displayPath } from '../../host/paths.js';
import { observeInstallation } from '../../observers/installation.js';
import type { Revision } from '../../observers/revisions.js';
import { templateReader } from '../../observers/roster-file.js';
import { parseEnvironmentFile } from '../../roster/environment-file.js';
import { visible } from '../../roster/visible.js';
import type { Context } from '../context.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { requireOwnInstallation } from '../guard.js';
import { nextApply } from '../next-apply.js';
import { rosterDiff } from '../render/diff-text.js';
import { chooseRevision, history, previousRevision } from '../revision-choice.js';
import { shortId } from '../revision-history.js';
import {
  changedTemplates,
  currentRoster,
  replaceRoster,
  rosterText,
  setAside,
  type ChangedTemplate,
} from '../roster-replacement.js';
import { compileText } from '../roster-text.js';
import { rollbackList } from './rollback-list.js';

export interface RollbackOptions {
  readonly list?: true;
  readonly json?: true;
  readonly dryRun?: true;
  readonly templates?: true;
}

/**
 * Puts an earlier roster back into its file; what it replaces is kept. Nothing is applied: that is `fleet apply`, or the
 * controller where one runs.
 */
export async function rollbackCommand(
  context: Context,
  word: string | undefined,
  options: RollbackOptions,
): Promise<ExitCode> {
  const { paths, print, say, style } = context;
  if (options.list === true && (word !== undefined || options.dryRun === true || options.templates === true))
    throw new CommandFailure(ExitCode.usage, '--list goes with --json alone; it puts nothing back');
  const roster = await currentRoster(context);
  const currentId = roster === null ? null : shortId(roster.revision);
  if (options.list === true) return rollbackList(context, currentId, options.json === true);
  if (options.json === true) throw new CommandFailure(ExitCode.usage, '--json goes with --list');
  requireOwnInstallation(context, null, observeInstallation(paths, parseEnvironmentFile));
  const revisions = history(context);
  const target =
    word === undefined ? previousRevision(context, revisions, currentId) : chooseRevision(revisions, word);
  const before = { text: rosterText(context), roster };
  const changed = changedTemplates(context, target);
  const restored = options.templates === true ? changed : [];
  requireValid(context, target, restored);

  const shown = displayPath(paths.roster, paths.userHome);
  const name = `${target.number} (${target.id.slice(0, 7)})`;
  const diff = rosterDiff(
    { name: shown, text: before.text ?? '' },
    { name: `${shown} of revision ${name}`, text: target.text },
    style,
  );
  for (const line of diff) print(line);
  for (const { path } of restored) print(`${visible(path)}: its text of then is put back, too`);
  const others = changed.length > restored.length ? changed.map(({ path }) => visible(path)) : [];
  if (others.length > 0) {
    say(
      style.warn(
        `warning: kickstart templates that have changed since stay as they are: ${others.join(', ')}\nTo put them back, too: --templates`,
      ),
    );
  }
  if (before.text === target.text && restored.length === 0) {
    print(`${shown} is that of revision ${name} already. Nothing was changed.`);
    return ExitCode.done;
  }
  if (options.dryRun === true) {
    print(`Would write revision ${name} to ${shown}. Nothing was changed.`);
    return ExitCode.done;
  }
  const aside = setAside(context, revisions, before, restored);
  replaceRoster(context, before, target.text, restored);
  const kept = aside === null ? '' : ` What it said before is kept as ${aside}.`;
  print(`${shown} is that of revision ${name} again.${kept}`);
  print(nextApply(context));
  return ExitCode.done;
}

/** @throws CommandFailure 78: a roster that would be refused helps nobody */
function requireValid(context: Context, target: Revision, restored: readonly ChangedTemplate[]): void {
  const read = templateReader(context.paths.roster, context.paths.userHome);
  const compiled = compileText(context, target.text, `revision ${target.number}`, (path) => {
    const template = restored.find((one) => one.path === path);
    return template === undefined ? read(path) : { ok: true, text: template.then };
  });
  if (compiled.ok) return;
  const templates = Object.keys(target.templates).length > 0 && restored.length === 0;
  throw new CommandFailure(
    ExitCode.invalidRoster,
    `${compiled.failure}; nothing was changed\nThe text itself: ${target.file}${templates ? '\nWith its templates of then: --templates' : ''}`,
  );
}
