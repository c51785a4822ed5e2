import { spawn, type ChildProcess } from 'node:child_process';
import { cli, until, type FleetSandbox } from './fleet-sandbox.js';

/** `fleet run` of one sandbox, started by hand, and what it told. */
export class RunningController {
  log = '';
  readonly #fleet: FleetSandbox;
  readonly #program: string;
  #child: ChildProcess | null = null;

  /** @param program its start file, if not the repository's */
  constructor(fleet: FleetSandbox, program: string = cli) {
    this.#fleet = fleet;
    this.#program = program;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(...options: readonly string[]): Promise<void> {
    return this.startWith([], ...options);
  }

  /** @param wrapper a program, with its arguments, that becomes the controller */
  async startWith(wrapper: readonly string[], ...options: readonly string[]): Promise<void> {
    const [program, ...words] = [...wrapper, process.execPath, this.#program, ...options, 'run'];
    const before = this.events('controller_started').length;
    const child = spawn(program, words, {
      env: { ...process.env, ...this.#fleet.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    this.#child = child;
    await until(
      'the controller has started',
      () => this.events('controller_started').length > before || child.exitCode !== null,
    );
    if (child.exitCode !== null) throw new Error(`the controller did not start:\n${this.log}`);
  }

  /** @returns its exit code; null where a signal ended it, or none runs */
  async stop(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return null;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    child.kill(signal);
    return ended;
  }

  /** Everything of one type that it has told. */
  events(type: string): readonly Readonly<Record<string, unknown>>[] {
    return this.log
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((event) => event['type'] === type);
  }
}
