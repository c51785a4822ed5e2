/** When a restart or reset of a live agent may happen. */
export type Disruption = 'when-idle' | 'immediate' | 'ask';

/** Exponential backoff of a failing agent. All durations in milliseconds. */
export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
  readonly resetAfterMs: number;
  /** Consecutive failures after which the agent is given up. */
  readonly stallAfter: number;
}

/** Limits for the agent's cgroup, in systemd's own notation (`4G`, `200%`), or null for no limit. */
export interface Resources {
  readonly memoryMax: string | null;
  readonly cpuQuota: string | null;
  readonly tasksMax: string | null;
}

/** The brake: how many live agents one roster edit may disrupt. */
export type MaxDisruption =
  { readonly kind: 'count'; readonly value: number } | { readonly kind: 'percent'; readonly value: number };

/** First message of a fresh conversation. `content` is the template's text, unrendered. */
export interface Kickstart {
  /** As written in the roster. */
  readonly path: string;
  readonly content: string;
}

/**
 * One agent as declared: normalized, defaults filled in, nothing probed.
 * A directory is in canonical form: absolute, or `~`/`~/…` where it lies below the home directory, without
 * `.`, `//` or a trailing slash. Placeholders in `command` are unrendered.
 */
export interface AgentSpec {
  readonly name: string;
  /** tmux session name: `name` with `.` written as `_`. */
  readonly session: string;
  readonly runtime: string;
  readonly class: string;
  readonly workingDirectory: string;
  /** argv put before the runtime's name; null where a declared command makes it irrelevant. */
  readonly launcher: readonly string[] | null;
  /** Declared argv template (the agent's own, else its runtime's), or null where launcher + runtime is used. */
  readonly command: readonly string[] | null;
  /** Whether `command` is the agent's own rather than its runtime's. */
  readonly ownCommand: boolean;
  readonly modelHint: string | null;
  readonly env: Readonly<Record<string, string>>;
  /** Persona name where `persistent_persona` names one. */
  readonly persona: string | null;
  /** `persistent_persona` as protection. A named persona counts as `semi`: only `full` makes `ask` the default. */
  readonly protection: 'none' | 'semi' | 'full';
  readonly resetBetweenTasks: boolean;
  readonly kickstart: Kickstart | null;
  readonly disruption: Disruption;
  readonly idleAfterMs: number;
  readonly stopGraceMs: number;
  readonly backoff: Backoff;
  readonly resources: Resources;
  readonly suspend: boolean;
  readonly resume: boolean;
  /** What the roster says of its runtime's conversation arguments; a list that it does not say is null. */
  readonly conversation: {
    readonly new: readonly string[] | null;
    readonly resume: readonly string[] | null;
  };
  readonly onInterrupted: 'wait' | 'continue';
  readonly resetCommand: string | null;
  readonly readyPattern: string | null;
  readonly busyPattern: string | null;
  readonly dialogPattern: string | null;
  readonly composerPattern: string | null;
  readonly freshPattern: string | null;
  readonly submitDelayMs: number | null;
}

/** A valid roster, normalized. Two texts that mean the same give equal values. */
export interface Roster {
  readonly socketName: string;
  readonly holderSession: string;
  readonly startSpacingMs: number;
  readonly maxDisruption: MaxDisruption;
  /** Sorted by name (code unit order), so that the order in the file means nothing. */
  readonly agents: readonly AgentSpec[];
  /** Where each agent's name stands in the file, for messages. 1-based. Not part of the revision. */
  readonly lines: Readonly<Record<string, number>>;
  /** SHA-256 of the normalized roster, 40 hex digits. */
  readonly revision: string;
}

/** One thing wrong with a roster, with everything needed to print it. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
  /** The offending key as a path, e.g. `agents[2].runtime`; '' for the whole document. */
  readonly path: string;
  /** What is wrong and what was expected, one sentence without the position. */
  readonly message: string;
  /** Nearest name, where one is near. */
  readonly suggestion: string | null;
  /** Source lines around the place with a caret line, newline-separated; '' where the file has no such line. */
  readonly frame: string;
}

export type DiagnosticCode =
  | 'Syntax'
  | 'DuplicateKey'
  | 'TwoSpellings'
  | 'UnknownField'
  | 'MissingField'
  | 'WrongType'
  | 'InvalidValue'
  | 'UnknownVersion'
  | 'DuplicateAgent'
  | 'SessionCollision'
  | 'ReservedName'
  | 'UnknownRuntime'
  | 'UnknownPlaceholder'
  | 'MissingTemplate'
  | 'TooLarge'
  | 'Empty';
