import type { DeclaredAgent, Layout } from './declared.js';

/** What is done to the file, and to whom that means something. */
export interface Edit {
  readonly agents: readonly DeclaredAgent[];
  readonly layout: Layout;
  readonly how: Writing;
  /** In words, for the log. */
  readonly what: string;
}

/** How an editor gets bytes into a file. Pauses in milliseconds. */
export type Writing =
  | { readonly kind: 'rename' | 'in-place' }
  | { readonly kind: 'twice'; readonly pause: number; readonly second: Layout }
  /** The first part of the file, or the whole lines of it, a pause, the rest. */
  | { readonly kind: 'torn'; readonly part: number; readonly lines: boolean; readonly pause: number }
  /** Something that is no roster, a pause, and then the roster. */
  | { readonly kind: 'broken'; readonly text: string | null; readonly pause: number };

export type Step =
  | { readonly kind: 'edit'; readonly edit: Edit }
  | { readonly kind: 'site'; readonly agent: string; readonly value: number }
  | { readonly kind: 'fleet'; readonly command: FleetWord; readonly agent: string }
  | { readonly kind: 'apply'; readonly times: number }
  | {
      readonly kind: 'agent';
      readonly act:
        | 'crash'
        | 'kill'
        | 'kill-session'
        | 'rename-session'
        | 'join-pane'
        | 'swap-pane'
        | 'fork'
        | 'deaf'
        | 'attach';
      readonly agent: string;
    }
  | { readonly kind: 'busy'; readonly agent: string; readonly seconds: number }
  | { readonly kind: 'stranger'; readonly session: string }
  | { readonly kind: 'server-killed' }
  | { readonly kind: 'controller'; readonly act: 'kill' | 'restart' | 'stop' | 'reload' }
  | { readonly kind: 'manager'; readonly act: 'daemon-reload' | 'daemon-reexec' }
  | { readonly kind: 'pause'; readonly ms: number };

export type FleetWord = 'hold' | 'release' | 'stop' | 'start' | 'restart' | 'approve';

export function describe(step: Step): string {
  switch (step.kind) {
    case 'edit':
      return `edit: ${step.edit.what} (${writingText(step.edit.how)}, ${step.edit.layout.style})`;
    case 'site':
      return `env file of ${step.agent}: SITE=${step.value}`;
    case 'fleet':
      return `fleet ${step.command} ${step.agent}`;
    case 'apply':
      return step.times === 1 ? 'fleet apply' : `fleet apply, ${step.times} at once`;
    case 'agent':
      return `${step.act} ${step.agent}`;
    case 'busy':
      return `${step.agent} works for ${step.seconds} s`;
    case 'stranger':
      return `a stranger creates session ${step.session}`;
    case 'server-killed':
      return 'the tmux server is killed';
    case 'controller':
      return `controller: ${step.act}`;
    case 'manager':
      return `systemctl --user ${step.act}`;
    case 'pause':
      return `pause ${step.ms} ms`;
  }
}

function writingText(how: Writing): string {
  switch (how.kind) {
    case 'rename':
    case 'in-place':
      return how.kind;
    case 'twice':
      return `twice, ${how.pause} ms between`;
    case 'torn':
      return `torn ${how.lines ? 'between lines ' : ''}at ${Math.round(how.part * 100)} % for ${how.pause} ms`;
    case 'broken':
      return `${how.text === null ? 'missing' : how.text === '' ? 'empty' : 'invalid'} for ${how.pause} ms before`;
  }
}
