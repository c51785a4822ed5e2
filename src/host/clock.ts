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
