import * as fs from 'node:fs';
import * as path from 'node:path';
import { eventually } from '../support/user-manager.js';
import { FaultyFleet } from './faulty-fleet.js';
import { look } from './look.js';
import { contextsIn } from './spoken.js';
import { declaredIn, isKickedOff, kickstart, members, type Member, type Side } from './members.js';

/**
 * As opencode does: a conversation must have been imported before a process can be in it. What it holds cannot be told here, for
 * this is no database.
 */
const opencode = `#!/bin/sh
store=$XDG_DATA_HOME/opencode/opencode.db
if [ "$1" = import ]; then
  mkdir -p "\${store%/*}" && cat "$2" >>"$store"
  exit
fi
if ! [ "$1" = --session ] || ! grep -q -s "\\"id\\":\\"$2\\"" "$store"; then echo "Session not found: $2"; exit 1; fi
echo "$$" >>"$DIARY/$MOSAIC_AGENT_NAME"
echo "$2" >>"$XDG_DATA_HOME/$MOSAIC_AGENT_NAME.sessions"
echo 'ctrl+p commands'
# Mapped, as opencode maps what it has opened of its database: the next one may start.
mapped=$XDG_DATA_HOME/sleep.db-shm
[ -e "$mapped" ] || { cp "$(command -v sleep)" "$mapped.$$" && mv "$mapped.$$" "$mapped"; }
exec "$mapped" 1000000
`;

/** A fleet of agents with conversations, most of them demo agents, no controller, and a fleet command in which things go wrong. */
export class FaultedFleet extends FaultyFleet {
  readonly #conversations = path.join(this.directory, 'demo-home');
  readonly #slots = path.join(this.directory, 'slots');
  readonly #opencode = path.join(this.directory, 'opencode-home');

  rosterOf(side: Side): string {
    const demo = path.join(this.directory, 'package', 'framework', 'demo', 'agent.mjs');
    const begin = 'echo "$$" >>"$0/$MOSAIC_AGENT_NAME"; exec "$@"';
    const agents = declaredIn(side).map((member) => {
      const { name, role, runtime } = member;
      const changes = role === 'restarted' || role === 'waits' || role === 'held';
      // Who is reset in the runtime has no conversation that fleet knows, and begins one with each process.
      const start = role === 'reset' ? `${begin} --session "$0/../slots/$EPOCHREALTIME.jsonl"` : begin;
      const words = role === 'reset' ? [] : ['{conversation}'];
      return {
        ...(runtime === 'demo'
          ? {
              name,
              runtime,
              command: [
                'bash',
                '-c',
                start,
                this.places.diary,
                process.execPath,
                demo,
                '--think',
                '0',
                ...words,
              ],
            }
          : { name, runtime, command: [path.join(this.directory, 'opencode'), '{conversation}'] }),
        env: {
          ...(runtime === 'demo'
            ? { DEMO_AGENT_DIR: this.#conversations }
            : { XDG_DATA_HOME: this.#opencode, DIARY: this.places.diary }),
          SOAK_RUN: this.places.marker,
          ...(changes ? { SIDE: side } : {}),
        },
        ...(isKickedOff(member) ? { kickstart_template: 'kick.md' } : {}),
        ...(role === 'updated' ? { resources: { tasks_max: side === 'a' ? 500 : 501 } } : {}),
        // Limits that come and go with it.
        ...(role === 'comes and goes' ? { resources: { tasks_max: 400 } } : {}),
        ...(role === 'waits' ? { disruption: 'ask' } : {}),
        ...(role === 'reset' || role === 'renewed'
          ? { reset_between_tasks: true, disruption: 'when-idle', persistent_persona: `persona ${side}` }
          : {}),
      };
    });
    return `${JSON.stringify({
      ...{ version: 1, transport: 'tmux', tmux: { socket_name: this.places.socket } },
      defaults: {
        ...{ working_directory: this.places.work, idle_after: '0s', stop_grace: '1s' },
        // Those that a fault has ended are started at once.
        backoff: { base: '100ms', max: '100ms', reset_after: '100ms', stall_after: 1000 },
        // Histories follow upon each other within the brake's minute.
        max_disruption: '100%',
      },
      agents,
    })}\n`;
  }

  declare(side: Side): void {
    fs.writeFileSync(`${this.roster}.swp`, this.rosterOf(side));
    fs.renameSync(`${this.roster}.swp`, this.roster);
  }

  /** Everything runs as `a` declares, each with something said in its conversation, one held. */
  async up(): Promise<void> {
    for (const directory of [this.#opencode, this.#slots]) fs.mkdirSync(directory);
    fs.writeFileSync(path.join(this.directory, 'opencode'), opencode, { mode: 0o755 });
    fs.writeFileSync(path.join(path.dirname(this.roster), 'kick.md'), kickstart('{name}'));
    this.declare('b');
    await this.must([0], 'install');
    for (const side of ['b', 'a'] as const) {
      this.declare(side);
      // Who asks waits with side b for good, and so does who is held.
      await this.must(side === 'b' ? [0] : [6], 'apply');
      for (const member of declaredIn(side))
        if (member.runtime === 'demo' && !this.said(member.name).includes(greeting(member)))
          await this.#greet(member);
      if (side === 'b') await this.must([0], 'hold', 'kept');
    }
  }

  async #greet(member: Member): Promise<void> {
    const { name } = member;
    await eventually(`${name} shows its composer`, async () => {
      const seen = (await look(this)).sessions.find(({ agent }) => agent === name);
      if (seen === undefined) return false;
      return /^>( |$)/m.test((await this.tmux('capture-pane', '-p', '-t', seen.pane)).stdout);
    }, 30_000); // prettier-ignore
    await this.must([0], 'agent', 'send', name, '--no-preamble', '--message', greeting(member));
  }

  /** Id of the conversation on record; '' where there is none. */
  conversation(name: string): string {
    const file = path.join(this.state, 'conversations', `${name}.json`);
    if (!fs.existsSync(file)) return '';
    const record = JSON.parse(fs.readFileSync(file, 'utf8')) as { current: { id: string } | null };
    return record.current?.id ?? '';
  }

  /** What was said to an agent in the conversation on record; to the slot, since it was reset last. */
  said(name: string): readonly string[] {
    const member = members.find((one) => one.name === name);
    if (member?.role === 'reset') return this.#slotContexts().at(-1) ?? [];
    const file = path.join(this.#conversations, 'conversations', `${this.conversation(name)}.jsonl`);
    return contextsIn(file).at(-1) ?? [];
  }

  /** What was said in each conversation that a demo agent was ever in. */
  everSaid(): readonly (readonly string[])[] {
    const directory = path.join(this.#conversations, 'conversations');
    const named = fs.existsSync(directory) ? fs.readdirSync(directory) : [];
    return [...this.#slotContexts(), ...named.flatMap((name) => contextsIn(path.join(directory, name)))];
  }

  #slotContexts(): readonly (readonly string[])[] {
    const files = fs.readdirSync(this.#slots).toSorted();
    return files.flatMap((name) => contextsIn(path.join(this.#slots, name)));
  }

  /** Ids of opencode's conversations that were imported, one for each time. */
  imported(): readonly string[] {
    const file = path.join(this.#opencode, 'opencode', 'opencode.db');
    if (!fs.existsSync(file)) return [];
    return [...fs.readFileSync(file, 'utf8').matchAll(/"info":\{"id":"([^"]+)"/g)].map(([, id = '']) => id);
  }

  /** Id of the conversation that an opencode's latest process is in. */
  session(name: string): string {
    const file = path.join(this.#opencode, `${name}.sessions`);
    return fs.existsSync(file) ? (fs.readFileSync(file, 'utf8').trim().split('\n').at(-1) ?? '') : '';
  }

  /** How many conversations the slot has begun. */
  contexts(): number {
    return this.#slotContexts().length;
  }
}

const greeting = ({ name }: Member): string => `hello ${name}`;
