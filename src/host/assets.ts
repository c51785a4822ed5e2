import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Paths } from './paths.js';

/** One file that `fleet install` puts on the host. */
export interface Asset {
  readonly kind: 'unit' | 'tool';
  /** Absolute path on the host. */
  readonly target: string;
  readonly content: string;
  readonly mode: number;
}

/** The package's own directory: the nearest one above this file with the host assets in it. */
export function packageRoot(): string {
  let directory = import.meta.dirname;
  while (!fs.existsSync(path.join(directory, 'framework', 'systemd'))) {
    const parent = path.dirname(directory);
    if (parent === directory) {
      const message = 'the package is incomplete: its framework directory is missing\nInstall fleet again';
      throw Object.assign(new Error(message), { code: 'FLEET_PART' });
    }
    directory = parent;
  }
  return directory;
}

/** What `fleet` is, in this package. */
export const programFile = (): string => path.join(packageRoot(), 'dist', 'fleet.js');

export function packageVersion(): string {
  const manifest: unknown = JSON.parse(fs.readFileSync(path.join(packageRoot(), 'package.json'), 'utf8'));
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : null;
  return typeof version === 'string' ? version : 'unknown';
}

/** Where the package keeps what it puts on hosts. */
export const assetDirectories = (): readonly string[] =>
  [
    ['tools', 'fleet'],
    ['tools', 'tmux'],
    ['systemd', 'user'],
  ].map((parts) => path.join(packageRoot(), 'framework', ...parts));

/** Everything `install` writes for this home, rendered. Depends on the home alone, so that nothing else reads as drift. */
export function hostAssets(paths: Paths): readonly Asset[] {
  const framework = path.join(packageRoot(), 'framework');
  return [
    ...read(path.join(framework, 'tools', 'fleet'), (name, content) => ({
      kind: 'tool',
      target: path.join(paths.fleetTools, name),
      content,
      mode: name.endsWith('.sh') ? 0o755 : 0o644,
    })),
    ...read(path.join(framework, 'tools', 'tmux'), (name, content) => ({
      kind: 'tool',
      target: path.join(paths.tmuxTools, name),
      content,
      mode: name.endsWith('.sh') ? 0o755 : 0o644,
    })),
    ...read(path.join(framework, 'systemd', 'user'), (name, content) => ({
      kind: 'unit',
      target: path.join(paths.units, name),
      content: renderUnit(content, paths.home),
      mode: 0o644,
    })),
  ];
}

function read(directory: string, asset: (name: string, content: string) => Asset): readonly Asset[] {
  if (!fs.existsSync(directory)) return [];
  return fs
    .readdirSync(directory)
    .toSorted()
    .map((name) => asset(name, fs.readFileSync(path.join(directory, name), 'utf8')));
}

/** `@MOSAIC_HOME@` stands inside double quotes of an Exec line that starts with `:`, so that `$` means nothing there. */
function renderUnit(content: string, home: string): string {
  const quoted = home.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%');
  // EnvironmentFile= is not unquoted, but it is a glob pattern (systemd 252).
  const pattern = home.replace(/[\\*?[]/g, '\\$&').replaceAll('%', '%%');
  return content.replaceAll('@MOSAIC_HOME@', () => quoted).replaceAll('@MOSAIC_HOME_PATH@', () => pattern);
}

/** The home that an installed agent unit was rendered for, or null. */
export function homeOfUnit(content: string): string | null {
  const match = /^EnvironmentFile=-(.+)\/fleet\/environment$/m.exec(content);
  return match?.[1]?.replaceAll('%%', '%').replace(/\\(.)/g, '$1') ?? null;
}
