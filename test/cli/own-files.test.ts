import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { createContext } from '../../src/cli/context.js';
import { planCommand } from '../../src/cli/commands/plan.js';
import { writeExport } from '../../src/cli/export-file.js';
import { requireNoneOfOurs } from '../../src/cli/own-files.js';
import { agentFile, conversationFile, limitsFile } from '../../src/host/paths.js';
import { temporary, temporaryPaths, write } from '../support/temporary.js';

test('neither a plan nor an export takes the place of a file by which fleet runs', async () => {
  const context = createContext({}, { HOME: temporary() });
  const record = conversationFile(context.paths, 'a');
  write(record, 'kept');
  const asked = { options: {} } as unknown as Parameters<typeof planCommand>[2];
  const refused = {
    code: 64,
    message: expect.stringContaining('is where fleet keeps its own files') as string,
  };
  await expect(planCommand(context, { out: record }, asked)).rejects.toMatchObject(refused);
  await expect(writeExport(context, record, 'x')).rejects.toMatchObject(refused);
  expect(fs.readFileSync(record, 'utf8')).toBe('kept');
});

test('which files those are: by any name, there or not', () => {
  const paths = temporaryPaths();
  const { agents, environment, fleet, state, units, userHome } = paths;
  const link = path.join(userHome, 'link');
  const directory = path.join(userHome, 'directory');
  write(agentFile(paths, 'a', 'env'), '');
  fs.symlinkSync(agentFile(paths, 'a', 'env'), link);
  fs.symlinkSync(agents, directory);
  const refused = (file: string): boolean => {
    try {
      requireNoneOfOurs(paths, file, 'the plan');
      return false;
    } catch {
      return true;
    }
  };
  const ours = [
    agentFile(paths, 'a', 'env'),
    path.join(state, 'holds.json'),
    path.join(state, 'locks', 'pass', '2'),
  ];
  const named = [
    environment,
    path.join(fleet, 'installed.json'),
    limitsFile(paths, 'a'),
    `${units}/mosaic-fleet.service`,
  ];
  for (const file of [...ours, ...named, link, `${directory}/new`, path.relative('.', ours[0] ?? '')])
    expect([file, refused(file)]).toEqual([file, true]);
  const others = ['change.plan', 'mosaic-fleet.service'].map((name) => path.join(userHome, name));
  for (const file of [...others, `${fleet}/change.plan`, `${units}/other.service`, `${agents}.plan`])
    expect([file, refused(file)]).toEqual([file, false]);
});
