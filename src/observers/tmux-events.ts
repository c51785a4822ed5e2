import { start, type RunningProgram } from '../host/exec.js';

export interface TmuxEvents {
  /** A look has shown a server on the socket: one that was not there before is listened to at once. */
  serverSeen(): void;
  close(): void;
}

/** A server that is not there is waited for again after so long; the resync sees it come, too. */
const retryMs = 15_000;
/** So often one client says that it is about to wait, and waits: a program for each call would take a processor from what happens. */
const waits = Array.from({ length: 50 }, () => [
  'display-message',
  '-p',
  'waiting',
  ';',
  'wait-for',
  'fleet',
  ';',
]).flat();

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
    retry = null;
    if (closed) return;
    let waited = false;
    waiter = start(
      'tmux',
      ['-N', '-u', '-L', socket, ...waits.slice(0, -1)],
      (line) => {
        if (line !== 'waiting') return;
        waited = true;
        happened();
      },
      (code) => {
        waiter = null;
        if (closed) return;
        if (code === 0) wait();
        else {
          // A server that has gone is news; one that is still not there is none.
          if (waited) happened();
          retry = setTimeout(wait, waited ? 1000 : retryMs);
          retry.unref();
        }
      },
    );
  };
  wait();
  return {
    serverSeen: () => {
      if (waiter !== null || retry === null) return;
      clearTimeout(retry);
      wait();
    },
    close: () => {
      closed = true;
      if (retry !== null) clearTimeout(retry);
      waiter?.stop();
    },
  };
}
