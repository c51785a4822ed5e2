import { ignoredTexts } from '../controller/ignored-lines.js';
import { readText } from '../host/atomic-file.js';
import { displayPath } from '../host/paths.js';
import { observeAgentFiles } from '../observers/agent-files.js';
import { parseEnvironmentFile } from '../roster/environment-file.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';
import type { Check } from './render/check-text.js';

/** Lines of env files that set nothing, and of which systemd and fleet say nothing when they read them. */
export function environmentChecks({ paths }: Context, roster: Roster | null): readonly Check[] {
  const names = roster === null ? [] : roster.agents.map(({ name }) => name);
  const agents = [...observeAgentFiles(paths, names, parseEnvironmentFile).values()];
  const recorded = readText(paths.environment);
  const { ignored = [] } = parseEnvironmentFile(recorded.state === 'present' ? recorded.text : '');
  // This one is the units' own: what no agent can be given may be in force there.
  const lines = ignored.filter(({ name }) => name === undefined);
  const all = [
    { file: displayPath(paths.environment, paths.userHome), lines },
    ...agents.flatMap((files) => files.ignored ?? []),
  ];
  return all
    .flatMap(ignoredTexts)
    .map((message): Check => ({ result: 'warning', subject: 'environment', message }));
}
