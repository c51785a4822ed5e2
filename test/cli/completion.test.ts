import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { candidates } from '../../src/cli/completion.js';
import { addFleetCommands } from '../../src/cli/program.js';

const agents = [
  { value: 'builder', description: 'codex' },
  { value: 'scout', description: 'pi' },
];
const program = addFleetCommands(new Command('fleet'));
const complete = (...words: readonly string[]): readonly string[] =>
  candidates(program, words, { agents: () => agents }).map(({ value }) => value);

describe('completing the command line', () => {
  test('commands, also below agent, and never what is hidden', () => {
    expect(complete('')).toEqual(expect.arrayContaining(['plan', 'apply', 'agent', 'completion']));
    expect(complete('')).not.toContain('complete');
    expect(complete('sta')).toEqual(['status', 'start']);
    expect(complete('agent', 'se')).toEqual(['send']);
  });

  test('commands of which help may be asked', () => {
    expect(complete('help', 'pl')).toEqual(['plan']);
    expect(complete('help', 'agent', 'se')).toEqual(['send']);
    expect(complete('agent', 'help', 'se')).toEqual(['send']);
    expect(complete('help', 'plan', '')).toEqual([]);
  });

  test('options behind values that may be left out, or of which there are several', () => {
    expect(complete('apply', '--approve', 'scout', '--on')).toEqual(['--only']);
    expect(complete('apply', '--wait', '--no')).toEqual(['--now', '--no-color']);
    expect(complete('apply', '--approve', 'builder', '--only', 's')).toEqual(['scout']);
  });

  test('agents where an agent may stand, and none twice', () => {
    expect(complete('status', '')).toEqual(['builder', 'scout']);
    expect(complete('agent', 'send', 'b')).toEqual(['builder']);
    expect(complete('stop', 'builder', '')).toEqual(['scout']);
    expect(complete('explain', 'builder', '')).toEqual([]);
    expect(complete('events', '--for', '')).toEqual(['builder', 'scout']);
    expect(complete('apply', '--approve', 'builder', '')).toEqual(['builder', 'scout']);
    expect(complete('validate', '')).toEqual([]);
  });

  test('options of the command and of the whole program; choices as a word and behind =', () => {
    expect(complete('plan', '--')).toEqual(expect.arrayContaining(['--json', '--out', '--roster', '--help']));
    expect(complete('plan', '--')).not.toContain('--confirm');
    expect(complete('wait', '--for', '')).toEqual(['ready', 'idle', 'stopped']);
    expect(complete('wait', '--for=i')).toEqual(['--for=idle']);
    expect(complete('wait', '--for', 'idle', 's')).toEqual(['scout']);
    expect(complete('status', '-o', 'w')).toEqual(['wide']);
    expect(complete('init', '--profile', 'l')).toEqual(['local-canary']);
    expect(complete('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(complete('status', '--', '-')).toEqual([]);
  });
});
