import * as fs from 'node:fs';
import * as path from 'node:path';
import { shows } from '../../src/controller/screen.js';
import { filesOf } from '../../src/observers/conversation-evidence.js';
import { turnIn, type Turn } from '../../src/observers/transcripts/transcript.js';
import { BUILT_IN } from '../../src/roster/profiles.js';
import { conversationWords } from '../../src/roster/conversation.js';
import type { RuntimeProfile } from '../../src/roster/profile.js';
import { FleetSandbox, run, until, type Run } from '../support/fleet-sandbox.js';
import { startModelServer, type ModelServer } from '../support/model-server.js';
import { Pane, type Screen } from '../support/pane.js';
import { prepareAgent, type RealAgent, type Runtime } from '../support/real-agents.js';
import { NAMES, type Name } from './campaign-step.js';

const unit = (name: Name): string => `mosaic-agent@${name}.service`;
export const controllerUnit = 'mosaic-fleet.service';

/** Longest that anything may take on a machine with other work. */
const patienceMs = 120_000;
/**
 * claude shows itself idle before it has written its answer down (2 of some four hundred, on a loaded machine: killed then, it
 * loses it), the first one before there is a transcript at all. A turn that was cut off stays open.
 */
const writtenWithinMs = 3000;

/** Two agents of one runtime in one directory and one home, with the installed controller. */
export class CampaignFleet {
  readonly sandbox = new FleetSandbox();
  readonly profile: RuntimeProfile;
  #edits = 0;

  private constructor(
    readonly runtime: Runtime,
    readonly server: ModelServer,
    readonly agent: RealAgent,
    profile: RuntimeProfile,
  ) {
    this.profile = profile;
  }

  static async start(runtime: Runtime): Promise<CampaignFleet> {
    const profile = BUILT_IN.get(runtime);
    if (profile === undefined) throw new Error(`no profile of ${runtime}`);
    const server = await startModelServer();
    const place = path.join(process.env['HOME'] ?? '', `campaign-${runtime}`);
    const agent = prepareAgent(runtime, {
      work: path.join(place, 'work'),
      home: path.join(place, 'home'),
      port: server.port,
    });
    const fleet = new CampaignFleet(runtime, server, agent, profile);
    fleet.edit([]);
    await fleet.must([0], 'install', '--enable');
    await fleet.must([0], 'apply', '--wait', '120s');
    return fleet;
  }

  get work(): string {
    return path.join(process.env['HOME'] ?? '', `campaign-${this.runtime}`, 'work');
  }

  /** Writes the roster with another setting for these agents, and the same as before for the others. */
  edit(names: readonly Name[]): void {
    this.#edits += 1;
    for (const name of names) this.#settings[name] = String(this.#edits);
    const { command, env } = this.agent;
    const backoff = '{ base: 100ms, max: 1s, reset_after: 1s, stall_after: 1000 }';
    this.sandbox.writeRoster(
      NAMES.map((name) =>
        JSON.stringify({
          ...{ name, runtime: this.runtime, command: [...command, '{conversation}'] },
          env: { ...env, CAMPAIGN_EDIT: this.#settings[name] },
        }),
      ),
      `defaults: { working_directory: ${JSON.stringify(this.work)}, idle_after: 1s, backoff: ${backoff} }`,
    );
  }
  readonly #settings: Record<Name, string> = { a: '0', b: '0' };

  /** Runs fleet; another exit code is an error with all that was printed. */
  async must(codes: readonly number[], ...words: readonly string[]): Promise<Run> {
    const result = await this.sandbox.fleet(...words);
    if (codes.includes(result.code ?? -1)) return result;
    throw new Error(`fleet ${words.join(' ')}: exit ${result.code}\n${result.stdout}${result.stderr}`);
  }

  /** @returns what was printed */
  async systemctl(...words: readonly string[]): Promise<string> {
    const { stdout, stderr } = await run('systemctl', ['--user', ...words]);
    return `${stdout}${stderr}`.trim();
  }

  units(names: readonly Name[]): readonly string[] {
    return names.map(unit);
  }

  /** The units of these agents have ended. */
  async ended(names: readonly Name[]): Promise<void> {
    const over = ['failed', 'inactive'];
    await until(
      `${names.join()} to have ended`,
      async () =>
        (await this.systemctl('is-active', ...this.units(names)))
          .split('\n')
          .every((state) => over.includes(state)),
      patienceMs,
    );
  }

  pane(name: Name): Pane {
    return new Pane(this.sandbox.socket, `=${name}:`);
  }

  /** Waits until another process than before shows the runtime's ready pattern. @returns when, in ms of performance.now() */
  async readyAgain(name: Name, before: number | undefined): Promise<number> {
    const pane = this.pane(name);
    return until(
      `${name} to be ready again`,
      () => {
        try {
          return pane.pid() !== before && this.looksReady(pane) ? performance.now() : null;
        } catch {
          return null;
        }
      },
      patienceMs,
    );
  }

  looksReady(pane: Pane): boolean {
    return this.isReady(pane.screen());
  }

  isReady({ title, lines }: Pick<Screen, 'title' | 'lines'>): boolean {
    return shows(this.profile.ready, { title, lines: lines.map((text) => ({ text, typed: text })) });
  }

  /** Everybody has nothing to do, and the runtime has had the time to write down that it was so. */
  async idle(): Promise<void> {
    await this.must([0], 'wait', '--for', 'idle', ...NAMES, '--timeout', '120s');
    const end = performance.now() + writtenWithinMs;
    await until(
      'what was answered is written down',
      () =>
        performance.now() > end ||
        this.profile.transcript === 'none' ||
        NAMES.every((name) => this.#turn(name) === 'over'),
      patienceMs,
    );
  }

  /** What an agent's transcript says of its last turn. */
  #turn(name: Name): Turn | null {
    const { evidence } = this.profile.conversation ?? { evidence: null };
    const file = path.join(this.sandbox.state, 'conversations', `${name}.json`);
    if (evidence === null || !fs.existsSync(file)) return null;
    const { current } = JSON.parse(fs.readFileSync(file, 'utf8')) as {
      readonly current: { readonly id: string } | null;
    };
    if (current === null || current.id === '') return null;
    const environment = { HOME: process.env['HOME'], ...this.agent.env };
    return turnIn(this.profile.transcript, filesOf(evidence, current.id, environment) ?? [], current.id);
  }

  /** The words with which a human would continue an agent's conversation by hand. */
  async byHand(name: Name): Promise<readonly string[]> {
    const { stdout } = await this.must([0], 'agent', 'conversations', name, '--json');
    const { current } = JSON.parse(stdout) as { readonly current: { readonly id: string } };
    const shape = this.profile.conversation;
    if (shape === null) throw new Error(`${this.runtime} has no conversations`);
    return [...this.agent.command, ...conversationWords(shape, current.id).resume];
  }

  /** What an operator would look at. */
  async sight(): Promise<string> {
    const status = await this.sandbox.fleet('status');
    const screens = NAMES.map((name) => {
      try {
        return this.pane(name).text().trimEnd();
      } catch (error) {
        return String(error);
      }
    });
    return [status.stdout, status.stderr, ...screens].join('\n--\n');
  }

  async dispose(): Promise<void> {
    await this.sandbox.dispose();
    await this.server.close();
  }
}
