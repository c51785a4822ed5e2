import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect } from 'vitest';
import { screenState } from '../../src/controller/screen.js';
import { exec } from '../../src/host/exec.js';
import { findPanes, lookAt } from '../../src/observers/screens.js';
import { BUILT_IN } from '../../src/roster/profiles.js';
import { FleetSandbox, until, type Run } from '../support/fleet-sandbox.js';
import { startModelServer, type ModelServer } from '../support/model-server.js';
import { Pane } from '../support/pane.js';
import { prepareAgent, type Runtime } from '../support/real-agents.js';

/** What `agent send --json` says. */
export interface Receipt {
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly attempts: number;
  readonly elapsedMs: number;
}

export interface Sent extends Run {
  readonly receipt: Receipt;
}

/** What a runtime makes of white space: pi and claude write a tab as four blanks; ends are trimmed by all but claude. */
const plain = (text: string): string => text.replaceAll('\t', '    ').trimEnd();

/** Agents of the real programs that fleet itself started, and the model they talk to. */
export class RealFleet {
  private constructor(
    readonly fleet: FleetSandbox,
    readonly server: ModelServer,
    readonly agents: Readonly<Record<string, Runtime>>,
  ) {}

  static async start(
    agents: Readonly<Record<string, Runtime>>,
    options: {
      readonly approvals?: boolean;
      /** In one directory and one home, each in a conversation of its own. */
      readonly together?: boolean;
      /** More words of the roster, by agent. */
      readonly words?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
      /** More of its environment, by agent. */
      readonly env?: Readonly<Record<string, Readonly<Record<string, string>>>>;
      /** More settings of the roster, as text. */
      readonly settings?: string;
      /** Files beside the roster. */
      readonly files?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<RealFleet> {
    const fleet = new FleetSandbox();
    const server = await startModelServer();
    const all = new RealFleet(fleet, server, agents);
    fleet.writeRoster(
      Object.entries(agents).map(([name, runtime]) => {
        const where = options.together === true ? 'all' : name;
        const place = { work: path.join(fleet.work, where), home: all.home(where), port: server.port };
        const agent = prepareAgent(runtime, { ...place, approvals: options.approvals === true });
        const command = [...agent.command, ...(options.together === true ? ['{conversation}'] : [])];
        const env = { ...agent.env, ...options.env?.[name] };
        const words = { name, runtime, command, env, working_directory: place.work };
        return JSON.stringify({ ...words, ...options.words?.[name] });
      }),
      options.settings,
    );
    for (const [name, text] of Object.entries(options.files ?? {}))
      fs.writeFileSync(path.join(path.dirname(fleet.roster), name), text);
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply', '--wait');
    return all;
  }

  home(name: string): string {
    return path.join(this.fleet.directory, `home-${name}`);
  }

  pane(name: string): Pane {
    return new Pane(this.fleet.socket, `=${name}:`);
  }

  async send(name: string, text: string, ...more: readonly string[]): Promise<Sent> {
    const file = path.join(this.fleet.directory, `message-${Math.random()}`);
    fs.writeFileSync(file, text);
    const run = await this.fleet.fleet('agent', 'send', name, '--file', file, '--json', ...more);
    const what = `${run.stderr}\n${run.stdout}`;
    expect(run.stdout, what).toMatch(/^\{/);
    return { ...run, receipt: JSON.parse(run.stdout) as Receipt };
  }

  /** Sends, and expects what the receipt says; a surprise shows the agent's screen. */
  async expectSent(status: RegExp, name: string, text: string, ...more: readonly string[]): Promise<Receipt> {
    const { receipt, code } = await this.send(name, text, ...more);
    const screen = this.pane(name).text();
    expect(`${receipt.status} ${receipt.reason ?? ''}`.trim(), `${receipt.message}\n${screen}`).toMatch(
      status,
    );
    expect(code).toBe(['delivered', 'queued'].includes(receipt.status) ? 0 : 4);
    return receipt;
  }

  /** Most often that one request of the agent's own turns held the text. More than one: it was delivered twice. */
  times(text: string): number {
    const counts = this.server
      .requests()
      .filter(({ main }) => main)
      .map(({ texts }) => plain(texts.join('\n')).split(plain(text)).length - 1);
    return Math.max(0, ...counts);
  }

  /** Waits until the model has the text. */
  async received(text: string, limitMs = 90_000): Promise<void> {
    await until(`the model to get ${JSON.stringify(text.slice(0, 60))}`, () => this.times(text) > 0, limitMs);
  }

  /** Every request is answered, and no other follows for a moment. */
  async quiet(): Promise<void> {
    let last = '';
    let since = performance.now();
    await until(
      'no request under way',
      () => {
        const now = this.server
          .requests()
          .map(({ id, state }) => `${id}${state}`)
          .join();
        if (now !== last || now.includes('answering')) since = performance.now();
        last = now;
        return performance.now() - since > 1500;
      },
      60_000,
    );
  }

  /** Empties the composer where something stands in it, as a human would: Ctrl-C in an empty one ends opencode. */
  async clearDraft(name = 'one'): Promise<void> {
    const pane = this.pane(name);
    await until('an empty composer', async () => {
      const panes = await findPanes(exec, this.fleet.socket);
      const target = panes.known ? panes.value?.find(({ agent }) => agent === name) : undefined;
      const profile = BUILT_IN.get(this.agents[name] ?? '');
      if (target === undefined || profile === undefined) return false;
      const seen = await lookAt(exec, this.fleet.socket, [target]);
      const screen = seen.known ? seen.value.get(target.pane) : undefined;
      if (screen === undefined) return false;
      const { activity, composer } = screenState(profile, screen);
      if (activity !== 'ready') return false;
      if (composer.kind === 'empty') return true;
      pane.keys('C-c');
      await pane.settles();
      return false;
    });
  }

  /** Starts again what has died, as the controller would. */
  async running(): Promise<void> {
    await until(
      'all agents to run',
      async () => {
        await this.fleet.fleet('release', ...Object.keys(this.agents));
        return (await this.fleet.fleet('apply', '--wait', '60s')).code === 0;
      },
      100_000,
    );
  }

  /** Waits for something that may take a loaded machine long; a surprise shows the screen. */
  async eventually(what: string, probe: () => boolean, name = 'one'): Promise<void> {
    await until(what, probe, 60_000).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.pane(name).text()}`, { cause: error });
    });
  }

  async dispose(): Promise<void> {
    await this.fleet.dispose();
    await this.server.close();
  }
}
