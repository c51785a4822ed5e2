import type { ConversationShape } from './conversation.js';
import { BUILT_IN, GENERIC } from './profiles.js';
import type { SpecRecord } from './record.js';
import type { AgentSpec } from './types.js';

/** Something a runtime shows: a JavaScript regular expression, looked for line by line (flag `m`) on the screen, in the title, or in both. */
export interface Sign {
  readonly on: 'screen' | 'title' | 'either';
  readonly pattern: string;
}

/**
 * Where a runtime's composer stands on the screen, read from the bottom.
 *
 * - `prompt`: begins at the last line that matches `first`, whose first group is the text there, and ends before the next
 *   line that matches the first of `ends` that any line below matches
 * - `between`: lies between the last two lines that match `rule`; `glyph` stands in front of its text
 * - `box`: the lines above the last one that matches `close` whose beginning matches `side`; the last of them with text is
 *   the runtime's own
 * - `none`: cannot be told; a draft is never seen, and a paste is believed after the submit delay
 *
 * Faint text in it is the runtime's own (a placeholder), as is what matches `placeholder`.
 */
export type ComposerShape =
  | {
      readonly kind: 'prompt';
      readonly first: string;
      readonly ends: readonly string[];
      readonly placeholder: string | null;
    }
  | {
      readonly kind: 'between';
      readonly rule: string;
      readonly glyph: string | null;
      readonly placeholder: string | null;
    }
  | {
      readonly kind: 'box';
      readonly side: string;
      readonly close: string;
      readonly placeholder: string | null;
    }
  | { readonly kind: 'none' };

/** How a runtime writes down what was said to it; each has a reader in src/observers/transcripts. */
export type TranscriptKind = 'claude' | 'codex' | 'opencode' | 'gemini' | 'pi' | 'demo' | 'none';

/** What fleet knows about a runtime's screen and keys. Data: a runtime changes its screen faster than fleet is released. */
export interface RuntimeProfile {
  readonly ready: readonly Sign[];
  /** What shows that it takes no input, though a sign of `ready` shows. */
  readonly starting: readonly Sign[];
  /**
   * What shows that a process which was started to continue a conversation has loaded it: what is typed before may be thrown
   * away. Empty: it keeps what is typed as soon as it is ready.
   */
  readonly loaded: readonly Sign[];
  /**
   * The same for a process that begins a conversation: before it asks its terminal for bracketed pastes, a text would be read key by
   * key.
   */
  readonly listening: readonly Sign[];
  readonly busy: readonly Sign[];
  readonly dialog: readonly Sign[];
  /**
   * What shows that a message would go elsewhere: a human has opened a menu or a search, or typed `!`, and what is entered is run as a
   * shell command.
   */
  readonly elsewhere: readonly Sign[];
  readonly composer: ComposerShape;
  /** What a composer shows in place of a long paste, or null. */
  readonly collapsed: string | null;
  /**
   * An end of a text behind which its composer may offer words to go on with, from which Enter would choose: a blank is pasted behind it, which
   * ends that. null: Enter submits whatever the text ends with.
   */
  readonly completes: string | null;
  /** How long a composer may take to show a paste, milliseconds. */
  readonly submitDelayMs: number;
  /** How long a paste must have stood in the composer before Enter, milliseconds: what comes sooner is taken for a part of it. */
  readonly restMs: number;
  /**
   * How long after its first message a runtime may take to put another view, with another composer, in place of the first one, milliseconds:
   * before that, or until it shows that it works, nobody else types. 0: it stays in one view.
   */
  readonly settleMs: number;
  /**
   * Keys that submit the composer while it works. A dialog can come up in the moment in which they arrive, unseen: these must
   * not approve in one. Empty: there are none, and a message waits until it is idle.
   */
  readonly submitBusy: readonly string[];
  /** The longest text that these keys submit as it is; of a longer one they would submit what the composer shows in its place. */
  readonly submitBusyMost: { readonly lines: number; readonly characters: number } | null;
  /** Keys (tmux's names) that empty a draft. Only pressed while a draft is seen: on an empty composer they may end the runtime. */
  readonly clearDraft: readonly string[];
  /** Keys that interrupt a turn. */
  readonly interrupt: readonly string[];
  /** What is typed for a fresh conversation; null: in no way that is known. */
  readonly resetCommand: string | null;
  /** What shows that a conversation is fresh; empty: only an end of the process is certain. */
  readonly fresh: readonly Sign[];
  readonly transcript: TranscriptKind;
  /**
   * Part of the name of a file that a process has mapped once another one of its home may be started: until then, or for twenty
   * seconds, the other waits. null: they may be started at once.
   */
  readonly turn: string | null;
  /** How conversations are named and continued; null: it has none, as far as fleet knows. */
  readonly conversation: ConversationShape | null;
}

/** The profile in force for an agent: its runtime's, with what the roster says over it. */
export const profileOf = (spec: AgentSpec): RuntimeProfile => {
  const known = BUILT_IN.get(spec.runtime) ?? GENERIC;
  return {
    ...known,
    ready: overridden(spec.readyPattern, known.ready),
    busy: overridden(spec.busyPattern, known.busy),
    dialog: overridden(spec.dialogPattern, known.dialog),
    fresh: overridden(spec.freshPattern, known.fresh),
    composer: composerOf(spec.composerPattern, known.composer),
    submitDelayMs: spec.submitDelayMs ?? known.submitDelayMs,
    resetCommand: spec.resetCommand ?? known.resetCommand,
    conversation: shapeOf(spec.conversation, known.conversation),
  };
};

/**
 * The profile of what runs, which stays what it was started as until it is restarted: by another runtime's a dialog would not be
 * seen, and Enter approves in one. What the roster said over that runtime's own is not on record.
 *
 * @param started the runtime it was started as; null: not on record
 */
export const profileOfRunning = (spec: AgentSpec, started: string | null): RuntimeProfile =>
  started === null || started === spec.runtime ? profileOf(spec) : (BUILT_IN.get(started) ?? GENERIC);

/** What tells whether a runtime is at work, or waits for a human. */
export type ActivitySigns = Pick<RuntimeProfile, 'ready' | 'starting' | 'busy' | 'dialog'>;

/**
 * The same of what runs and is in no roster any more, by the record of what was applied last.
 *
 * @param started the runtime it was started as
 */
export const signsOfDeparted = (applied: SpecRecord, started: string): ActivitySigns => {
  const known = BUILT_IN.get(started) ?? GENERIC;
  if (applied['runtime'] !== started) return known;
  const said = (column: string, own: readonly Sign[]): readonly Sign[] =>
    overridden(applied[column] ?? null, own);
  return {
    ready: said('ready_pattern', known.ready),
    starting: known.starting,
    busy: said('busy_pattern', known.busy),
    dialog: said('dialog_pattern', known.dialog),
  };
};

/** A runtime of the operator's own: its ids are fleet's, and what it holds is known from deliveries alone. */
const OWN_CONVERSATION: ConversationShape = {
  ...{ identity: 'chosen', id: 'uuid', new: [], resume: [], prepare: null, evidence: null },
  ...{ late: false, again: true, mend: false, elsewhere: true },
};

const shapeOf = (
  said: AgentSpec['conversation'],
  known: ConversationShape | null,
): ConversationShape | null => {
  // Whoever only says how one is begun does not say how it is continued.
  if (said.resume === null && (said.new === null || known === null)) return known;
  const base = known ?? OWN_CONVERSATION;
  // Whoever says how one is begun says all of it.
  const prepare = said.new === null ? base.prepare : null;
  return { ...base, prepare, new: said.new ?? base.new, resume: said.resume ?? base.resume };
};

const overridden = (pattern: string | null, known: readonly Sign[]): readonly Sign[] =>
  pattern === null ? known : [{ on: 'either', pattern }];

/**
 * Where a composer ends of which only the beginning is known. Programs indent its further lines by their glyph and draw something
 * below it, a rule or a status line: taken for text, that would be a draft for ever. A blank line may be one of the text's own.
 */
const BELOW_COMPOSER = ['^\\S', '^\\s*$'];

const composerOf = (pattern: string | null, known: ComposerShape): ComposerShape => {
  if (pattern === null) return known;
  return {
    ...{ kind: 'prompt', first: pattern },
    ends: known.kind === 'prompt' ? known.ends : BELOW_COMPOSER,
    placeholder: known.kind === 'none' ? null : known.placeholder,
  };
};
