import * as path from 'node:path';
import { parseArgs } from 'node:util';

/** What can be measured by itself. */
export const parts = [
  'start-up',
  'nothing-to-do',
  'bring-up',
  'message',
  'reactions',
  'counted',
  'at-rest',
] as const;
export type Part = (typeof parts)[number];

export const usage = `usage: npm run bench [-- --quick] [-- --json FILE] [-- --svg FILE]
       npm run bench -- --from FILE --svg FILE
       npm run bench -- --profile

  --quick         5 repetitions instead of 11, no fleet of 300 or 1000, nothing slow; about six minutes
  --json FILE     also write the figures, and the machine they are of, to FILE
  --svg FILE      also draw what has a rival to FILE
  --from FILE     measure nothing: the figures are those of an earlier --json
  --profile       where the time of \`fleet plan\` goes, and nothing else
  --only PART,…   only these: ${parts.join(', ')}
  --agents N,…    of nothing-to-do and bring-up: fleets of these sizes; above 300 they are suspended
`;

export interface Options {
  readonly quick: boolean;
  readonly profile: boolean;
  readonly json: string | null;
  readonly svg: string | null;
  readonly from: string | null;
  readonly only: readonly Part[];
  /** null: the usual ones. */
  readonly agents: readonly number[] | null;
}

/** @returns null where the words are none of the usage */
export function readOptions(args: readonly string[]): Options | null {
  const values = valuesOf(args);
  if (values === null) return null;
  const file = (name: string | undefined): string | null => (name === undefined ? null : path.resolve(name));
  const only = values.only?.split(',') ?? parts;
  const agents = values.agents?.split(',').map(Number) ?? null;
  if (!only.every(isPart) || agents?.every((size) => Number.isInteger(size) && size > 0) === false)
    return null;
  return {
    ...{ quick: values.quick === true, profile: values.profile === true },
    ...{ json: file(values.json), svg: file(values.svg), from: file(values.from) },
    ...{ only, agents },
  };
}

const isPart = (name: string): name is Part => (parts as readonly string[]).includes(name);

const words = {
  quick: { type: 'boolean' },
  profile: { type: 'boolean' },
  json: { type: 'string' },
  svg: { type: 'string' },
  from: { type: 'string' },
  only: { type: 'string' },
  agents: { type: 'string' },
} as const;

function valuesOf(
  args: readonly string[],
): ReturnType<typeof parseArgs<{ options: typeof words }>>['values'] | null {
  try {
    return parseArgs({ args: [...args], options: words }).values;
  } catch {
    return null;
  }
}
