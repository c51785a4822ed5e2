import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../host/assets.js';
import { fileProblem, isThere, writeFileAtomic } from '../../host/atomic-file.js';
import { errorCode } from '../../host/error-code.js';
import { displayPath } from '../../host/paths.js';
import { unreadRoster } from '../unread-rosters.js';
import { nearest } from '../../roster/nearest.js';
import type { Context } from '../context.js';
import { typed } from '../typed.js';
import { CommandFailure, ExitCode } from '../exit-code.js';

export interface InitOptions {
  readonly profile: string;
  readonly write?: true;
  readonly force?: true;
}

/** Prints an example roster, or with `--write` puts it where the roster belongs, its kickstart templates beside it. */
export function initCommand(context: Context, { profile, write, force }: InitOptions): ExitCode {
  const examples = path.join(packageRoot(), 'roster', 'examples');
  const profiles = fs
    .readdirSync(examples)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -5));
  if (!profiles.includes(profile)) {
    const near = nearest(profile, profiles);
    throw new CommandFailure(
      ExitCode.usage,
      `no profile ${profile}${near === null ? '' : ` (did you mean ${near}?)`}\nProfiles: ${profiles.join(', ')}`,
    );
  }
  const text = withSchema(fs.readFileSync(path.join(examples, `${profile}.yaml`), 'utf8'));
  if (write !== true) {
    if (force === true) throw new CommandFailure(ExitCode.usage, '--force goes with --write');
    context.print(text.trimEnd());
    return ExitCode.done;
  }
  // Where another spelling of the default name exists, that is the roster an operator would lose.
  const existing = context.paths.roster;
  // An example is YAML: a JSON roster cannot be replaced by it in its own file.
  const isJson = !context.rosterGiven && existing === path.join(context.paths.fleet, 'roster.json');
  const target = isJson ? path.join(context.paths.fleet, 'roster.yaml') : existing;
  const shown = displayPath(target, context.paths.userHome);
  try {
    if (isThere(existing) && force !== true) {
      throw new CommandFailure(
        ExitCode.error,
        `${displayPath(existing, context.paths.userHome)} exists and was not touched\nReplace it with: ${typed(context, `init --profile ${profile} --write --force`)}`,
      );
    }
    // The roster last: where it stands all is done, and what was cut short before is finished by the same command.
    for (const template of templatesIn(text)) {
      const file = path.join(path.dirname(target), template);
      if (isThere(file) && force !== true) continue;
      writeFileAtomic(file, fs.readFileSync(path.join(examples, template)), 0o644);
      context.print(`wrote ${displayPath(file, context.paths.userHome)}`);
    }
    // Values of `env` will stand in it.
    writeFileAtomic(target, text, 0o600);
    context.print(`wrote ${shown}`);
  } catch (error) {
    if (error instanceof CommandFailure || errorCode(error) === '') throw error;
    throw new CommandFailure(ExitCode.error, `cannot write ${shown}: ${fileProblem(error)}`);
  }
  if (isJson && isThere(existing)) context.say(unreadRoster(existing, { ...context.paths, roster: target }));
  const next = ['validate', 'install', 'plan', 'apply'].map((name) => typed(context, name));
  context.print(`Next: edit it, then ${next.join(', ')}`);
  return ExitCode.done;
}

/** The line by which editors find the schema: relative in the package, of which a roster elsewhere knows nothing. */
const withSchema = (text: string): string =>
  text.replace(
    /(?<=^# yaml-language-server: \$schema=).*$/m,
    () => pathToFileURL(path.join(packageRoot(), 'roster', 'roster.schema.json')).href,
  );

const templatesIn = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(/^\s*kickstart_template:\s*(\S+)/gm)].map(([, template = '']) => template)),
];
