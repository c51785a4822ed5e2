import { setTimeout as pause } from 'node:timers/promises';
import { StoryFailure, quietly, type } from './fleet.js';
import { socket } from './rosters.js';

/** Less than the roster's idle_after, by more than the second that tmux's activity clock may be off. */
const beatMs = 400;

/** Somebody who keeps an agent busy by talking to it. */
export class Colleague {
  private readonly hush = new AbortController();
  private talk: Promise<string | null> = Promise.resolve(null);

  constructor(private readonly agent: string) {}

  async begin(): Promise<void> {
    await type(`tmux -L ${socket} send-keys -t =${this.agent}: 'fix the login test' Enter`);
    this.talk = this.goOn(this.hush.signal);
  }

  /** @throws StoryFailure where the agent could not be talked to */
  async end(): Promise<void> {
    this.hush.abort();
    const problem = await this.talk;
    if (problem !== null) throw new StoryFailure(`${this.agent} could not be talked to: ${problem}`);
  }

  /** Until hushed, or until it fails: gives what tmux says then. */
  private async goOn(signal: AbortSignal): Promise<string | null> {
    const words = ['-L', socket, 'send-keys', '-t', `=${this.agent}:`, 'and?', 'Enter'];
    while (await pause(beatMs, true, { signal }).catch(() => false)) {
      const { code, stderr } = await quietly('tmux', ...words);
      if (code !== 0) return stderr.trim();
    }
    return null;
  }
}
