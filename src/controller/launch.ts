import { expandHome, launchArgv } from '../roster/effective.js';
import type { Result } from '../roster/result.js';
import type { AgentSpec } from '../roster/types.js';
import type { Desired } from './desired.js';

type Resolved = Extract<Desired, { kind: 'resolved' }>;

export interface LaunchPlaces {
  /** The operator's home directory. */
  readonly userHome: string;
  readonly mosaicHome: string;
  readonly socketName: string;
}

/** What the agent's environment says of itself; no roster or site line can change it. */
export function identityEnvironment(spec: AgentSpec, places: LaunchPlaces): Readonly<Record<string, string>> {
  return {
    MOSAIC_HOME: places.mosaicHome,
    MOSAIC_AGENT_NAME: spec.name,
    MOSAIC_AGENT_CLASS: spec.class,
    MOSAIC_AGENT_RUNTIME: spec.runtime,
    MOSAIC_AGENT_SESSION: spec.session,
    MOSAIC_TMUX_SOCKET: places.socketName,
  };
}

/**
 * The record the pane's first program reads: NUL-terminated strings, so that every byte an argv word or a variable may
 * hold arrives as it was declared. `framework/tools/fleet/agent-run.sh` documents the fields.
 */
export function launchRecord(desired: Resolved, places: LaunchPlaces): Result<string, string> {
  const { spec, effective, site } = desired;
  const argv = launchArgv(spec, site, places.userHome);
  if (!argv.ok) return argv;
  const environment = Object.entries({ ...effective.env, ...identityEnvironment(spec, places) });
  const fields = [
    'fleet-launch-1',
    spec.name,
    spec.session,
    expandHome(spec.workingDirectory, places.userHome),
    desired.specHash,
    desired.contextHash,
    '',
    String(spec.stopGraceMs),
    String(environment.length),
    ...environment.map(([key, value]) => `${key}=${value}`),
    String(argv.value.length),
    ...argv.value,
  ];
  return { ok: true, value: fields.map((field) => `${field}\0`).join('') };
}

/** The systemd drop-in with an agent's limits, or null where it has none. Values were checked with the roster. */
export function limitsDropIn({ resources }: AgentSpec): string | null {
  const lines = [
    ...(resources.memoryMax === null ? [] : [`MemoryMax=${resources.memoryMax}`]),
    ...(resources.cpuQuota === null ? [] : [`CPUQuota=${resources.cpuQuota}`]),
    ...(resources.tasksMax === null ? [] : [`TasksMax=${resources.tasksMax}`]),
  ];
  return lines.length === 0
    ? null
    : `# Written by fleet from the roster; do not edit.\n[Service]\n${lines.join('\n')}\n`;
}
