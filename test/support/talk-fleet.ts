import * as fs from 'node:fs';
import * as path from 'node:path';
import { demoAgent, FleetSandbox, until, type Run } from './fleet-sandbox.js';

export interface ReceiptJson {
  readonly agent: string;
  readonly id: string;
  readonly status: string;
  readonly reason?: string;
  readonly message: string;
  readonly attempts: number;
  readonly elapsedMs: number;
}

/** A fleet of demo agents that write a transcript each, which is the judge of what arrived. */
export class TalkFleet extends FleetSandbox {
  /** A roster line. `more` are further words of the command, `fields` further fields. */
  demo(name: string, more: readonly string[] = [], fields = ''): string {
    const words = [process.execPath, demoAgent, '--session', this.session(name), '--think', '0.05', ...more];
    return `{ name: ${name}, runtime: demo, command: ${JSON.stringify(words)}${fields} }`;
  }

  session(name: string): string {
    return path.join(this.directory, `${name}.jsonl`);
  }

  /** What was said to an agent, in order; `fresh` where a conversation began. */
  said(name: string): readonly string[] {
    const file = this.session(name);
    if (!fs.existsSync(file)) return [];
    return fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { type: string; text?: string })
      .flatMap(({ type, text }) =>
        type === 'user' ? [text ?? ''] : type === 'conversation' ? ['fresh'] : [],
      );
  }

  /** What was said to it, without the preamble and without beginnings. */
  messages(name: string): readonly string[] {
    return this.said(name)
      .filter((text) => text !== 'fresh')
      .map((text) => text.replace(/^\[[^\]]*\] /, ''));
  }

  async up(...agents: readonly string[]): Promise<void> {
    this.writeRoster(agents, `defaults: { idle_after: 0s, stop_grace: 1s, working_directory: ${this.work} }`);
    await this.expect(0, 'install');
    await this.expect(0, 'apply');
    const demos = agents.flatMap((line) =>
      line.includes('--session') ? (/name: "?([^",]+)/.exec(line)?.[1] ?? []) : [],
    );
    for (const name of demos) {
      await until(`${name} shows its composer`, async () => /^>( |$)/m.test(await this.screen(name)));
    }
  }

  screen(name: string): Promise<string> {
    return this.tmux('capture-pane', '-p', '-t', paneOf(name));
  }

  /** Types as a human would. */
  async type(name: string, ...keys: readonly string[]): Promise<void> {
    await this.tmux('send-keys', '-t', paneOf(name), ...keys);
  }

  async send(name: string, ...words: readonly string[]): Promise<{ run: Run; receipt: ReceiptJson }> {
    const run = await this.fleet('agent', 'send', name, '--json', ...words);
    const [line = ''] = run.stdout.trim().split('\n');
    if (line === '') throw new Error(`no receipt, status ${run.code}: ${run.stderr}`);
    return { run, receipt: JSON.parse(line) as ReceiptJson };
  }
}

/** tmux cannot hold dots in the names of sessions. */
const paneOf = (name: string): string => `=${name.replaceAll('.', '_')}:`;
