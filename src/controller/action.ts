import type { ConversationOutlook } from './continuation.js';
import type { HolderReplacement } from './holder.js';
import type { Hold, LastEnd } from './observed.js';

export type ActionKind = 'start' | 'stop' | 'restart' | 'reset' | 'update' | 'adopt';

/** What the action costs the agent's conversation. */
export type Cost =
  | { readonly kind: 'none' }
  | { readonly kind: 'keeps-conversation' }
  | { readonly kind: 'loses-turn' }
  | { readonly kind: 'loses-conversation'; readonly because: string };

/** All but the first two end the conversation. */
export type OperatorCommand = 'stop' | 'restart' | 'restart --fresh' | 'agent reset' | 'agent assign';

export type Reason =
  | { readonly code: 'NotRunning' }
  /** `how` it ended, where that is on record. */
  | { readonly code: 'Failed'; readonly how: LastEnd | null }
  | { readonly code: 'ProcessExited' }
  | { readonly code: 'NotInRoster' }
  | { readonly code: 'Suspended' }
  | { readonly code: 'Unmarked' }
  | {
      readonly code: 'OperatorWord';
      readonly command: OperatorCommand | 'agent resume' | 'export --adopt';
    }
  /** The tmux server that it lives on is replaced. */
  | { readonly code: 'HolderReplaced' }
  | {
      readonly code: 'SpecChanged' | 'ContextChanged' | 'SettingChanged';
      readonly field: string;
      readonly from: string | null;
      readonly to: string | null;
      readonly policy: 'restart' | 'reset' | 'update';
    }
  /** The mark differs, but what was applied before is not on record. */
  | { readonly code: 'MarkChanged'; readonly mark: 'spec' | 'context'; readonly policy: 'restart' | 'reset' };

export type Gate =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'deferred';
      readonly why: 'busy';
      readonly idleSeconds: number;
      readonly idleAfterSeconds: number;
    }
  | { readonly kind: 'deferred'; readonly why: 'attached' }
  /** Seen when its turn came: a dialog, a draft, a turn in progress. */
  | { readonly kind: 'deferred'; readonly why: 'screen'; readonly message: string }
  | {
      readonly kind: 'needs-approval';
      readonly why: 'persistent-persona' | 'ask' | 'loses-conversation' | 'unsaid';
    }
  | { readonly kind: 'held'; readonly hold: Hold; readonly fleet: boolean }
  /** It keeps ending, or (`tried`) the action leads to nothing; the next try is due in so many milliseconds. */
  | { readonly kind: 'backing-off'; readonly count: number; readonly inMs: number; readonly tried?: true }
  /**
   * Given up until the roster changes for it or the operator releases it. `resume`: the conversation that its starts failed
   * to resume. `tried`: by the controller, of ends that nobody wrote down.
   */
  | { readonly kind: 'stalled'; readonly count: number; readonly resume?: string; readonly tried?: true }
  | { readonly kind: 'braked'; readonly count: number; readonly live: number; readonly limit: string }
  | { readonly kind: 'blocked'; readonly code: BlockedCode; readonly message: string };

export type BlockedCode =
  | 'ForeignSession'
  | 'ForeignUnit'
  | 'CannotLaunch'
  | 'InvalidEnvironment'
  | 'ConversationUnreadable'
  | 'ConversationGone'
  | 'ConversationInUse';

/** What was seen of a live agent. */
export interface Live {
  readonly busy: boolean;
  readonly attached: boolean;
  readonly idleSeconds: number;
  readonly pid: number;
}

export interface PlannedAction {
  readonly agent: string;
  readonly action: ActionKind;
  readonly gate: Gate;
  readonly reasons: readonly Reason[];
  readonly cost: Cost;
  readonly conversation: ConversationOutlook;
  readonly live: Live | null;
  /** The session acted upon, as observed; null where there is none. */
  readonly target: { readonly session: string; readonly pane: string | null } | null;
  /** Marks as observed and as desired (`spec/context`), for approvals and saved plans. '' where there is none. */
  readonly applied: string;
  readonly desired: string;
}

/** Something seen and deliberately left alone. */
export interface Note {
  readonly subject: string;
  readonly code: 'ForeignSession' | 'ForeignUnit' | 'Starting' | 'Adopted' | 'EnvironmentLineIgnored';
  readonly message: string;
}

export interface UnknownAgent {
  readonly agent: string;
  readonly message: string;
}

export interface UnknownSource {
  readonly source: 'systemd' | 'tmux' | 'state';
  readonly message: string;
}

export interface Summary {
  readonly start: number;
  readonly stop: number;
  readonly restart: number;
  readonly reset: number;
  readonly update: number;
  readonly adopt: number;
  readonly unchanged: number;
  readonly unknown: number;
  readonly gated: number;
}

/** The difference between a roster and the world. Pure data; sorted by agent. */
export interface Plan {
  readonly rosterRevision: string;
  readonly observedRevision: string;
  readonly unknownSources: readonly UnknownSource[];
  readonly actions: readonly PlannedAction[];
  readonly unknownAgents: readonly UnknownAgent[];
  readonly notes: readonly Note[];
  readonly summary: Summary;
  /** All actions, where these are a part of them: what was not asked for, or has to wait its turn, is missing here. */
  readonly whole?: readonly PlannedAction[];
  /** Where the holder is the predecessor's. No part of the roster: it counts as no change. */
  readonly holder?: HolderReplacement;
}

/** Whether an action ends or replaces what runs. */
export function isDisruptive(action: ActionKind): boolean {
  switch (action) {
    case 'stop':
    case 'restart':
    case 'reset':
      return true;
    case 'start':
    case 'update':
    case 'adopt':
      return false;
  }
}
