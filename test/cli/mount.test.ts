import { Command } from 'commander';
import { afterEach, expect, test } from 'vitest';
import { runAgents } from '../../src/cli/mount.js';
import { ExitCode } from '../../src/cli/exit-code.js';

afterEach(() => {
  process.exitCode = undefined;
});

test('an agent that is named twice is meant once', async () => {
  const seen: (readonly string[])[] = [];
  const program = new Command('fleet').argument('[agent...]').action(
    runAgents((_, names) => {
      seen.push(names);
      return ExitCode.done;
    }),
  );
  await program.parseAsync(['b', 'a', 'b'], { from: 'user' });
  expect(seen).toEqual([['b', 'a']]);
});
