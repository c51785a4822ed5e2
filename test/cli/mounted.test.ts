import { Command, CommanderError } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { registerAgentCommand, registerFleetCommand } from '../../src/index.js';

/** Another program's command line with fleet's commands in it. */
function host({ overrides }: { overrides: boolean }): { program: Command; said: () => string } {
  let said = '';
  const write = (text: string): void => void (said += text);
  const program = new Command('mosaic').configureOutput({ writeOut: write, writeErr: write });
  if (overrides) program.exitOverride();
  program.command('other').argument('<word>').action(vi.fn());
  registerFleetCommand(program);
  registerAgentCommand(program);
  return { program, said: () => said };
}

/** The exit code that a program's own exitOverride is told. */
async function codeOf(...words: string[]): Promise<number | undefined> {
  try {
    await host({ overrides: true }).program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    throw error;
  }
  return undefined;
}

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

describe("fleet's commands under another program", () => {
  it.each([
    ['an unknown command', 'fleet frobnicate'],
    ['an unknown option', 'fleet plan --no-such-option'],
    ['an argument too few', 'fleet explain'],
    ['an argument too many', 'fleet explain a b'],
    ['an invalid choice', 'fleet status -o xml'],
    ['an invalid duration', 'fleet hold a --for soon'],
    ['a hold of more than ten years', 'fleet --mosaic-home /none hold a --for 87600h1s'],
    ['a release for more than ten years', 'fleet --mosaic-home /none release a --for 999999999h'],
    ['no command', 'fleet'],
    ['no command of a group', 'fleet agent'],
    ['help for an unknown command', 'fleet help frobnicate'],
    ['an unknown option of a group', 'fleet agent tail a --no-such-option'],
    ['no command of agent', 'agent'],
    ['an unknown command of agent', 'agent frobnicate'],
    ['an invalid count of agent', 'agent tail a -n none'],
  ])('end with 64 on %s', async (_, words) => {
    expect(await codeOf(...words.split(' '))).toBe(64);
  });

  it.each(['fleet --help', 'fleet plan --help', 'fleet help plan', 'fleet help', 'agent --help'])(
    'end with 0 after %s',
    async (words) => {
      expect(await codeOf(...words.split(' '))).toBe(0);
    },
  );

  it("leave that program's own commands as they are", async () => {
    expect(await codeOf('other')).toBe(1);
  });

  it('end the process as commander does where that program says nothing else', async () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`);
    });
    const { program, said } = host({ overrides: false });
    await expect(program.parseAsync(['fleet', 'plam'], { from: 'user' })).rejects.toThrow('exit 64');
    expect(said()).toContain('(Did you mean plan?)');
    expect(said()).toContain('See: mosaic fleet --help');
    await expect(program.parseAsync(['fleet'], { from: 'user' })).rejects.toThrow('exit 64');
    expect(exit).toHaveBeenCalledTimes(2);
  });

  it('say where to read on about the very command', async () => {
    const { program, said } = host({ overrides: true });
    await expect(
      program.parseAsync(['fleet', 'agent', 'tail', 'a', '--no'], { from: 'user' }),
    ).rejects.toThrow();
    expect(said()).toContain('See: mosaic fleet agent tail --help');
  });
});
