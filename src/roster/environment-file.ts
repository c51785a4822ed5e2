import { AGENT_COMMAND, RESERVED_KEYS, isVariableName, variableFault } from './environment-names.js';
import {
  type EnvironmentStatement,
  environmentStatements,
  quoteEnvironmentValue,
} from './environment-syntax.js';

export { RESERVED_KEYS } from './environment-names.js';

const BEGIN = '# >>> fleet: written by fleet, edits between these two lines are lost >>>';
const END = '# <<< fleet: lines outside are yours, and win over the roster <<<';

/** An agent's env file, `<home>/fleet/agents/<agent>.env`. */
export interface EnvironmentFile {
  /** Variables of the site's own lines, the last assignment winning; without {@link RESERVED_KEYS}. */
  readonly site: Readonly<Record<string, string>>;
  /** Variables between fleet's two marker lines. */
  readonly managed: Readonly<Record<string, string>>;
  /** Whether the managed block is there, with both its markers. */
  readonly owned: boolean;
  /** Of the site's own lines those that set nothing; absent: there are none. */
  readonly ignored?: readonly IgnoredLine[];
}

/** What stands there may be a secret, part of a key over several lines for example: it is not repeated. */
export interface IgnoredLine {
  /** From 1. */
  readonly line: number;
  /** Whether it begins with the shell's word `export`. */
  readonly exported: boolean;
  /** Name of a variable that no agent can be given; absent: the line is no assignment. */
  readonly name?: string;
}

interface Block {
  readonly start: number;
  readonly end: number;
}

interface Layout {
  /** Fleet's blocks, markers included. One, unless somebody copied it. */
  readonly blocks: readonly Block[];
  /** Marker lines without their other half. */
  readonly strays: readonly Block[];
  readonly assignments: readonly Extract<EnvironmentStatement, { kind: 'assignment' }>[];
  /** Statements that set nothing, wherever they stand. */
  readonly idle: readonly EnvironmentStatement[];
}

const layoutOf = (text: string): Layout => {
  const blocks: Block[] = [];
  const strays: Block[] = [];
  const assignments: Extract<EnvironmentStatement, { kind: 'assignment' }>[] = [];
  const idle: EnvironmentStatement[] = [];
  let open: Block | null = null;
  for (const statement of environmentStatements(text)) {
    const { start, end } = statement;
    if (statement.kind === 'assignment') {
      if (isVariableName(statement.name)) assignments.push(statement);
      else idle.push(statement);
      continue;
    }
    if (statement.kind === 'nothing') {
      idle.push(statement);
      continue;
    }
    // A carriage return is a line end of its own to systemd: a copy through another system keeps the markers.
    const line = text.slice(start, end).trim();
    if (line === BEGIN) {
      if (open !== null) strays.push(open);
      open = { start, end };
    } else if (line === END) {
      if (open === null) strays.push({ start, end });
      else blocks.push({ start: open.start, end });
      open = null;
    }
  }
  if (open !== null) strays.push(open);
  return { blocks, strays, assignments, idle };
};

const isInside = (place: Block, blocks: readonly Block[]): boolean =>
  blocks.some(({ start, end }) => place.start >= start && place.end <= end);

/** Reads an env file as systemd does: names that are none are ignored, the last assignment of a name wins. */
export const parseEnvironmentFile = (text: string): EnvironmentFile => {
  const { blocks, assignments, idle } = layoutOf(text);
  const site = new Map<string, string>();
  const managed = new Map<string, string>();
  for (const assignment of assignments) {
    const { name, value } = assignment;
    // How the agent is started is the site's word wherever it stands.
    if (name === AGENT_COMMAND) site.set(name, value);
    else if (isInside(assignment, blocks)) managed.set(name, value);
    else if (!RESERVED_KEYS.includes(name)) site.set(name, value);
  }
  const ignored = [...idle, ...assignments.filter((one) => isInVain(one, managed))]
    .filter((one) => !isInside(one, blocks))
    .sort((a, b) => a.start - b.start)
    .map((one) => ignoredLine(text, one));
  return {
    ...{ site: Object.fromEntries(site), managed: Object.fromEntries(managed), owned: blocks.length > 0 },
    ...(ignored.length === 0 ? {} : { ignored }),
  };
};

/** A variable that no agent can be given. What says the same as fleet's own line is left from the predecessor, and comes true. */
const isInVain = (
  { name, value }: Extract<EnvironmentStatement, { kind: 'assignment' }>,
  managed: ReadonlyMap<string, string>,
): boolean => {
  if (name === AGENT_COMMAND || variableFault(name) === null) return false;
  return !RESERVED_KEYS.includes(name) || (managed.get(name) ?? value) !== value;
};

/** Lines as an editor counts them. */
const ignoredLine = (text: string, statement: EnvironmentStatement): IgnoredLine => ({
  line: text.slice(0, statement.start).split(/\r\n|\r|\n/).length,
  exported: /^\s*export[ \t]/.test(text.slice(statement.start, statement.end)),
  ...(statement.kind === 'assignment' && isVariableName(statement.name) ? { name: statement.name } : {}),
});

/**
 * The env file with its managed block brought up to date; `previousText` null where there is no file yet. Everything
 * outside the block is kept byte for byte; so is a `MOSAIC_AGENT_COMMAND` that stood inside, which moves out behind it.
 * A new block goes first, so that the site's lines win, as the last assignment does. Rendering twice changes nothing.
 */
export const renderEnvironmentFile = (
  previousText: string | null,
  managed: Readonly<Record<string, string>>,
): string => {
  const text = previousText ?? '';
  const { blocks, strays, assignments } = layoutOf(text);
  const rescued = assignments
    .filter((assignment) => assignment.name === AGENT_COMMAND && isInside(assignment, blocks))
    .map(({ start, end }) => terminated(text.slice(start, end)))
    .join('');
  const block = renderBlock(managed) + rescued;
  const first = blocks[0];
  const isShadowed = (assignment: EnvironmentStatement): boolean =>
    assignment.kind === 'assignment' &&
    Object.hasOwn(managed, assignment.name) &&
    !RESERVED_KEYS.includes(assignment.name);
  const stays =
    first !== undefined && !assignments.some((each) => each.end <= first.start && isShadowed(each));
  const removed = [...blocks, ...strays];
  if (!stays) return block + without(text, 0, text.length, removed);
  return without(text, 0, first.start, removed) + block + without(text, first.end, text.length, removed);
};

/** The env file as it would be without fleet: the site's own lines, byte for byte. */
export const withoutManagedBlock = (text: string): string => {
  const { blocks, strays } = layoutOf(text);
  return without(text, 0, text.length, [...blocks, ...strays]);
};

const renderBlock = (managed: Readonly<Record<string, string>>): string => {
  const rank = (name: string): number =>
    RESERVED_KEYS.includes(name) ? RESERVED_KEYS.indexOf(name) : Infinity;
  const lines = Object.entries(managed)
    .filter(([name]) => name !== AGENT_COMMAND)
    .sort(([a], [b]) => (rank(a) === rank(b) ? (a < b ? -1 : 1) : rank(a) - rank(b)))
    .map(([name, value]) => `${name}=${quoteEnvironmentValue(value)}\n`);
  return `${BEGIN}\n${lines.join('')}${END}\n`;
};

const terminated = (line: string): string => (line.endsWith('\n') ? line : `${line}\n`);

/** The stretch of the text from `start` to `end`, without the blocks. */
const without = (text: string, start: number, end: number, blocks: readonly Block[]): string => {
  let kept = '';
  let at = start;
  for (const block of [...blocks].sort((a, b) => a.start - b.start)) {
    if (block.end <= at || block.start >= end) continue;
    kept += text.slice(at, block.start);
    at = block.end;
  }
  return kept + text.slice(at, end);
};
