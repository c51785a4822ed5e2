import { describe, expect, test } from 'vitest';
import { topText, type TopInput } from '../../../src/cli/render/top-text.js';
import { styleFor } from '../../../src/cli/render/style.js';
import type { AgentStatus } from '../../../src/controller/status.js';
import type { FleetFigures } from '../../../src/observers/figures.js';

const mebibyte = 2 ** 20;

const agent = (name: string, pid: number | null): AgentStatus => ({
  ...{ name, runtime: 'demo', class: 'worker', desired: 'running', attached: false, pid, session: name },
  phase: pid === null ? 'Stopped' : 'Running',
  activity: pid === null ? null : 'idle',
  startedAt: pid === null ? null : 0,
  ...{
    lastOutputAt: null,
    starts: 1,
    adopted: false,
    outdated: [],
    conversation: null,
    hold: null,
    end: null,
    conditions: [],
  },
});

const figures = (...cpuSeconds: readonly number[]): FleetFigures => ({
  agents: new Map(
    cpuSeconds.map((seconds, index) => [
      `a${index}`,
      { memoryBytes: (index + 1) * 100 * mebibyte, cpuSeconds: seconds, tasks: index + 1 },
    ]),
  ),
  holderPid: null,
  controllerPid: null,
});

const input: TopInput = {
  agents: [agent('a0', 10), agent('a1', 11), agent('a2', 12), agent('off', null)],
  unknownSources: [],
  figures: figures(8, 21, 0.5),
  since: { figures: figures(6, 20, 3), seconds: 2 },
  sort: 'cpu',
  now: 60_000,
};
const show = (more: Partial<TopInput> = {}): readonly string[] =>
  topText({ ...input, ...more }, styleFor(false));

describe('fleet top', () => {
  test('CPU since the look before, the hungriest first; a restarted unit has none yet', () => {
    expect(show()).toEqual([
      '3 running, 1 not   cpu 150.0%   memory 600M   tasks 6',
      '',
      'NAME  RUNTIME  ACTIVITY  CPU     MEMORY  TASKS  CPU TIME  UP  PID',
      'a0    demo     idle      100.0%  100M    1      8.0s      1m  10',
      'a1    demo     idle      50.0%   200M    2      21.0s     1m  11',
      'a2    demo     idle      -       300M    3      0.5s      1m  12',
    ]);
  });

  test('by memory, by name, and before there is a second look', () => {
    const first = (lines: readonly string[]): readonly string[] =>
      lines.slice(3).map((line) => line.split(' ')[0] ?? '');
    expect(first(show({ sort: 'memory' }))).toEqual(['a2', 'a1', 'a0']);
    expect(first(show({ sort: 'name' }))).toEqual(['a0', 'a1', 'a2']);
    expect(show({ since: null })[0]).toBe('3 running, 1 not   cpu -   memory 600M   tasks 6');
  });

  test('what systemd does not count is not nothing', () => {
    const counted = new Map(
      [...figures(8, 21, 0.5).agents].map(([name, { cpuSeconds }]) => [
        name,
        { cpuSeconds, memoryBytes: null, tasks: null },
      ]),
    );
    const head = show({ figures: { ...input.figures, agents: counted } })[0];
    expect(head).toBe('3 running, 1 not   cpu 150.0%   memory -   tasks -');
  });

  test('what cannot be told does not count as not running', () => {
    const unseen = ['b0', 'b1', 'b2'].map((name) => ({ ...agent(name, null), phase: 'Unknown' as const }));
    expect(show({ agents: [...input.agents.slice(1), ...unseen] })[0]).toMatch(
      /^2 running, 1 not, 3 unknown {3}/,
    );
    const unknownSources = [{ source: 'tmux', message: 'tmux did not answer within 5s' }] as const;
    expect(show({ agents: unseen, unknownSources, since: null }).slice(0, 3)).toEqual([
      '0 running, 3 unknown   cpu -   memory -   tasks -',
      'Unknown: tmux: tmux did not answer within 5s',
      '',
    ]);
  });
});
