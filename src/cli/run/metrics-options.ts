import * as net from 'node:net';
import * as path from 'node:path';
import type { Environment } from '../../host/paths.js';
import { CommandFailure, ExitCode } from '../exit-code.js';

export interface MetricsOptions {
  readonly metricsFile?: string;
  readonly metricsAddress?: string;
}

export interface MetricsWanted {
  /** Absolute; its name ends in `.prom`. */
  readonly file: string | null;
  readonly address: { readonly host: string; readonly port: number } | null;
  /** What the environment asks for and cannot have. */
  readonly problems: readonly string[];
}

const fileVariable = 'MOSAIC_FLEET_METRICS_FILE';
const addressVariable = 'MOSAIC_FLEET_METRICS_ADDRESS';

/**
 * Where metrics go. The command line wins over the environment. A mistake on the command line is a usage error; one in
 * the environment, read by the unit, must not keep the controller from its work, and is told instead.
 *
 * @throws CommandFailure 64
 */
export function metricsWanted(options: MetricsOptions, env: Environment): MetricsWanted {
  const problems: string[] = [];
  const take = <Value>(
    option: string,
    given: string | undefined,
    variable: string,
    read: (text: string, name: string) => Value | string,
  ): Value | null => {
    const text = given ?? env[variable] ?? '';
    if (given === undefined && text === '') return null;
    const value = read(text, given === undefined ? variable : option);
    if (typeof value !== 'string') return value;
    if (given !== undefined) throw new CommandFailure(ExitCode.usage, value);
    problems.push(value);
    return null;
  };
  const file = take('--metrics-file', options.metricsFile, fileVariable, readFile);
  const address = take('--metrics-address', options.metricsAddress, addressVariable, readAddress);
  return { file: file?.path ?? null, address, problems };
}

function readFile(text: string, name: string): { readonly path: string } | string {
  // The rule also keeps a slip of the hand from replacing somebody's file.
  if (!path.basename(text).endsWith('.prom') || path.basename(text) === '.prom') {
    return `${name}: ${text}: the file's name must end in .prom: node_exporter's textfile collector reads no other`;
  }
  return { path: path.resolve(text) };
}

function readAddress(text: string, name: string): { readonly host: string; readonly port: number } | string {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):([0-9]{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  const loopback = match?.[1] === undefined ? net.isIPv4(host) && host.startsWith('127.') : host === '::1';
  if (!loopback || !(port <= 65_535)) {
    return (
      `${name}: ${text}: give a loopback address and a port, such as 127.0.0.1:9464 or [::1]:9464. ` +
      'Metrics name every agent and are served without a password; for another machine, put an authenticating proxy before them'
    );
  }
  return { host, port };
}
