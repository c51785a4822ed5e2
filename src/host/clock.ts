import * as fs from 'node:fs';
import { bootId } from './process.js';

/**
 * Milliseconds since boot (/proc/uptime, as the shell scripts read it, in steps of 10), and which boot. Setting the
 * clock, by NTP or by hand, does not move it.
 */
export function monotonicNow(): { readonly boot: string; readonly ms: number } {
  return {
    boot: bootId(),
    ms: Math.round(Number.parseFloat(fs.readFileSync('/proc/uptime', 'utf8')) * 1000),
  };
}

/** No step of whoever waits for a program takes so long: each has a limit of 5 s. */
const stoppedMs = 5500;

/**
 * A clock for whoever waits for another, milliseconds: time in which this process did not run (stopped by Ctrl-Z, in a frozen cgroup, in
 * a virtual machine that was paused) has not passed. The other one may have been stopped with it, and what was seen before is old.
 * While the host sleeps, `performance.now` stands still by itself.
 */
export function livedClock(read = (): number => performance.now()): () => number {
  let last = read();
  let lost = 0;
  return () => {
    const now = read();
    if (now - last > stoppedMs) lost += now - last;
    last = now;
    return now - lost;
  };
}
