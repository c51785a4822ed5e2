import type { Arrival, TranscriptPosition } from '../../controller/transcript.js';
import type { TranscriptKind } from '../../roster/profile.js';
import { processFacts, type ProcessFacts } from '../process-facts.js';
import { claude } from './claude.js';
import { codex } from './codex.js';
import { demo } from './demo.js';
import { gemini } from './gemini.js';
import { sessionIn, turnOf } from '../opencode-database.js';
import { arrivalInLines, entriesAtEnd, mostFiles, newestFiles, sizesOf, type Listing } from './lines.js';
import { arrivalInDatabase, databases, withoutLog } from './opencode.js';
import { pi } from './pi.js';

/** Something that was said to the agent, as one entry of its transcript has it. */
export interface Said {
  readonly text: string;
  /** The runtime holds it for later. */
  readonly queued: boolean;
}

export type Turn = 'open' | 'over';

/** How one kind of transcript is found and read. All of them are lines of JSON, but opencode's. */
export interface LineTranscript {
  /**
   * Files that may hold the agent's conversation. `own`: they hold nobody else's; then what is not in them was not said,
   * unless `late`: the runtime writes them some time after it has taken a message.
   */
  readonly files: (facts: ProcessFacts) => Listing & { readonly own: boolean; readonly late: boolean };
  /** Whether an entry leaves the agent in the middle of a turn, or ends one; null: it does neither. */
  readonly turn: (entry: Readonly<Record<string, unknown>>) => Turn | null;
  readonly said: (entry: Readonly<Record<string, unknown>>, facts: ProcessFacts) => readonly Said[];
}

const KINDS: Readonly<Record<Exclude<TranscriptKind, 'none' | 'opencode'>, LineTranscript>> = {
  ...{ claude, codex, gemini, pi, demo },
};

/** So much of a file's end is read for the last turn. */
const endBytes = 256 * 1024;

/**
 * Whether the agent of a transcript is in the middle of a turn: its user was not answered to the end.
 *
 * @param files of one conversation, or the database that it is in; the one written last counts
 * @returns null where that cannot be told
 */
export function turnIn(kind: TranscriptKind, files: readonly string[], id: string): Turn | null {
  if (kind === 'none') return null;
  const [newest] = newestFiles(files, 1);
  if (newest === undefined) return null;
  if (kind === 'opencode') {
    const sight = sessionIn(newest, id);
    return sight === null ? null : turnOf(sight);
  }
  const turns = entriesAtEnd(newest, endBytes).flatMap((entry) => KINDS[kind].turn(entry) ?? []);
  return turns.at(-1) ?? null;
}

/** An agent's transcript, as far as its own process tells where it is. */
export interface Transcript {
  /** The files that may hold it. */
  readonly files: () => Listing;
  /** Where its files end now. */
  readonly position: () => TranscriptPosition;
  /**
   * @param addressed whether the text names this agent: then no other conversation can hold exactly it
   * @param ended the process that was told it has ended: what that did not write down it never will
   */
  readonly arrival: (
    since: TranscriptPosition,
    text: string,
    addressed: boolean,
    ended?: 'ended' | null,
  ) => Arrival;
  /** Whether what is read now is what that position is of: then what is not in it since was not said. `ended` as above. */
  readonly goesOn: (since: TranscriptPosition, ended?: 'ended' | null) => boolean;
  /**
   * Whether the agent is in the middle of a turn; null: it cannot be told. Of files that may be anybody's, the newest counts.
   *
   * @param id of its conversation; null: not known
   */
  readonly turn: (id: string | null) => Turn | null;
}

const none: Transcript = {
  files: () => ({ paths: [], unread: true }),
  position: () => ({ files: [] }),
  arrival: () => 'unknown',
  goesOn: () => false,
  turn: () => null,
};

/** @param pid of the agent's pane */
export function transcriptOf(kind: TranscriptKind, pid: number): Transcript {
  if (kind === 'none') return none;
  const facts = processFacts(pid);
  if (kind === 'opencode') {
    return {
      files: () => ({ paths: databases(facts), unread: !isKnown(facts) }),
      position: () => sizesOf(databases(facts)),
      arrival: (since, text, addressed) =>
        addressed ? arrivalInDatabase(databases(facts), since, text) : 'unknown',
      goesOn: (since) => samePlace(since, sizesOf(databases(facts))),
      turn: (id) => (id === null ? null : turnIn(kind, databases(facts).map(withoutLog), id)),
    };
  }
  const reader = KINDS[kind];
  return {
    files: () => {
      const { paths, unread } = reader.files(facts);
      return { paths, unread: unread || !isKnown(facts) };
    },
    position: () => sizesOf(newestFiles(reader.files(facts).paths)),
    arrival: (since, text, addressed, ended = null) => {
      const { paths, own, late, unread } = reader.files(facts);
      const found = arrivalInLines(newestFiles(paths), since, text, addressed, (entry) =>
        reader.said(entry, facts),
      );
      switch (found) {
        case 'arrived':
        case 'queued':
          return own || addressed ? found : 'unknown';
        case 'absent':
          if (own && (!late || ended !== null)) return 'absent';
          // It is in none that could be its own, if all of them were read.
          if (ended !== null) return addressed && !unread && paths.length <= mostFiles ? 'absent' : 'unknown';
          return own || (addressed && paths.length > 0) ? 'awaited' : 'unknown';
        case 'awaited':
        case 'unknown':
          return 'unknown';
      }
    },
    goesOn: (since, ended = null) => {
      const { paths, own } = reader.files(facts);
      // A thread that has no file yet (codex) may be another one.
      if (ended !== null && paths.length === 0) return false;
      // Of those that may be anybody's, new ones say nothing.
      return own
        ? samePlace(since, sizesOf(newestFiles(paths)))
        : since.files.some(({ path }) => paths.includes(path));
    },
    turn: (id) => {
      const { paths, own } = reader.files(facts);
      // Names hold the id, or its beginning.
      const named = own || id === null ? [] : paths.filter((path) => path.includes(id.slice(0, 8)));
      return turnIn(kind, named.length > 0 ? named : paths, id ?? '');
    },
  };
}

/** Whether no file came to those. */
const samePlace = (before: TranscriptPosition, now: TranscriptPosition): boolean =>
  (before.files.length === 0 || now.files.length > 0) &&
  now.files.every(({ path }) => before.files.some((file) => file.path === path));

/** Nothing is started with no environment at all: it could not be read, and nobody knows where that process keeps things. */
const isKnown = ({ environment, directory }: ProcessFacts): boolean =>
  directory !== null && Object.keys(environment).length > 0;
