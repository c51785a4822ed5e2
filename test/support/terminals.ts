import * as fs from 'node:fs';
import * as path from 'node:path';
import { run, until, type FleetSandbox } from './fleet-sandbox.js';

/**
 * A terminal's leader, who outlives it and tells how the command ended. The kernel hangs up the leader alone: whether the command gets a
 * SIGHUP is up to him.
 */
const leader = (passesOn: boolean): string => `
trap '${passesOn ? 'kill -HUP $!; ' : ''}wait $!; echo $? >"$0"; exit' HUP
exec 3<&0
"$@" <&3 3<&- &
echo $! >"$0.pid"
wait $!
echo $? >"$0"`;

/** Commands on terminals of their own, which are closed all at once: panes of a tmux server beside the fleet's. */
export class Terminals {
  readonly #fleet: FleetSandbox;
  readonly #names: string[] = [];

  constructor(fleet: FleetSandbox) {
    this.#fleet = fleet;
  }

  /** @param hangup whether the command is told by SIGHUP that its terminal is gone */
  async open(name: string, hangup: 'told' | 'untold', words: readonly string[]): Promise<void> {
    const command = ['bash', '-c', leader(hangup === 'told'), this.#file(name), ...words];
    await this.#tmux('-f', '/dev/null', 'new-session', '-d', '-s', name, ...command);
    this.#names.push(name);
    await until(`${name} runs`, () => this.pid(name));
  }

  screen(name: string): Promise<string> {
    return this.#tmux('capture-pane', '-p', '-t', `=${name}:`);
  }

  /** Of the command itself. */
  pid(name: string): number | null {
    const file = `${this.#file(name)}.pid`;
    return fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) || null : null;
  }

  /** Closes all of them. @returns the exit codes, 128 and the signal's number for who was killed */
  async close(): Promise<Readonly<Record<string, number>>> {
    await this.#tmux('kill-server');
    const codes = await Promise.all(
      this.#names.map(async (name) => {
        const text = (): string | false =>
          fs.existsSync(this.#file(name)) && fs.readFileSync(this.#file(name), 'utf8');
        return [name, Number(await until(`${name} ends`, text))] as const;
      }),
    );
    return Object.fromEntries(codes);
  }

  #file(name: string): string {
    return path.join(this.#fleet.directory, `terminal-${name}`);
  }

  async #tmux(...words: readonly string[]): Promise<string> {
    const socket = `${this.#fleet.socket}-terminals`;
    return (await run('tmux', ['-u', '-L', socket, ...words], { env: this.#fleet.env })).stdout.trimEnd();
  }
}
