import * as fs from 'node:fs';
import * as path from 'node:path';
import { demoAgent, FleetSandbox, until } from './fleet-sandbox.js';

/** A fleet of demo agents whose conversations fleet names: each in a file of its own, all of them in one home. */
export class TalkingDemos extends FleetSandbox {
  get conversations(): string {
    return path.join(this.directory, 'demo-home');
  }

  /** A roster line. */
  demo(name: string, more = '', words: readonly string[] = []): string {
    return `{ name: ${name}, runtime: demo, env: { DEMO_AGENT_DIR: ${this.conversations} }, command: ${JSON.stringify([process.execPath, demoAgent, '--think', '0.05', ...words, '{conversation}'])}${more} }`;
  }

  settings(more = ''): string {
    return `defaults: { idle_after: 0s, stop_grace: 1s, working_directory: ${this.work}${more} }`;
  }

  async up(...agents: readonly string[]): Promise<void> {
    this.writeRoster(agents, this.settings());
    await this.expect(0, 'install');
    await this.expect(0, 'apply');
  }

  async say(name: string, text: string): Promise<void> {
    const sent = await this.fleet('agent', 'send', name, '--no-preamble', '--message', text);
    if (sent.code !== 0) throw new Error(`${text} was not delivered: ${sent.stdout}${sent.stderr}`);
    await until(`${name} answers ${text}`, () =>
      this.all().some((line) => line === `agent: you said: ${text}`),
    );
  }

  /** What a human does in its pane to begin a new conversation. */
  async clear(name: string): Promise<void> {
    await this.tmux('send-keys', '-t', `=${name}:`, '/clear', 'Enter');
    await until('it is fresh', async () => (await this.screen(name)).includes('fresh context'));
  }

  /** Everything that any conversation holds, in no order of theirs. */
  all(): readonly string[] {
    return this.ids().flatMap((id) => this.held(id));
  }

  /** Every conversation there was. */
  ids(): readonly string[] {
    const directory = path.join(this.conversations, 'conversations');
    const names = fs.existsSync(directory) ? fs.readdirSync(directory) : [];
    return names.map((name) => name.replace(/\.jsonl$/, ''));
  }

  /** What was said in a conversation. */
  held(id: string): readonly string[] {
    const file = path.join(this.conversations, 'conversations', `${id}.jsonl`);
    if (!fs.existsSync(file)) return [];
    return fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { type: string; text?: string })
      .flatMap(({ type, text }) => (type === 'conversation' ? [] : [`${type}: ${text ?? ''}`]));
  }

  said(id: string): readonly string[] {
    return this.held(id).flatMap((line) => (line.startsWith('user: ') ? [line.slice('user: '.length)] : []));
  }

  record(name: string): {
    readonly current: { readonly id: string; readonly resumed: unknown; readonly accepted: boolean } | null;
    readonly former: readonly { readonly id: string; readonly ended: string }[];
  } {
    const file = path.join(this.state, 'conversations', `${name}.json`);
    return JSON.parse(fs.readFileSync(file, 'utf8')) as ReturnType<TalkingDemos['record']>;
  }

  id(name: string): string {
    return this.record(name).current?.id ?? '';
  }

  /** The mark of the session that runs. */
  mark(name: string): Promise<string> {
    return this.tmux('show-options', '-t', `=${name}:`, '-qv', '@fleet_conversation');
  }

  screen(name: string): Promise<string> {
    return this.tmux('capture-pane', '-p', '-S', '-', '-t', `=${name}:`);
  }

  /** Another process than before, with its composer on the screen. */
  async again(name: string, before: number | undefined, limitMs = 15_000): Promise<number> {
    return until(
      `${name} runs again`,
      async () => {
        const pid = (await this.pids())[name];
        return pid !== undefined && pid !== before && /^>( |$)/m.test(await this.screen(name)) && pid;
      },
      limitMs,
    );
  }
}
