import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileProblem, writeFileAtomic } from '../../host/atomic-file.js';
import type { MetricsTeller } from './metrics.js';

/**
 * The file for node_exporter's textfile collector. Readable for everybody, since node_exporter is another user; replaced
 * in one step, since it may read at any moment.
 */
export class MetricsFile {
  readonly #file: string;
  readonly #tell: MetricsTeller;
  #ours = false;

  constructor(file: string, tell: MetricsTeller) {
    this.#file = file;
    this.#tell = tell;
  }

  write(text: string): void {
    try {
      // A directory made by us would be closed to node_exporter.
      fs.accessSync(path.dirname(this.#file), fs.constants.X_OK);
      writeFileAtomic(this.#file, text, 0o644, 'derived');
      this.#ours = true;
      this.#tell.well(`written to ${this.#file}`);
    } catch (error) {
      this.#tell.trouble(
        `cannot write metrics to ${this.#file}: ${fileProblem(error)}; the controller goes on, and tries again`,
      );
    }
  }

  /** Figures that nobody keeps up to date are lies: the file goes with the controller that wrote it. */
  remove(): void {
    if (!this.#ours) return;
    try {
      fs.rmSync(this.#file, { force: true });
    } catch (error) {
      this.#tell.trouble(
        `cannot remove ${this.#file}: ${fileProblem(error)}; remove it, its figures are old`,
      );
    }
  }
}
