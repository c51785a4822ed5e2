import { start, type RunningProgram } from '../host/exec.js';

export interface TmuxEvents {
  close(): void;
}

/** A server that is not there is looked for again after so long; the resync finds it first. */
const retryMs = 5000;

/**
 * Calls back whenever the fleet's tmux server says that something happened, through one sleeping process: hooks in the
 * server's configuration release a blocked `wait-for fleet`. It carries nothing; whoever is called looks for himself.
 *
 * Two signals to a channel that nobody waits on cancel each other out (measured with 3.3a). So each waiter says that it
 * is about to wait, and only then is looked: what happens later finds the waiter, what happened before is seen.
 */
export function watchTmux(socket: string, happened: () => void): TmuxEvents {
  let closed = false;
  let waiter: RunningProgram | null = null;
  let retry: NodeJS.Timeout | null = null;
  const wait = (): void => {
    if (closed) return;
    waiter = start(
      'tmux',
      ['-N', '-u', '-L', socket, 'display-message', '-p', 'waiting', ';', 'wait-for', 'fleet'],
      (line) => {
        if (line === 'waiting') happened();
      },
      (code) => {
        waiter = null;
        if (closed) return;
        if (code === 0) wait();
        else {
          // The server is gone, or was never there: both are worth a look.
          happened();
          retry = setTimeout(wait, retryMs);
          retry.unref();
        }
      },
    );
  };
  wait();
  return {
    close: () => {
      closed = true;
      if (retry !== null) clearTimeout(retry);
      waiter?.stop();
    },
  };
}
