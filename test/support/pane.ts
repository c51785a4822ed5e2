import { randomUUID } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import * as os from 'node:os';
import { until } from './fleet-sandbox.js';

/** What a pane shows, in characters; the cursor counts from 0, from the upper left corner. */
export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly cursor: { readonly x: number; readonly y: number; readonly visible: boolean };
  readonly altScreen: boolean;
  readonly inMode: boolean;
  readonly dead: boolean;
  readonly lines: readonly string[];
}

const FORMAT = [
  ...['width', 'height', 'in_mode', 'dead', 'title'].map((name) => `#{pane_${name}}`),
  ...['cursor_x', 'cursor_y', 'cursor_flag', 'alternate_on'].map((name) => `#{${name}}`),
].join('\t');

/** One pane on a tmux server of its own, for driving a program by hand as a human would. */
export class Pane {
  constructor(
    readonly socket: string,
    /** An exact target: a pane id, or `=session:`. */
    readonly target: string,
  ) {}

  static start(
    socket: string,
    configuration: string,
    size: { readonly width: number; readonly height: number },
    work: string,
    command: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Pane {
    const session = `pane-${randomUUID().slice(0, 8)}`;
    const pane = new Pane(socket, `=${session}:`);
    const setting = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    const dimensions = ['-x', String(size.width), '-y', String(size.height)];
    const words = [
      'new-session',
      '-d',
      '-s',
      session,
      ...dimensions,
      '-c',
      work,
      ...setting,
      '--',
      ...command,
    ];
    pane.tmux(['-f', configuration, ...words, ';', 'set-option', '-g', 'remain-on-exit', 'on']);
    return pane;
  }

  private tmux(words: readonly string[], input?: string): string {
    const all = ['-u', '-L', this.socket, ...words];
    const { status, stdout, stderr } = spawnSync('tmux', all, { input: input ?? '', encoding: 'utf8' });
    if (status !== 0) throw new Error(`tmux ${words.join(' ')}: ${stderr.trim()}`);
    return stdout;
  }

  pid(): number {
    return Number(this.tmux(['display-message', '-p', '-t', this.target, '#{pane_pid}']));
  }

  /** `styled` keeps colours as escape sequences. */
  screen(styled = false): Screen {
    const { target } = this;
    const shown = this.tmux([
      ...['display-message', '-p', '-t', target, FORMAT, ';'],
      ...['capture-pane', '-p', '-t', target, ...(styled ? ['-e'] : [])],
    ]);
    const [head = '', ...lines] = shown.replace(/\n$/, '').split('\n');
    const [width, height, inMode, dead, title = '', x, y, visible, alternate] = head.split('\t');
    return {
      width: Number(width),
      height: Number(height),
      title: title.replaceAll(os.hostname(), 'host'),
      cursor: { x: Number(x), y: Number(y), visible: visible === '1' },
      altScreen: alternate === '1',
      inMode: inMode === '1',
      dead: dead === '1',
      lines: lines.map((line) => line.trimEnd()),
    };
  }

  /** Process, title and lines, in one call; null where there is no such pane. */
  glance(): { readonly pid: number; readonly title: string; readonly lines: readonly string[] } | null {
    const { target, socket } = this;
    const words = [
      'display-message',
      '-p',
      '-t',
      target,
      '#{pane_pid} #{pane_title}',
      ';',
      'capture-pane',
      '-p',
    ];
    const { status, stdout } = spawnSync('tmux', ['-u', '-L', socket, ...words, '-t', target], {
      encoding: 'utf8',
    });
    if (status !== 0) return null;
    const [head = '', ...lines] = stdout.split('\n');
    const blank = head.indexOf(' ');
    return {
      pid: Number(head.slice(0, blank)),
      title: head.slice(blank + 1),
      lines: lines.map((line) => line.trimEnd()),
    };
  }

  text(): string {
    return this.screen().lines.join('\n');
  }

  /** Whether the screen or the title shows it now. */
  has(pattern: RegExp): boolean {
    const { lines, title } = this.screen();
    return pattern.test(lines.join('\n')) || pattern.test(title);
  }

  paste(text: string): void {
    const buffer = `lab-${randomUUID()}`;
    const paste = ['paste-buffer', '-p', '-d', '-b', buffer, '-t', this.target];
    this.tmux(['load-buffer', '-b', buffer, '-', ';', ...paste], text);
  }

  keys(...keys: readonly string[]): void {
    this.tmux(['send-keys', '-t', this.target, ...keys]);
  }

  copyMode(on: boolean): void {
    this.tmux(on ? ['copy-mode', '-t', this.target] : ['send-keys', '-t', this.target, '-X', 'cancel']);
  }

  /** Waits for text on the screen, or in the title. */
  async shows(pattern: RegExp, limitMs = 30_000): Promise<Screen> {
    return until(
      `${pattern.source} on the screen`,
      () => {
        const screen = this.screen();
        return pattern.test(screen.lines.join('\n')) || pattern.test(screen.title) ? screen : null;
      },
      limitMs,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.screen().title}\n${this.text()}`, { cause: error });
    });
  }

  /** Waits until the screen has not changed for `stillMs`, or `limitMs` at most: a spinner never rests. */
  async settles(stillMs = 600, limitMs = 4000): Promise<Screen> {
    let last = '';
    let since = performance.now();
    const end = since + limitMs;
    await until(
      'a screen at rest',
      () => {
        const now = performance.now();
        const text = JSON.stringify(this.screen());
        if (text !== last) since = now;
        last = text;
        return now - since >= stillMs || now >= end;
      },
      limitMs * 2,
    );
    return this.screen();
  }

  /** Ends the program by SIGKILL, and its session. */
  end(): void {
    try {
      process.kill(this.pid(), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
    this.tmux(['kill-session', '-t', this.target.replace(/:$/, '')]);
  }

  endServer(): void {
    spawnSync('tmux', ['-L', this.socket, 'kill-server']);
  }
}
