import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { createContext } from '../../../src/cli/context.js';
import { RosterMemory } from '../../../src/cli/run/roster-memory.js';
import { renderEnvironmentFile } from '../../../src/roster/environment-file.js';
import { temporary, write } from '../../support/temporary.js';

afterEach(() => {
  vi.useRealTimers();
});

function roster() {
  const home = temporary();
  const context = createContext({ mosaicHome: path.join(home, 'mosaic') }, { HOME: home });
  const file = context.paths.roster;
  const template = path.join(path.dirname(file), 'hello.md');
  const text = (name: string): string =>
    `version: 1\ntransport: tmux\nagents: [{ name: ${name}, runtime: pi, class: worker, kickstart_template: hello.md }]\n`;
  write(template, 'Hello\n');
  write(file, text('a'));
  return { memory: new RosterMemory(context), file, template, text, paths: context.paths };
}

test('a file that was only written again is the same roster', () => {
  const { memory, file, text } = roster();
  const first = memory.look();
  expect(first).toMatchObject({ problem: null, roster: { agents: [{ name: 'a' }] } });
  write(file, text('a'));
  expect(memory.look().roster).toBe(first.roster);
  write(file, text('b'));
  expect(memory.look().roster?.agents[0]?.name).toBe('b');
});

test('a template is read again though the text of the roster stands', () => {
  const { memory, template } = roster();
  const first = memory.look();
  expect(first.roster?.agents[0]?.kickstart?.content).toContain('Hello');
  write(template, 'Good morning\n');
  expect(memory.look().roster?.agents[0]?.kickstart?.content).toContain('Good morning');
  fs.rmSync(template);
  expect(memory.look()).toMatchObject({ problem: expect.stringContaining('hello.md') as string });
});

test('an edit that is taken back is no problem any more', () => {
  const { memory, file, text } = roster();
  const first = memory.look();
  write(file, 'version: 1\nagents: oops\n');
  expect(memory.look()).toMatchObject({ roster: first.roster, problem: expect.any(String) as string });
  write(file, text('a'));
  expect(memory.look()).toMatchObject({ roster: first.roster, problem: null });
});

test('a template that was missing is read as soon as it is there', () => {
  const { memory, file, template, text } = roster();
  const late = path.join(path.dirname(file), 'late.md');
  memory.look();
  write(file, text('a').replace('hello.md', 'late.md'));
  // Long enough ago that its times name its content.
  vi.setSystemTime(Date.now() + 60_000);
  expect(memory.look()).toMatchObject({ problem: expect.stringContaining('late.md') as string });
  expect(memory.files).toEqual([file, late]);
  expect(memory.isStale()).toBe(false);
  write(late, 'Hello at last\n');
  expect(memory.isStale()).toBe(true);
  vi.setSystemTime(Date.now() + 60_000);
  const { problem, roster: now } = memory.look();
  expect(problem).toBeNull();
  expect(now?.agents[0]?.kickstart?.content).toContain('at last');
  // The one of before is nobody's any more.
  fs.rmSync(template);
  expect(memory.isStale()).toBe(false);
});

const renamedIn = (file: string, text: string): void => {
  write(`${file}.new`, text);
  fs.renameSync(`${file}.new`, file);
};

test('roster and templates each tell how long they have been as they are, and how they came to be so', () => {
  const { memory, file, template, text } = roster();
  const ages = () => {
    const { replaced, settledMs, templates } = memory.look();
    const hello = templates?.get('hello.md');
    return [replaced, settledMs > 1000, hello?.replaced, (hello?.settledMs ?? 0) > 1000];
  };
  vi.setSystemTime(Date.now() + 60_000);
  expect(ages()).toEqual([false, true, false, true]);
  vi.useRealTimers();
  fs.appendFileSync(template, 'and good bye\n');
  expect(ages().slice(2)).toEqual([false, false]);
  renamedIn(file, text('b'));
  expect(ages()).toEqual([true, false, false, false]);
  renamedIn(template, 'Hi\n');
  fs.appendFileSync(file, '# more\n');
  expect(ages()).toEqual([false, false, true, false]);
  // One that has only just appeared may still be being written.
  fs.rmSync(template);
  memory.look();
  write(template, 'Hi\n');
  expect(ages().slice(2)).toEqual([false, false]);
});

test.each([
  ['is gone', (file: string) => fs.rmSync(file)],
  ['is broken', (file: string) => write(file, 'version: 1\nagents: oops\n')],
  ['lacks its template', (_: string, template: string) => fs.rmSync(template)],
])('what the file held before it %s counts as whole where it stood for a second', (_, spoil) => {
  const { memory, file, template, text } = roster();
  const wait = (ms: number) => vi.setSystemTime(Date.now() + ms);
  vi.useFakeTimers({ toFake: ['Date'] });
  // The kernel's times are not those of the clock that is set here.
  const written = (name: string): void => {
    for (const [one, content] of [
      [file, text(name)],
      [template, 'Hello\n'],
    ] as const) {
      write(one, content);
      fs.utimesSync(one, Date.now() / 1000, Date.now() / 1000);
    }
  };
  wait(60_000);
  written('a');
  wait(990);
  expect(memory.look()).not.toHaveProperty('unproven');
  spoil(file, template);
  wait(60_000);
  expect(memory.look()).toMatchObject({ unproven: true, roster: { agents: [{ name: 'a' }] } });
  written('a');
  wait(990);
  expect(memory.look()).not.toHaveProperty('unproven');
  spoil(file, template);
  expect(memory.look()).toMatchObject({ unproven: true });
  written('a');
  wait(1000);
  memory.look();
  spoil(file, template);
  expect(memory.look()).not.toHaveProperty('unproven');
  // Another one has to stand by itself.
  written('b');
  wait(990);
  memory.look();
  spoil(file, template);
  expect(memory.look()).toMatchObject({ unproven: true, roster: { agents: [{ name: 'b' }] } });
});

test('a time that was brought along from a host ahead does not make a file old', () => {
  const { memory, file } = roster();
  const ahead = new Date(Date.now() + 3_600_000);
  fs.utimesSync(file, ahead, ahead);
  expect(memory.look().settledMs).toBeLessThan(60_000);
});

test('a roster that would move the fleet is not in force until it is installed', () => {
  const { memory, file, text, paths } = roster();
  const install = (socket: string): void =>
    write(
      paths.environment,
      renderEnvironmentFile(null, {
        ...{ MOSAIC_HOME: paths.home, MOSAIC_FLEET_ROSTER: file },
        ...{ MOSAIC_FLEET_SOCKET: socket, MOSAIC_FLEET_HOLDER: '_holder' },
      }),
    );
  const moved = text('b').replace('agents:', 'tmux: { socket_name: other }\nagents:');
  install('mosaic-factory');
  // Nothing else is known: whoever looks at the host refuses it.
  write(file, moved);
  expect(memory.look()).toMatchObject({ problem: null, roster: { socketName: 'other' } });
  write(file, text('a'));
  const first = memory.look();
  write(file, moved);
  vi.setSystemTime(Date.now() + 60_000);
  for (let looks = 0; looks < 2; looks += 1)
    expect(memory.look()).toMatchObject({
      roster: first.roster,
      problem:
        'tmux.socket_name is other, but the fleet is installed for mosaic-factory: to move the fleet there: fleet stop, fleet install, fleet start',
    });
  install('other');
  expect(memory.look()).toMatchObject({ problem: null, roster: { socketName: 'other' } });
});
