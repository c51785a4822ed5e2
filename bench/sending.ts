import * as fs from 'node:fs';
import * as path from 'node:path';
import { eventually, run } from '../test/support/user-manager.js';
import { BenchFleet } from './bench-fleet.js';
import { compare } from './measure.js';
import type { Row } from './row.js';

const demoAgent = path.join(path.dirname(import.meta.dirname), 'framework', 'demo', 'agent.mjs');

/** 1 KB to the demo agent, which echoes at once, until its receipt; beside one raw tmux call that pastes and presses Enter. */
export async function sending(cli: string, repetitions: number): Promise<readonly Row[]> {
  const fleet = new BenchFleet(cli, 1);
  try {
    const agent = 'echo';
    const command = [
      process.execPath,
      demoAgent,
      '--session',
      path.join(fleet.directory, 's.jsonl'),
      '--think',
      '0',
    ];
    fs.writeFileSync(
      path.join(fleet.home, 'fleet', 'roster.yaml'),
      [
        'version: 1',
        'transport: tmux',
        'tmux: { socket_name: bench }',
        `defaults: { working_directory: ${path.join(fleet.directory, 'work')}, idle_after: 0s }`,
        `agents: [{ name: ${agent}, runtime: demo, command: ${JSON.stringify(command)} }]`,
        '',
      ].join('\n'),
    );
    await fleet.install();
    await fleet.start();
    const composer = async (): Promise<boolean> => {
      const { stdout } = await run('tmux', ['-L', 'bench', 'capture-pane', '-p', '-t', `=${agent}:`]);
      return stdout.split('\n').some((line) => line.trimEnd() === '>');
    };
    const prepare = async (): Promise<void> => {
      await eventually('an empty composer', composer);
    };
    const text = 'x'.repeat(1024);
    const file = path.join(fleet.directory, 'message');
    fs.writeFileSync(file, text);
    const raw = [
      ...['-L', 'bench', 'load-buffer', '-b', 'raw', file],
      ...[';', 'paste-buffer', '-p', '-d', '-b', 'raw', '-t', `=${agent}:`],
      ...[';', 'send-keys', '-t', `=${agent}:`, 'Enter'],
    ];
    const { ours, rival } = await compare(repetitions, {
      ours: { ...fleet.fleet('agent', 'send', agent, '--message', text), prepare },
      rival: { program: 'tmux', args: raw, prepare },
    });
    const name = 'one raw paste and Enter';
    return [
      { kind: 'time', what: 'agent send, 1 KB, to its receipt', size: 1, ours, rival: { name, sample: rival }, budget: 25 },
    ]; // prettier-ignore
  } finally {
    await fleet.dispose();
  }
}
