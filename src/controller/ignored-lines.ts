import type { IgnoredLine } from '../roster/environment-file.js';
import { variableFault } from '../roster/environment-names.js';
import type { AgentFiles } from './observed.js';

/** So many lines are enough to see what is wrong with a file. */
const most = 3;

/** A text for each line of an env file that sets nothing: where it stands, and what to write. Never what stands there. */
export function ignoredTexts({ file, lines }: NonNullable<AgentFiles['ignored']>): readonly string[] {
  const rest = lines.length - most;
  return [
    ...lines.slice(0, most).map((line) => `${file}:${line.line}: sets nothing: ${whyOf(line)}`),
    ...(rest > 0 ? [`${file}: so do ${rest} more of its lines`] : []),
  ];
}

function whyOf({ exported, name }: IgnoredLine): string {
  const fault = name === undefined ? null : variableFault(name);
  if (fault !== null) return `${name}: ${fault}`;
  return exported
    ? 'no shell reads it; write NAME=VALUE without export'
    : 'it is no NAME=VALUE, and no comment';
}
