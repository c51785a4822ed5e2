// A program of npm's in a directory of its own, which no package.json of ours knows.
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** Where such directories are; the environment may name another place for those of one kind. */
export const cacheDirectory = (kind, chosen) =>
  chosen ?? path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'mosaic-fleet', kind);

/**
 * Installs beside its place and moves it there, so that a second installer or a killed one leaves nothing half done. A directory is
 * moved to its place only when its program has told its version.
 *
 * @param what name and version of the package, and its program, a path below node_modules
 * @param target the directory; it is there afterwards, or a reason is given why not
 * @returns null, or the reason
 */
export function installProgram({ name, version, program }, target) {
  const cache = path.dirname(target);
  const isInstalled = () => fs.existsSync(path.join(target, 'node_modules', program));
  if (isInstalled()) return null;
  fs.mkdirSync(cache, { recursive: true });
  removeLeftovers(cache);
  const beside = fs.mkdtempSync(path.join(cache, `.${path.basename(target)}-`));
  try {
    fs.writeFileSync(path.join(beside, 'package.json'), '{ "private": true }\n');
    // None of them needs its install scripts: those fetch or link what the optional dependencies already hold.
    const words = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
    const npm = spawnSync('npm', [...words, '--prefix', beside, `${name}@${version}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
    if (npm.status !== 0)
      return `npm install ${name}@${version} failed: ${npm.error?.message ?? lastLine(npm.stderr)}`;
    const { said, error } = programVersion(path.join(beside, 'node_modules', program), beside);
    // The error's message has the version, too: it names the directory.
    if (error !== undefined || !said.includes(version))
      return `${name}@${version} does not run: ${error?.message ?? (said || 'no answer to --version')}`;
    fs.rmSync(path.join(beside, 'home'), { recursive: true, force: true });
    try {
      fs.renameSync(beside, target);
    } catch (error) {
      // Somebody else was faster.
      if (!isInstalled()) return `cannot move it to ${target}: ${error.message}`;
    }
    return null;
  } finally {
    fs.rmSync(beside, { recursive: true, force: true });
  }
}

const lastLine = (text) => (text ?? '').trim().split('\n').at(-1) || 'no message; try it by hand';

/** What the program prints for --version, in a home of its own: several write configuration files when first run. */
function programVersion(program, beside) {
  const home = path.join(beside, 'home');
  fs.mkdirSync(home);
  const { stdout, stderr, error } = spawnSync(program, ['--version'], {
    encoding: 'utf8',
    timeout: 60_000,
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, TERM: 'dumb', PI_OFFLINE: '1' },
  });
  return { said: `${stdout ?? ''}${stderr ?? ''}`.trim(), error };
}

/** What killed installers left behind. A day is longer than any download. */
function removeLeftovers(cache) {
  for (const name of fs.readdirSync(cache).filter((entry) => entry.startsWith('.'))) {
    const directory = path.join(cache, name);
    const age = Date.now() - (fs.statSync(directory, { throwIfNoEntry: false })?.mtimeMs ?? Infinity);
    if (age > 86_400_000) fs.rmSync(directory, { recursive: true, force: true });
  }
}
