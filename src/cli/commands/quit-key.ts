/**
 * Calls back when `q`, Escape or Ctrl-C is pressed on this terminal. A terminal in raw mode sends no SIGINT.
 *
 * @returns puts the terminal back as it was
 */
export function onQuitKey(quit: () => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => undefined;
  const pressed = (keys: Buffer): void => {
    if (['q', 'Q', '\u0003', '\u001b'].includes(keys.toString('latin1'))) quit();
  };
  // Of a terminal that is gone, by its modes that cannot be put back.
  stdin.on('error', () => undefined);
  stdin.setRawMode(true);
  stdin.on('data', pressed);
  return () => {
    stdin.off('data', pressed);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
