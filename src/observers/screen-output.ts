import type { PaneTarget, Screen, ScreenLine } from '../controller/screen.js';
import { allHold, isNotEnding, panePid, reachesOthers } from '../host/tmux-target.js';
import { readSized, sized } from './sized-text.js';

/** Every pane that is some agent's own, with its marks. Free text is preceded by its length in bytes. */
export const markedFormat = `A #{session_id} #{window_id} #{pane_id} ${panePid} #{pid} ${['@fleet_home', '@fleet_agent', '@fleet_unit', '@fleet_conversation'].map(sized).join(' ')}`;
// To tmux the text 0 is false, and an agent may be named so.
export const markedFilter = allHold([
  '#{!=:#{@fleet_agent},}',
  '#{==:#{@fleet_pane},#{pane_id}}',
  isNotEnding,
]);

/** One pane's state; as many lines of its screen follow as it is high. */
export const screenFormat = `F #{pane_id} ${panePid} #{pane_dead} #{pane_in_mode} #{||:#{pane_input_off},${reachesOthers}} #{cursor_x} #{cursor_y} #{pane_height} ${sized('pane_title')}`;

export interface MarkedPane extends PaneTarget {
  readonly agent: string;
  readonly home: string;
  /** The start that its session is of; null: it was adopted. */
  readonly unit: string | null;
  /** What it was started in; null: in none that was named. */
  readonly conversation: string | null;
}

/** @param text one character per byte (latin1) @returns null where anything does not fit */
export function parseMarked(text: string): readonly MarkedPane[] | null {
  const { panes, rest } = markedBefore(text);
  return rest === '' ? panes : null;
}

/** Panes, and screens behind them. @param text one character per byte (latin1) @returns null where anything does not fit */
export function parseMarkedAndScreens(
  text: string,
): { readonly panes: readonly MarkedPane[]; readonly screens: ReadonlyMap<string, Screen> } | null {
  const { panes, rest } = markedBefore(text);
  const screens = parseScreens(rest);
  return screens === null ? null : { panes, screens };
}

/** The rows at the beginning, and what is none. */
function markedBefore(text: string): { readonly panes: readonly MarkedPane[]; readonly rest: string } {
  const found: MarkedPane[] = [];
  const row = /A (\$[0-9]+) (@[0-9]+) (%[0-9]+) ([0-9]+) ([0-9]+)/y;
  let at = 0;
  while (at < text.length) {
    row.lastIndex = at;
    const match = row.exec(text);
    if (match === null) break;
    const [whole, session = '', window = '', pane = '', pid = '', server = ''] = match;
    const behind = at + whole.length;
    const marks = sizedFields(text, behind, 4, false) ?? sizedFields(text, behind, 4, true);
    if (marks === null) break;
    const [home = '', agent = '', unit = '', conversation = ''] = marks.values;
    found.push({
      ...{ session, window, pane, pid: Number(pid), server: Number(server), agent, home },
      ...{ unit: unit === '' ? null : unit, conversation: conversation === '' ? null : conversation },
    });
    at = marks.end + 1;
  }
  return { panes: found, rest: text.slice(at) };
}

/** So many texts, each behind a blank and its length, and the end of the line. */
function sizedFields(
  text: string,
  from: number,
  count: number,
  escaped: boolean,
): { readonly values: readonly string[]; readonly end: number } | null {
  const size = / ([0-9]+):/y;
  const values: string[] = [];
  let at = from;
  while (values.length < count) {
    size.lastIndex = at;
    const match = size.exec(text);
    if (match?.[1] === undefined) return null;
    const field = readSized(text, at + match[0].length, Number(match[1]), escaped);
    if (field === null) return null;
    values.push(field.value);
    at = field.end;
  }
  return text[at] === '\n' ? { values, end: at } : null;
}

const head = /F (%[0-9]+) ([0-9]+) ([01]) ([0-9]+) ([01]) ([0-9]+) ([0-9]+) ([0-9]+) ([0-9]+):/y;

/** @param text one character per byte (latin1) @returns screens by pane, or null where anything does not fit */
export function parseScreens(text: string): ReadonlyMap<string, Screen> | null {
  const screens = new Map<string, Screen>();
  let at = 0;
  while (at < text.length) {
    head.lastIndex = at;
    const match = head.exec(text);
    if (match === null) return null;
    const [whole, pane = '', pid, dead, mode, off, x, y, height, size] = match;
    const behind = at + whole.length;
    const [title] = [false, true].flatMap((escaped) => {
      const read = readSized(text, behind, Number(size), escaped);
      return read !== null && text[read.end] === '\n' ? [read] : [];
    });
    if (title === undefined) return null;
    const lines: ScreenLine[] = [];
    const reader = new LineReader();
    let from = title.end + 1;
    for (let line = 0; line < Number(height); line += 1) {
      const end = text.indexOf('\n', from);
      if (end < 0) return null;
      lines.push(reader.read(utf8(text.slice(from, end))));
      from = end + 1;
    }
    screens.set(pane, {
      ...{ pid: Number(pid), dead: dead === '1', inMode: mode !== '0', inputOff: off === '1' },
      cursor: { x: Number(x), y: Number(y) },
      title: title.value,
      lines,
    });
    at = from;
  }
  return screens;
}

const utf8 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');

const ESC = String.fromCharCode(27);

/**
 * Takes the attributes out of lines as `capture-pane -e` prints them (3.3a): they go on from line to line until they are
 * changed, and only colours and styles are printed.
 */
export class LineReader {
  #faint = false;

  read(line: string): ScreenLine {
    const [first = '', ...pieces] = line.split(ESC);
    let text = first;
    let typed = this.#typed(first);
    for (const piece of pieces) {
      const sequence = /^\[([0-9;:]*)m/.exec(piece);
      if (sequence !== null) this.#faint = faintAfter(sequence[1] ?? '', this.#faint);
      // Anything else is a hyperlink or a character set, with no text of its own up to its end.
      const shown = piece.slice(sequence?.[0].length ?? /^(\].*$|[()].|.)/.exec(piece)?.[0].length ?? 0);
      text += shown;
      typed += this.#typed(shown);
    }
    return { text: text.trimEnd(), typed: typed.trimEnd() };
  }

  #typed(text: string): string {
    return this.#faint ? text.replace(/\S/g, ' ') : text;
  }
}

/** Whether text is faint after a sequence of attributes. */
function faintAfter(parameters: string, before: boolean): boolean {
  let faint = before;
  // One with colons is a whole by itself: 4:2 is a double line below.
  const codes = parameters.split(';');
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index];
    // A colour's own numbers: 38;5;N and 38;2;R;G;B.
    if (code === '38' || code === '48' || code === '58') index += codes[index + 1] === '2' ? 4 : 2;
    else if (code === '0' || code === '' || code === '22') faint = false;
    else if (code === '2') faint = true;
  }
  return faint;
}
