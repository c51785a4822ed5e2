import {
  CLAUDE_CONVERSATION,
  CODEX_CONVERSATION,
  DEMO_CONVERSATION,
  GEMINI_CONVERSATION,
  OPENCODE_CONVERSATION,
  PI_CONVERSATION,
} from './conversations.js';
import type { RuntimeProfile, Sign } from './profile.js';
import { DEFAULT_SUBMIT_DELAY_MS } from './runtimes.js';

const screen = (pattern: string): Sign => ({ on: 'screen', pattern });
const title = (pattern: string): Sign => ({ on: 'title', pattern });

/** What most runtimes need not. */
const plain = {
  ...{
    starting: [],
    loaded: [],
    listening: [],
    elsewhere: [],
    completes: null,
    settleMs: 0,
    submitBusyMost: null,
    turn: null,
  },
} satisfies Partial<RuntimeProfile>;

/** A file, an agent, a skill or an emoji that is named last. */
const NAMED_LAST = '[@$:]\\S*$';

/**
 * A program fleet knows nothing about: busy and dialog cannot be told from its screen, so only what is certain is refused,
 * and a receipt says `delivered` only where the text is seen to have left the composer.
 */
export const GENERIC: RuntimeProfile = {
  ...plain,
  ready: [],
  busy: [],
  dialog: [screen('Do you want to proceed|\\(y/n\\)|\\[y/N\\]|\\[Y/n\\]|[Pp]ermission required')],
  composer: { kind: 'none' },
  collapsed: '\\[Pasted',
  submitDelayMs: DEFAULT_SUBMIT_DELAY_MS,
  restMs: 0,
  submitBusy: ['Enter'],
  clearDraft: [],
  interrupt: ['Escape'],
  resetCommand: null,
  fresh: [],
  transcript: 'none',
  conversation: null,
};

const CLAUDE: RuntimeProfile = {
  ...plain,
  ready: [screen('^❯')],
  // The prompt glyph stays while it works; while a dialog waits the title says idle (2.1). What was said stands behind the
  // same glyph in the first column, and may begin with a number.
  // The title of 2.1.332 does not tell, and its footer loses the word beside a draft: what is left is the line of its spinner.
  busy: [title('^[⠂⠐]'), screen('esc to interrupt'), screen('^[·✢✳✶✻✽*] [^\\n]*…(?: \\(|\\s*$)')],
  dialog: [
    screen('^ +❯ \\d+\\. '),
    screen('Enter to confirm'),
    // 2.1.332 no longer asks whether one is ready.
    screen('^Enter to select · |^Ready to submit your answers|^Review your answers$'),
  ],
  elsewhere: [screen('^─{8,}.*\\n!'), screen('^─{8,}.*\\n {2}search prompts:')],
  composer: {
    kind: 'between',
    rule: '^─{8,}',
    glyph: '^[❯>][ \\u00a0]?',
    placeholder: '^(Try "|Press up to edit)',
  },
  collapsed: '\\[Pasted text',
  completes: NAMED_LAST,
  submitDelayMs: DEFAULT_SUBMIT_DELAY_MS,
  restMs: 0,
  // Its dialogs take input up to a second before they are drawn, and no other key submits. Questions of its own come up in
  // every mode, with `bypass permissions on`, too (2.1).
  submitBusy: [],
  clearDraft: ['C-c'],
  interrupt: ['Escape'],
  resetCommand: '/clear',
  fresh: [screen('^❯ /(clear|new)$')],
  transcript: 'claude',
  conversation: CLAUDE_CONVERSATION,
};

const CODEX: RuntimeProfile = {
  ...plain,
  ready: [screen('^› ?')],
  // `esc to interrupt` vanishes while text streams (0.169).
  busy: [title('^[⠀-⣿]'), screen('esc to interrupt')],
  // The glyph of its composer marks the chosen answer too, and what was said: only the line below tells.
  // The third: another codex is in its conversation, and it has no composer; what was said would look like a draft.
  dialog: [
    title('Action Required'),
    screen('Press enter to (confirm|continue)'),
    screen('^ *r retry +f fork '),
  ],
  // In the place of its glyph, above its own line.
  elsewhere: [screen('^!(?: .*)?\\n(?:(?: {2}.*)?\\n){1,12} {2}\\S.* · ')],
  composer: {
    kind: 'prompt',
    first: '^›(?: (.*))?$',
    ends: ['^\\s*$|^ {2}\\S.* · '],
    placeholder: '^Ask Codex',
  },
  collapsed: '\\[Pasted Content',
  completes: NAMED_LAST,
  submitDelayMs: DEFAULT_SUBMIT_DELAY_MS,
  restMs: 0,
  // Queues for after the turn; in a dialog it does nothing (0.169).
  submitBusy: ['Tab'],
  clearDraft: ['C-c'],
  interrupt: ['Escape'],
  resetCommand: '/clear',
  // Its logo, which the first message takes away.
  fresh: [screen('⣿⣿⣿')],
  transcript: 'codex',
  conversation: CODEX_CONVERSATION,
};

const OPENCODE: RuntimeProfile = {
  ...plain,
  // The line below its composer breaks each of its words by itself where a pane is narrow, or the directory's name long.
  ready: [screen('^\\s*╹▀{8,}[\\s\\S]*ctrl\\+p')],
  busy: [screen('esc (again to )?interrupt'), screen('^\\s*╹▀{8,}\\s*\\n\\s*([⬝■]{2}|\\[⋯\\])')],
  dialog: [screen('Permission required|^\\s*┃ .*enter \\S+ +esc dismiss')],
  // Where the agent's name stands otherwise; the title of what is drawn over the conversation, with the key that closes it.
  elsewhere: [
    screen('^\\s*┃ +Shell(?: {2,}.*)?\\n\\s*╹▀{8,}'),
    screen('(?:^|\\s{2})[A-Z]\\S*(?: \\S+){0,7} {10,}esc(?:/enter)?$'),
  ],
  composer: { kind: 'box', side: '^\\s*┃', close: '^\\s*╹▀{8,}', placeholder: '^Ask anything' },
  collapsed: '\\[Pasted',
  completes: NAMED_LAST,
  submitDelayMs: DEFAULT_SUBMIT_DELAY_MS,
  restMs: 0,
  // What is pasted while its first view gives way to that of the conversation is nobody's (1.18).
  settleMs: 2000,
  // None is safe: Left, Enter refuses what it asks approval for, and answers a question of its own with the first choice (1.18).
  submitBusy: [],
  clearDraft: ['C-c'],
  interrupt: ['Escape', 'Escape'],
  resetCommand: '/new',
  fresh: [screen('Ask anything')],
  transcript: 'opencode',
  // It opens its database without waiting for a lock, and a start that finds it locked never draws anything (1.18.33).
  turn: '.db-shm',
  conversation: OPENCODE_CONVERSATION,
};

const PI: RuntimeProfile = {
  ...plain,
  ready: [screen('^\\s*.*\\d+(\\.\\d+)?%/\\S+.*\\S$')],
  busy: [screen('^\\s*\\S\\s+Working\\.\\.\\.')],
  dialog: [],
  elsewhere: [screen('^─{8,}.*\\n!')],
  composer: { kind: 'between', rule: '^─{8,}', glyph: null, placeholder: null },
  collapsed: '\\[paste #',
  submitDelayMs: DEFAULT_SUBMIT_DELAY_MS,
  restMs: 0,
  submitBusy: ['Enter'],
  clearDraft: ['C-c'],
  interrupt: ['Escape'],
  // `/clear` would go to the model as a prompt.
  resetCommand: '/new',
  fresh: [screen('New session started')],
  transcript: 'pi',
  conversation: PI_CONVERSATION,
};

const GEMINI: RuntimeProfile = {
  ...plain,
  // The placeholder is not there while a draft is.
  ready: [screen('Type your message|Shift\\+Tab to')],
  // Resumed, it shows a composer, with its banner or without, then takes that away while it loads, and what is typed meanwhile is
  // nobody's (0.61).
  starting: [screen('^ ?[⠀-⣿] Resuming session\\.\\.\\.')],
  // Something that was said, above the composer's rule. Lines that begin with two blanks are an answer's, or the banner's.
  loaded: [screen('^(?: > \\S|✦ | {2}[^\\s▗▝▜▟])(?=[\\s\\S]*^─{8,})')],
  // It draws its composer alone, asks for bracketed pastes, and draws its banner (0.61). Read key by key, each `?` is lost to its help.
  listening: [screen('Gemini CLI v\\d|Tips for getting started')],
  busy: [title('✦'), screen('esc to cancel')],
  // The last: before it reads a file outside of its directory that was named by `@`, it asks without a word in its title.
  dialog: [
    title('✋'),
    screen('Action Required|Apply this change\\?|Allow execution'),
    screen('^│ +● \\d+\\. '),
  ],
  elsewhere: [screen('^─{8,}[^─]*\\n !(?: |$)'), screen('^─{8,}[^─]*\\n \\(r:\\)')],
  composer: {
    kind: 'prompt',
    first: '^ [>*!](?: (.*))?$',
    // Without colours (NO_COLOR) there is a rule below it in place of an empty line, with all of them (COLORTERM) a frame of half blocks.
    ends: ['^\\s*$|^─{8,}|^▀{8,}'],
    placeholder: "^Type your message|^Press '(Esc|i)' for (NORMAL|INSERT) mode",
  },
  collapsed: '\\[Pasted Text',
  completes: NAMED_LAST,
  submitDelayMs: DEFAULT_SUBMIT_DELAY_MS,
  // For 30 ms after a paste Enter is a line of it, and until a timer of 40 ms is over and drawn (0.61).
  restMs: 60,
  // Queues while it works; in a dialog it does nothing (0.61).
  submitBusy: ['Tab'],
  submitBusyMost: { lines: 5, characters: 500 },
  clearDraft: ['C-c'],
  interrupt: ['Escape'],
  resetCommand: '/clear',
  fresh: [],
  transcript: 'gemini',
  conversation: GEMINI_CONVERSATION,
};

/** framework/demo/agent.mjs */
const DEMO: RuntimeProfile = {
  ...plain,
  ready: [screen('^>( |$)')],
  busy: [title('^✦')],
  dialog: [title('^✋'), screen('Do you want to proceed')],
  composer: { kind: 'prompt', first: '^>(?: (.*))?$', ends: [], placeholder: null },
  collapsed: null,
  submitDelayMs: DEFAULT_SUBMIT_DELAY_MS,
  restMs: 0,
  submitBusy: ['Enter'],
  clearDraft: ['C-u'],
  interrupt: ['Escape'],
  resetCommand: '/new',
  fresh: [screen('^fresh context ')],
  transcript: 'demo',
  conversation: DEMO_CONVERSATION,
};

/** By the runtime's name. `demo` is known here only: it needs a command of its own in the roster. */
export const BUILT_IN: ReadonlyMap<string, RuntimeProfile> = new Map([
  ['claude', CLAUDE],
  ['codex', CODEX],
  ['opencode', OPENCODE],
  ['pi', PI],
  ['gemini', GEMINI],
  ['demo', DEMO],
]);
