import { expect, test } from 'vitest';
import { parseMarked, parseScreens } from '../../src/observers/screen-output.js';
import { parseListing } from '../../src/observers/tmux-output.js';

/** What a format comes to, as tmux 3.4 prints it. */
const printed = (text: string): string => text.replace(/\$(?=[A-Za-z_{])/g, '\\$');
const sized = (text: string): string =>
  `${Buffer.byteLength(text)}:${Buffer.from(printed(text)).toString('latin1')}`;

// In tmux 3.4 a dollar sign may have a backslash before it that its length does not count.
test.each(['fix $PATH and ${x} $1 $', 'a \\$HOME, \\\\$HOME \\', '$A b ', ' $_ü', '$', 'none'])(
  'as 3.4 prints it: %s',
  (text) => {
    const screen = `F %1 10 0 0 0 2 1 1 ${sized(text)}\nsaid $HOME \\$HOME\nF %2 11 0 0 0 0 0 1 ${sized('$x')}\n\n`;
    const screens = parseScreens(screen);
    expect(screens?.get('%1')).toMatchObject({ title: text, lines: [{ text: 'said $HOME \\$HOME' }] });
    expect(screens?.get('%2')?.title).toBe('$x');
    const row = `A $1 @2 %3 10 9 ${sized(text)} ${sized('a')} ${sized('')} ${sized(text)}\n`;
    expect(parseMarked(`${row}${row}`)).toMatchObject([
      { home: text, agent: 'a', conversation: text },
      { home: text, agent: 'a', conversation: text },
    ]);
    const none = Array.from({ length: 7 }, () => sized('')).join(' ');
    const listing = parseListing(`V 9\nS $1 100 0 ${sized(text)} ${none}\nP $1 %3 10 0 100 drawn\n`);
    expect(listing?.server.sessions).toMatchObject([{ name: text, panes: [{ id: '%3' }] }]);
  },
);
