import type { ActivitySigns, RuntimeProfile, Sign } from '../roster/profile.js';
import { readComposer, type Composer } from './composer.js';

/** One pane of one server, by everything that makes it this one: ids start again with a new server. */
export interface PaneTarget {
  /** `$7`: the marked session. In a session group the pane alone would name any of them. */
  readonly session: string;
  /** `@3` */
  readonly window: string;
  /** `%9` */
  readonly pane: string;
  readonly pid: number;
  /** Pid of the tmux server. */
  readonly server: number;
}

export interface ScreenLine {
  /** As shown, without attributes; trailing blanks are cut. */
  readonly text: string;
  /** The same with faint characters blanked: runtimes draw placeholders faint. */
  readonly typed: string;
}

/** An agent's pane, seen in one tmux call. */
export interface Screen {
  readonly pid: number;
  readonly dead: boolean;
  /** Copy mode or another mode of tmux: keys and pastes would not reach the agent. */
  readonly inMode: boolean;
  /** Keys do not reach it, or reach the panes beside it as well (`synchronize-panes`), which are somebody else's. */
  readonly inputOff: boolean;
  readonly cursor: { readonly x: number; readonly y: number };
  readonly title: string;
  readonly lines: readonly ScreenLine[];
}

/** What a runtime is doing, judged by its profile. */
export type Activity = 'starting' | 'ready' | 'busy' | 'dialog';

export interface ScreenState {
  readonly activity: Activity;
  readonly composer: Composer;
  /** What is typed would go elsewhere than to the model. */
  readonly elsewhere: boolean;
}

/** What a human may have opened where a message would go elsewhere, for words about it. */
export const opened = 'a menu, a search or shell mode (!)';

/** Whether a message is itself for the shell mode. */
export const meansShell = (text: string): boolean => text.startsWith('!');

/** A dialog counts before anything else: Enter in one approves what it asks. */
export function screenState(profile: RuntimeProfile, screen: Screen): ScreenState {
  const composer = readComposer(profile, screen.lines);
  return { activity: activityOf(profile, screen), composer, elsewhere: shows(profile.elsewhere, screen) };
}

export function activityOf(profile: ActivitySigns, screen: Screen): Activity {
  if (shows(profile.dialog, screen)) return 'dialog';
  if (shows(profile.busy, screen)) return 'busy';
  if (shows(profile.starting, screen)) return 'starting';
  if (profile.ready.length === 0) return isBlank(screen) ? 'starting' : 'ready';
  return shows(profile.ready, screen) ? 'ready' : 'starting';
}

/** Whether any of the signs is there. */
export function shows(signs: readonly Sign[], screen: Pick<Screen, 'title' | 'lines'>): boolean {
  if (signs.length === 0) return false;
  const text = screen.lines.map((line) => line.text).join('\n');
  return signs.some(({ on, pattern }) => {
    const expression = new RegExp(pattern, 'm');
    switch (on) {
      case 'screen':
        return expression.test(text);
      case 'title':
        return expression.test(screen.title);
      case 'either':
        return expression.test(text) || expression.test(screen.title);
    }
  });
}

/**
 * What of a text, shown on the screen, would be taken for a dialog of its runtime, for work or for a menu: whoever pasted it could not enter it,
 * and nobody could be told anything until it has scrolled away. null: nothing.
 */
export function mistakable(
  { dialog, busy, elsewhere, composer }: RuntimeProfile,
  text: string,
): string | null {
  // A composer may set in all lines but the first.
  const inner = text.replace(/^/gm, '  ');
  const found = firstOf([...dialog, ...busy], `${text}\n${inner}`);
  if (found !== null || meansShell(text)) return found;
  if (composer.kind === 'between' && composer.glyph === null) {
    const last = text.slice(text.lastIndexOf('\n') + 1);
    // It sets no line in: below that one, which ends it, a composer looks empty, and the next sender types into it.
    if (new RegExp(composer.rule).test(last)) return last.trim();
  }
  // And where it has a glyph, the first one as well.
  return firstOf(elsewhere, composer.kind === 'between' && composer.glyph === null ? text : inner);
}

/** Why a text with that in it is not sent. */
export const mistaken = (like: string, runtime: string): string =>
  `on its screen “${like}” could not be told from a dialog of ${runtime}, or from its work`;

function firstOf(signs: readonly Sign[], shown: string): string | null {
  for (const { on, pattern } of signs) {
    const found = on === 'title' ? null : new RegExp(pattern, 'm').exec(shown);
    if (found !== null) return found[0].trim();
  }
  return null;
}

/** All that it shows: two pictures that are not the same tell that its program has drawn in between. */
export const pictureOf = ({ title, lines }: Screen): string =>
  [title, ...lines.map(({ text }) => text)].join('\n');

const isBlank = ({ lines }: Screen): boolean => lines.every(({ text }) => text.trim() === '');
