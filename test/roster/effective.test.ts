import { describe, expect, it } from 'vitest';
import { effectiveSpec, launchArgv } from '../../src/roster/effective.js';
import { contextHash, specHash } from '../../src/roster/hash.js';
import type { AgentSpec } from '../../src/roster/types.js';
import { agentOf } from './compiling.js';

const effective = (agent: AgentSpec, site: Record<string, string> = {}) => {
  const result = effectiveSpec(agent, site);
  if (!result.ok) throw new Error(result.failure);
  return result.value;
};
const site = { MOSAIC_AGENT_COMMAND: `run "a b" '{model_hint}' $HOME` };

describe('the argument vector', () => {
  it('is the agent’s own command, else the site’s, else the runtime’s, else launcher and runtime', () => {
    const runtimes = 'runtimes: { codex: { command: [from-runtime, "{name}"] } }';
    expect(effective(agentOf('command: [own, "{class}"]', runtimes), site).argv).toEqual(['own', 'worker']);
    expect(effective(agentOf('', runtimes), site).argv).toEqual(['run', 'a b', '{model_hint}', '$HOME']);
    expect(effective(agentOf('', runtimes)).argv).toEqual(['from-runtime', 'a']);
    expect(effective(agentOf('')).argv).toEqual(['mosaic', 'yolo', 'codex']);
    expect(effective(agentOf('', 'defaults: { launcher: [] }')).argv).toEqual(['codex']);
    expect(effective(agentOf(''), { MOSAIC_AGENT_COMMAND: '  ' }).argv).toEqual(['mosaic', 'yolo', 'codex']);
  });

  it('keeps ~ for the hash and is absolute for the launch', () => {
    const agent = agentOf(
      'working_directory: /home/me/x\ncommand: [x, "{working_directory}/y", "{conversation}", "{{conversation}}"]',
    );
    expect(effective(agent)).toMatchObject({
      argv: ['x', '~/x/y', '{conversation}', '{conversation}'],
      workingDirectory: '~/x',
    });
    expect(launchArgv(agent, {}, '/home/me', [])).toEqual({
      ok: true,
      value: ['x', '/home/me/x/y', '{conversation}'],
    });
  });

  it.each([
    [
      'run "x',
      /^MOSAIC_AGENT_COMMAND in the env file cannot be split into words: a double quote is not closed$/,
    ],
    ['"" x', /names no program/],
    [`x ${'y'.repeat(131_072)}`, /a word of the command has 131072 bytes or more/],
  ])('%.20s fails', (line, message) => {
    for (const result of [
      effectiveSpec(agentOf(''), { MOSAIC_AGENT_COMMAND: line }),
      launchArgv(agentOf(''), { MOSAIC_AGENT_COMMAND: line }, '/h', []),
    ]) {
      expect(result.ok ? '' : result.failure).toMatch(message);
    }
  });
});

describe('the environment', () => {
  it('is the roster’s with the site’s over it', () => {
    const agent = agentOf('env: { A: roster, B: roster }');
    const env = { B: 'site', C: 'site', UID: '0', TMUX: 'x', MOSAIC_HOME: 'x', MOSAIC_AGENT_COMMAND: 'x' };
    expect(effective(agent, env).env).toEqual({ A: 'roster', B: 'site', C: 'site' });
  });

  it('fails on a site’s variable the kernel cannot carry', () => {
    const result = effectiveSpec(agentOf(''), { BIG: 'x'.repeat(131_072) });
    expect(result).toEqual({ ok: false, failure: 'BIG in the env file has 131072 bytes or more' });
  });
});

describe('hashes', () => {
  const base = agentOf('command: [x, "{model_hint}"]\nmodel_hint: m');
  const spec = (agent: AgentSpec): string => specHash(effective(agent));

  it('have a version and 32 hex digits', () => {
    expect(spec(base)).toMatch(/^v1:[0-9a-f]{32}$/);
    expect(contextHash(base)).toMatch(/^v1:[0-9a-f]{32}$/);
  });

  it('are pinned: a release must not restart every fleet', () => {
    expect([spec(agentOf('')), contextHash(agentOf(''))]).toMatchInlineSnapshot(`
      [
        "v1:624c16546a20d067345454dbf851264a",
        "v1:78c96125fa892bc18136badec9c918e3",
      ]
    `);
  });

  it.each<[string, Partial<AgentSpec>, boolean, boolean]>([
    ['runtime', { runtime: 'pi' }, true, false],
    ['command', { command: ['y'] }, true, true],
    ['env', { env: { A: 'b' } }, true, false],
    ['working directory', { workingDirectory: '~' }, true, false],
    ['a model hint in use', { modelHint: 'n' }, true, false],
    ['class', { class: 'reviewer' }, false, true],
    ['persona', { persona: 'Ada' }, false, true],
    ['kickstart', { kickstart: { path: 'k', content: 'x' } }, false, true],
    ['suspend', { suspend: true }, false, false],
    ['idle_after', { idleAfterMs: 1 }, false, false],
    ['protection', { protection: 'full' }, false, false],
  ])('%s', (_, change, changesSpec, changesContext) => {
    const changed = { ...base, ...change };
    expect(spec(changed) !== spec(base)).toBe(changesSpec);
    expect(contextHash(changed) !== contextHash(base)).toBe(changesContext);
  });

  it('a model hint that no command uses is context', () => {
    const unused = agentOf('model_hint: m');
    expect(spec({ ...unused, modelHint: 'n' })).toBe(spec(unused));
    expect(contextHash({ ...unused, modelHint: 'n' })).not.toBe(contextHash(unused));
    const ofRuntime = { ...base, ownCommand: false };
    expect(contextHash(ofRuntime, { MOSAIC_AGENT_COMMAND: 'x' })).not.toBe(contextHash(ofRuntime));
  });

  it('a kickstart’s path is no context, its content is', () => {
    const at = (path: string, content: string) => contextHash({ ...base, kickstart: { path, content } });
    expect(at('a', 'x')).toBe(at('b', 'x'));
    expect(at('a', 'x')).not.toBe(at('a', 'y'));
  });

  it('the value of the home directory is in no hash', () => {
    const here = agentOf('working_directory: /home/me/src\ncommand: [x, "{working_directory}"]');
    const there = agentOf('working_directory: ~/src\ncommand: [x, "{working_directory}"]');
    expect(spec(here)).toBe(spec(there));
  });
});
