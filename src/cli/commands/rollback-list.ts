import type { Context } from '../context.js';
import { ExitCode } from '../exit-code.js';
import { formatVersion } from '../render/plan-json.js';
import { ago } from '../render/reason-text.js';
import { history } from '../revision-choice.js';
import { jsonText } from '../render/json-text.js';

/** Shows the kept rosters, the latest first. @param currentId what the roster file says now */
export function rollbackList(context: Context, currentId: string | null, json: boolean): ExitCode {
  const { print, paths, now } = context;
  const revisions = history(context).toReversed();
  const inForce = revisions.find(({ kind }) => kind === 'applied');
  if (json) {
    const rows = revisions.map(({ number, id, kind, at, valid, file }) => ({
      ...{ number, revision: id, kind, valid, file },
      time: at === null ? null : new Date(at).toISOString(),
      inForce: number === inForce?.number,
      current: kind === 'applied' && id === currentId,
    }));
    print(jsonText({ formatVersion, roster: { path: paths.roster }, revisions: rows }, 2));
    return ExitCode.done;
  }
  if (revisions.length === 0) print('No roster has been applied yet. Every fleet apply keeps one.');
  for (const { number, id, kind, at, valid } of revisions) {
    const what = [
      kind === 'applied' ? 'applied' : 'set aside by a rollback',
      ...(at === null ? [] : [`${ago(now() - at)} ago`]),
    ].join(' ');
    const marks = [
      ...(number === inForce?.number ? ['in force'] : []),
      ...(kind === 'applied' && id === currentId ? ['what the roster says now'] : []),
      ...(valid ? [] : ['not a valid roster']),
    ];
    print(
      `${String(number).padStart(6)}  ${valid ? id.slice(0, 7) : '-------'}  ${what}${marks.length === 0 ? '' : `  (${marks.join(', ')})`}`,
    );
  }
  return ExitCode.done;
}
