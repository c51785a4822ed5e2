import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemctl } from '../support/user-manager.js';
import { rosterText, type DeclaredAgent } from './declared.js';
import type { Ledger } from './ledger.js';
import { living, look, type Look } from './look.js';
import { movePane } from './move-pane.js';
import { controllerUnit, type SoakFleet } from './soak-fleet.js';
import type { Edit, FleetWord, Step } from './step.js';

/** Half a file that stands longer is, for the controller, what the operator wants. */
const settledMs = 900;
const orderedCodes = new Set([0, 4, 6]);

/** Carries out steps, and tells the ledger what they may cost. Ends nothing but what it looked up or created itself. */
export class Hands {
  readonly #fleet: SoakFleet;
  readonly #ledger: Ledger;
  /** Sessions on the fleet's socket that are not the fleet's: id and pid by name. */
  readonly strangers = new Map<string, { readonly id: string; readonly pid: number }>();
  /** Agents with a change that waits for an approval or a release. */
  readonly #waiting = new Set<string>();
  /** As they were when they left the roster. */
  readonly #gone = new Map<string, DeclaredAgent>();
  readonly #clients: { readonly client: ChildProcess; readonly left: () => void }[] = [];
  agents: readonly DeclaredAgent[];
  /** Agents the history has ended since their declaration last changed, and how often. */
  readonly deaths = new Map<string, number>();
  /** When agents' configurations were changed, for the brake's minute. */
  readonly changes: { readonly agent: string; readonly at: number }[] = [];
  /** The operator's word, as far as it was accepted. */
  readonly held = new Map<string, 'hold' | 'stop'>();
  readonly findings: string[] = [];

  constructor(fleet: SoakFleet, ledger: Ledger, agents: readonly DeclaredAgent[]) {
    this.#fleet = fleet;
    this.#ledger = ledger;
    this.agents = agents;
    ledger.know(agents.map(({ name }) => name));
  }

  async perform(step: Step): Promise<void> {
    switch (step.kind) {
      case 'edit':
        return this.#edit(step.edit);
      case 'site':
        this.#site(step.agent, step.value);
        return;
      case 'fleet':
        return this.#word(step.command, step.agent);
      case 'apply':
        await Promise.all(Array.from({ length: step.times }, () => this.command([0, 4, 6, 69], 'apply')));
        return;
      case 'agent':
        return this.#agent(step.act, step.agent);
      case 'busy':
        return this.#type(await look(this.#fleet), step.agent, `busy ${step.seconds}`);
      case 'stranger': {
        const { session } = step;
        const made = [
          'new-session',
          '-d',
          '-P',
          '-F',
          '#{session_id} #{pane_pid}',
          '-s',
          session,
          'sleep 1000000',
        ];
        const { code, stdout } = await this.#fleet.tmux(...made);
        const [id = '', pid] = stdout.trim().split(' ');
        if (code === 0) this.strangers.set(session, { id, pid: Number(pid) });
        return;
      }
      case 'server-killed': {
        const { server } = await look(this.#fleet);
        if (server === null) return;
        // Whoever is just being started has its session there, too.
        for (const { name } of this.agents) this.#ledger.expect(name, 'server killed');
        process.kill(server, 'SIGKILL');
        this.strangers.clear();
        return;
      }
      case 'controller':
        return this.#controller(step.act);
      case 'manager':
        await systemctl(step.act);
        return;
      case 'pause':
        await pause(step.ms);
    }
  }

  /** Runs a command of the operator's; another exit code than these is a finding. */
  async command(codes: readonly number[], ...words: readonly string[]): Promise<number> {
    const { code, stdout, stderr } = await this.#fleet.fleet(...words);
    if (!codes.includes(code)) {
      const last = `${stdout}\n${stderr}`.trim().split('\n').at(-1) ?? '';
      this.findings.push(`fleet ${words.join(' ')} ended with ${code}: ${last}`);
    }
    return code;
  }

  /** Whoever was attached goes. */
  async detach(): Promise<void> {
    for (const { client, left } of this.#clients.splice(0)) {
      const ended = new Promise((resolve) => client.once('close', resolve));
      left();
      client.kill('SIGTERM');
      if (client.exitCode === null && client.signalCode === null) await ended;
    }
  }

  async #edit({ agents, layout, how }: Edit): Promise<void> {
    const text = rosterText(agents, layout, this.#fleet.places);
    const { roster } = this.#fleet;
    const replace = (content: string): void => {
      fs.writeFileSync(`${roster}.swp`, content);
      fs.renameSync(`${roster}.swp`, roster);
    };
    this.#account(agents);
    switch (how.kind) {
      case 'rename':
        replace(text);
        return;
      case 'in-place':
        fs.writeFileSync(roster, text);
        return;
      case 'twice':
        fs.writeFileSync(roster, text);
        await pause(how.pause);
        fs.writeFileSync(roster, rosterText(agents, how.second, this.#fleet.places));
        return;
      case 'torn': {
        const part = Math.floor(text.length * how.part);
        const cut = how.lines ? text.lastIndexOf('\n', part) + 1 : part;
        const begun = performance.now();
        // Whose last line says that it is suspended may be begun without it, and is ended by the rest.
        for (const { name, suspend } of agents) if (suspend) this.#ledger.expect(name, 'ordered');
        fs.writeFileSync(roster, text.slice(0, cut));
        await pause(how.pause);
        fs.appendFileSync(roster, text.slice(cut));
        // On a slow machine half a file may have stood too long to blame anybody.
        if (performance.now() - begun > settledMs)
          for (const { name } of agents) this.#ledger.expect(name, 'ordered');
        return;
      }
      case 'broken':
        if (how.text === null) fs.rmSync(roster);
        else replace(how.text);
        await pause(how.pause);
        replace(text);
    }
  }

  /** What a new declaration may cost, agent by agent. */
  #account(agents: readonly DeclaredAgent[]): void {
    const [before, after] = [this.agents, agents].map(
      (list) => new Map(list.map((agent) => [agent.name, agent])),
    );
    this.agents = agents;
    this.#ledger.know(agents.map(({ name }) => name));
    for (const name of new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])) {
      const [old, now] = [before?.get(name), after?.get(name)];
      const went = old !== undefined && !old.suspend && (now === undefined || now.suspend);
      // One that came back before its stop was done, e.g. since the brake held it, is live as it was before it went.
      const last = old ?? this.#gone.get(name);
      const changed = last !== undefined && now !== undefined && last.version !== now.version;
      if (old !== undefined && now === undefined) this.#gone.set(name, old);
      if (went || changed) {
        this.deaths.delete(name);
        this.changes.push({ agent: name, at: Date.now() });
      }
      if (went) this.#ledger.expect(name, 'ordered');
      else if (changed && (now.ask || this.held.has(name))) this.#waiting.add(name);
      else if (changed) this.#ledger.expect(name, 'changed');
    }
  }

  #site(agent: string, value: number): void {
    const file = path.join(this.#fleet.home, 'fleet', 'agents', `${agent}.env`);
    const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : [];
    const kept = lines.filter((line) => line !== '' && !line.startsWith('SITE='));
    fs.writeFileSync(`${file}.swp`, `SITE=${value}\n${kept.join('\n')}\n`, { mode: 0o600 });
    fs.renameSync(`${file}.swp`, file);
    this.deaths.delete(agent);
    this.changes.push({ agent, at: Date.now() });
    if (this.#asks(agent) || this.held.has(agent)) this.#waiting.add(agent);
    else this.#ledger.expect(agent, 'changed');
  }

  async #word(command: FleetWord, agent: string): Promise<void> {
    // Nothing may wait for approval (1), and the server may be dead at the moment (69).
    const code = await this.command(command === 'approve' ? [0, 1, 69] : [0, 4, 6, 69], command, agent);
    if (!orderedCodes.has(code)) return;
    switch (command) {
      case 'hold':
        this.held.set(agent, 'hold');
        // One that had not come yet waits for the release now.
        if (this.#ledger.mayChange(agent)) this.#waiting.add(agent);
        return;
      case 'stop':
        this.held.set(agent, 'stop');
        this.#ledger.expect(agent, 'ordered');
        return;
      case 'restart':
        if (!this.held.has(agent)) this.#ledger.expect(agent, 'ordered');
        return;
      case 'approve':
        this.approved(agent);
        return;
      case 'release':
      case 'start':
        this.held.delete(agent);
        this.deaths.delete(agent);
        // Of one that asks it is the approval that lets the change go.
        if (!this.#asks(agent) && this.#waiting.delete(agent)) this.#ledger.expect(agent, 'changed');
    }
  }

  #asks(agent: string): boolean {
    return this.agents.find(({ name }) => name === agent)?.ask === true;
  }

  approved(agent: string): void {
    // Of a held one it is the release that lets the change go.
    if (!this.held.has(agent) && this.#waiting.delete(agent)) this.#ledger.expect(agent, 'changed');
  }

  async #agent(act: (Step & { kind: 'agent' })['act'], agent: string): Promise<void> {
    const seen = await look(this.#fleet);
    const session = living(seen, agent);
    if (session === null) return;
    switch (act) {
      case 'crash':
        this.#killed(agent);
        return this.#type(seen, agent, 'crash 3');
      case 'kill':
        this.#killed(agent);
        process.kill(session.pid, 'SIGKILL');
        return;
      case 'kill-session':
        this.#killed(agent);
        await this.#fleet.tmux('kill-session', '-t', session.id);
        return;
      case 'rename-session':
        await this.#fleet.tmux('rename-session', '-t', session.id, `renamed-${session.id.slice(1)}`);
        return;
      case 'join-pane':
      case 'swap-pane':
        return movePane(this.#fleet, act, session, seen);
      case 'fork':
      case 'deaf':
        return this.#type(seen, agent, act);
      case 'attach': {
        const attach = `exec tmux -N -u -L ${this.#fleet.places.socket} attach -t '${session.id}'`;
        const client = spawn('script', ['-qfec', attach, '/dev/null'], {
          stdio: ['pipe', 'ignore', 'ignore'],
          env: { ...process.env, TERM: 'xterm' },
        });
        const left = this.#ledger.attached(agent);
        this.#clients.push({ client, left });
        client.once('close', left);
      }
    }
  }

  #killed(agent: string): void {
    this.#ledger.expect(agent, 'killed');
    this.deaths.set(agent, (this.deaths.get(agent) ?? 0) + 1);
  }

  async #type(seen: Look, agent: string, words: string): Promise<void> {
    const session = living(seen, agent);
    if (session !== null) await this.#fleet.tmux('send-keys', '-t', session.pane, words, 'Enter');
  }

  async #controller(act: (Step & { kind: 'controller' })['act']): Promise<void> {
    switch (act) {
      case 'kill': {
        const pid = await this.#fleet.controllerPid();
        // Killed a moment ago, it may still be on systemd's record.
        if (pid > 0 && fs.existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
        return;
      }
      case 'restart':
      case 'stop':
      case 'reload':
        await systemctl(act, controllerUnit);
    }
  }
}
