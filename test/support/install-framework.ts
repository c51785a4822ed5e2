import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../../framework/', import.meta.url));

/** Where a test's fleet lives. */
export interface Installation {
  readonly home: string;
  readonly socket: string;
  readonly holder: string;
  readonly state: string;
}

/** One launch record, see framework/tools/fleet/record.sh. */
export interface Launch {
  readonly agent: string;
  readonly session?: string;
  readonly directory: string;
  readonly command: readonly string[];
  readonly environment?: readonly string[];
  readonly spec?: string;
  readonly context?: string;
  readonly conversation?: string;
  readonly graceMs?: number;
  /** Words that resume the conversation, and what says that there is something to resume: variable, below HOME, glob, text. */
  readonly resume?: readonly string[];
  readonly sign?: readonly [string, string, string, string];
  /** What is run before a new conversation, and what it reads. */
  readonly prepare?: readonly string[];
  readonly input?: string;
  /** What its process has mapped when another one of its home may be started. */
  readonly turn?: string;
}

/** Inside the double quotes of a unit file's Exec line that starts with `:`. */
const quoted = (text: string): string => text.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%');
/** In a unit file's EnvironmentFile line, which is not quoted but is a glob pattern (systemd 252). */
const pattern = (text: string): string => text.replace(/[\\*?[]/g, '\\$&').replaceAll('%', '%%');
/** A value in an environment file. */
const value = (text: string): string => `"${text.replace(/[\\"`$]/g, '\\$&')}"`;

/** What `fleet install` does with the host assets, without its care: for tests of the assets alone. */
export async function installFramework(
  installation: Installation,
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { home, socket, holder, state } = installation;
  const tools = join(home, 'tools/fleet');
  const units = join(homedir(), '.config/systemd/user');
  await mkdir(tools, { recursive: true });
  await mkdir(join(home, 'fleet/agents'), { recursive: true });
  await mkdir(units, { recursive: true });
  for (const name of await readdir(join(source, 'tools/fleet'))) {
    await copyFile(join(source, 'tools/fleet', name), join(tools, name));
    await chmod(join(tools, name), name.endsWith('.sh') ? 0o755 : 0o644);
  }
  for (const name of await readdir(join(source, 'systemd/user'))) {
    const text = await readFile(join(source, 'systemd/user', name), 'utf8');
    const rendered = text
      .replaceAll('@MOSAIC_HOME@', () => quoted(home))
      .replaceAll('@MOSAIC_HOME_PATH@', () => pattern(home));
    await writeFile(join(units, name), rendered);
  }
  const recorded = {
    PATH: process.env['PATH'] ?? '',
    LANG: 'C.UTF-8',
    TMUX_TMPDIR: process.env['TMUX_TMPDIR'] ?? '',
    MOSAIC_HOME: home,
    MOSAIC_FLEET_ROSTER: join(home, 'fleet/roster.yaml'),
    MOSAIC_FLEET_SOCKET: socket,
    MOSAIC_FLEET_HOLDER: holder,
    MOSAIC_FLEET_STATE: state,
    MOSAIC_FLEET_NODE: process.execPath,
    MOSAIC_FLEET_CLI: join(home, 'absent.js'),
    ...environment,
  };
  const lines = Object.entries(recorded).map(([key, text]) => `${key}=${value(text)}\n`);
  await writeFile(join(home, 'fleet/environment'), lines.join(''));
}

/** The words of a launch record, in order. */
export function launchWords(launch: Launch): string[] {
  const environment = launch.environment ?? [];
  const { resume = [], sign = [], prepare } = launch;
  return [
    prepare === undefined
      ? 'fleet-launch-1'
      : launch.turn === undefined
        ? 'fleet-launch-3'
        : 'fleet-launch-4',
    launch.agent,
    launch.session ?? launch.agent.replaceAll('.', '_'),
    launch.directory,
    launch.spec ?? 'v1:5bec',
    launch.context ?? 'v1:c0e7',
    launch.conversation ?? '',
    String(launch.graceMs ?? 2000),
    String(environment.length),
    ...environment,
    String(launch.command.length),
    ...launch.command,
    ...(prepare === undefined
      ? []
      : [
          ...[String(resume.length), ...resume, '', String(sign.length / 4), ...sign],
          ...[String(prepare.length), ...prepare, launch.input ?? ''],
          ...(launch.turn === undefined ? [] : [launch.turn]),
        ]),
  ];
}

/** Writes the launch record of one agent. */
export async function writeLaunch(installation: Installation, launch: Launch): Promise<void> {
  const path = join(installation.home, 'fleet/agents', `${launch.agent}.launch`);
  await writeFile(
    path,
    launchWords(launch)
      .map((word) => `${word}\0`)
      .join(''),
    { mode: 0o600 },
  );
}
