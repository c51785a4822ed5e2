import * as fs from 'node:fs';
import { settledMs, settleMs, type FileAge, type RosterInForce } from '../../controller/delayed.js';
import { changeOf, stampOf } from '../../host/atomic-file.js';
import { templateFile } from '../../observers/roster-file.js';
import { observeOwner } from '../../observers/installation.js';
import type { CompileContext } from '../../roster/build.js';
import { parseEnvironmentFile } from '../../roster/environment-file.js';
import type { Roster } from '../../roster/types.js';
import type { Context } from '../context.js';
import { CommandFailure } from '../exit-code.js';
import { moveProblem } from '../guard.js';
import { goodWhereInstalled, lastGoodRoster } from '../last-good.js';
import { readSource, rereadAs, withText } from '../roster-source.js';
import { compileOrThrow } from '../roster-text.js';

interface Reading {
  /** Names the content of roster, templates and what was installed; null: their times cannot tell yet. */
  readonly stamp: string | null;
  readonly problem: string | null;
}

/** A file as it was at the last look. */
interface Sight {
  /** Names its content without regard to what times cannot tell. */
  readonly glance: string;
  /** null: it was not there. */
  readonly change: ReturnType<typeof changeOf>;
  /** Whether another file was in its place after its last change. */
  readonly replaced: boolean;
}

/** What a roster was made of. */
interface Made {
  readonly text: string;
  /** Texts of templates by their names in the roster. */
  readonly templates: ReadonlyMap<string, string>;
}

/**
 * The roster as the controller takes it: a file that became invalid or vanished, or that names another socket than the installed
 * one, leaves the last good one in force.
 */
export class RosterMemory {
  readonly #context: Context;
  #last: Roster | null = null;
  /** Whether what `#last` was read of was unchanged for long at some look. What was applied was. */
  #proven = true;
  /** What `#last` was made of; null where that is not what the file held last. */
  #made: Made | null = null;
  /** Names of the templates that were asked for when the file was read last, those that could not be read too. */
  #asked: ReadonlySet<string> = new Set();
  #reading: Reading | null = null;
  #sights: ReadonlyMap<string, Sight> = new Map();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Absolute paths of everything that what was read last depends on. A template that is missing may appear. */
  get files(): readonly string[] {
    return [this.#context.paths.roster, ...[...this.#asked].map((name) => this.#fileOf(name))];
  }

  /** Reads and compiles the file only where it may have changed. */
  look(): RosterInForce {
    const before = this.#reading;
    const stamp = this.#stamp();
    // Before it is read: what is written meanwhile is seen at the next look.
    this.#see((file, sight) => sightOf(file, sight));
    if (before === null || stamp === null || before.stamp !== stamp) {
      const problem = this.#read();
      // Read by other templates now, perhaps.
      this.#see((file, sight) => sight ?? sightOf(file, null));
      this.#reading = { stamp: stamp === null ? null : this.#stamp(), problem };
    }
    const { problem = null } = this.#reading ?? {};
    const { roster: file } = this.#context.paths;
    const templates = new Map([...this.#asked].map((name) => [name, this.#age(this.#fileOf(name))]));
    const age = this.#age(file);
    if (problem === null) this.#proven ||= [age, ...templates.values()].every(isSettled);
    return {
      ...{ roster: this.#last, problem, ...age, templates },
      ...(this.#proven || problem === null ? {} : { unproven: true }),
    };
  }

  /** The next look reads again, whatever the files' times say. */
  forget(): void {
    this.#reading = null;
  }

  /** Whether the files are not what was read last. */
  isStale(): boolean {
    return [...this.#sights].some(([file, { glance }]) => glance !== glanceAt(file));
  }

  #read(): string | null {
    const asked = new Set<string>();
    try {
      const [source, surroundings] = readSource(this.#context, this.#context.paths.roster);
      const { text } = source;
      const { readTemplate } = surroundings;
      // Under the lock a file that was just written is read once more, since its times cannot tell; mostly it says the same.
      if (this.#made?.text === text && stands(this.#made, readTemplate)) return null;
      const templates = new Map<string, string>();
      const noting: typeof readTemplate = (name) => {
        asked.add(name);
        const template = readTemplate(name);
        if (template.ok) templates.set(name, template.text);
        return template;
      };
      const read = withText(compileOrThrow(source, { ...surroundings, readTemplate: noting }), text);
      const problem = this.#keepsOut(read);
      if (problem !== null) {
        this.#made = null;
        this.#asked = asked;
        return problem;
      }
      const before = this.#last;
      this.#last = before === null ? read : rereadAs(before, read);
      this.#proven &&= this.#last === before;
      this.#made = { text, templates };
      this.#asked = asked;
      return null;
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      this.#made = null;
      this.#asked = asked;
      this.#last ??= lastGoodRoster(this.#context);
      return error.message;
    }
  }

  /** Where nothing good is known, the roster is taken, and whoever looks at the host refuses it. */
  #keepsOut(read: Roster): string | null {
    const installed = observeOwner(this.#context.paths, parseEnvironmentFile);
    const problem = moveProblem(read, installed);
    if (problem === null) return null;
    const good = goodWhereInstalled(this.#context, installed, this.#last);
    this.#last = good ?? this.#last;
    return good === null ? null : problem;
  }

  #stamp(): string | null {
    return stampOf(...this.files, this.#context.paths.environment);
  }

  #fileOf(template: string): string {
    const { roster, userHome } = this.#context.paths;
    return templateFile(roster, userHome, template);
  }

  #see(look: (file: string, before: Sight | null) => Sight): void {
    this.#sights = new Map(this.files.map((file) => [file, look(file, this.#sights.get(file) ?? null)]));
  }

  #age(file: string): FileAge {
    const { change = null, replaced = false } = this.#sights.get(file) ?? {};
    return {
      settledMs: change === null ? Infinity : settledMs(change.changedAt, this.#context.now()),
      replaced,
    };
  }
}

const isSettled = (file: FileAge): boolean => file.settledMs >= settleMs;

const stands = ({ templates }: Made, readTemplate: CompileContext['readTemplate']): boolean =>
  [...templates].every(([name, text]) => {
    const now = readTemplate(name);
    return now.ok && now.text === text;
  });

function statOf(file: string): fs.Stats | null {
  try {
    return fs.statSync(file, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

function glanceAt(file: string): string {
  const stat = statOf(file);
  return stat === null ? '' : [stat.dev, stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs].join(' ');
}

function sightOf(file: string, before: Sight | null): Sight {
  const glance = glanceAt(file);
  if (before?.glance === glance) return before;
  const change = changeOf(file, Date.now());
  // One that has only just appeared may still be being written.
  const earlier = before?.change ?? null;
  return { glance, change, replaced: earlier !== null && earlier.inode !== change?.inode };
}
