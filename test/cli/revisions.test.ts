import * as fs from 'node:fs';
import * as path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { createContext, type Context } from '../../src/cli/context.js';
import { keep, keepInForce, textId } from '../../src/cli/revision-history.js';
import { chooseRevision, previousRevision } from '../../src/cli/revision-choice.js';
import { setAside } from '../../src/cli/roster-replacement.js';
import { RosterMemory } from '../../src/cli/run/roster-memory.js';
import { readHistory, revisionsDirectory, type Revision } from '../../src/observers/revisions.js';
import { temporary, write } from '../support/temporary.js';

interface Place {
  readonly context: Context;
  readonly said: string[];
  readonly applied: (agents: string, ...templates: readonly string[]) => string;
}

function place(): Place {
  const home = temporary();
  const said: string[] = [];
  const context: Context = {
    ...createContext({}, { HOME: home }),
    say: (line) => said.push(line),
    now: () => 1000,
  };
  const applied = (agents: string): string => {
    write(context.paths.roster, `version: 1\ntransport: tmux\nagents: [${agents}]\n`);
    const { roster } = new RosterMemory(context).look();
    if (roster === null) throw new Error('no roster');
    keepInForce(context, roster);
    return roster.revision.slice(0, 12);
  };
  return { context, said, applied };
}

function kept({ context }: Place): readonly Revision[] {
  const read = readHistory(context.paths.state);
  if (!read.known) throw new Error(read.message);
  return read.revisions;
}

const agent = (name: string, more = ''): string => `{ name: ${name}, runtime: claude${more} }`;

describe('the history of applied rosters', () => {
  test('keeps text, templates and order, readable by nobody else', () => {
    const here = place();
    write(path.join(here.context.paths.fleet, 'k.md'), 'Hello {name}\n');
    const first = here.applied(`${agent('a', ', kickstart_template: k.md')} ] # mine\n# [`);
    const second = here.applied(agent('b'));
    expect(kept(here).map(({ number, id, kind }) => [number, id, kind])).toEqual([
      [1, first, 'applied'],
      [2, second, 'applied'],
    ]);
    expect(kept(here)[0]).toMatchObject({ templates: { 'k.md': 'Hello {name}\n' }, at: 1000, valid: true });
    expect(kept(here)[0]?.text).toContain('# mine');
    const directory = revisionsDirectory(here.context.paths.state);
    for (const name of fs.readdirSync(directory))
      expect(fs.statSync(path.join(directory, name)).mode & 0o777, name).toBe(0o600);
  });

  test('the same revision again writes nothing; an earlier one again becomes the latest', () => {
    const here = place();
    const first = here.applied(agent('a'));
    const directory = revisionsDirectory(here.context.paths.state);
    const before = fs.statSync(directory).mtimeMs;
    here.applied(`${agent('a')} ] # only a comment\n# [`);
    expect(fs.statSync(directory).mtimeMs).toBe(before);
    const second = here.applied(agent('b'));
    here.applied(agent('a'));
    expect(kept(here).map(({ number, id }) => [number, id])).toEqual([
      [2, second],
      [3, first],
    ]);
  });

  test('is bounded in number and in bytes, and the latest always stays', () => {
    const here = place();
    for (let index = 0; index < 60; index++) here.applied(agent(`a${index}`));
    expect(kept(here)).toHaveLength(50);
    expect(kept(here).at(-1)?.number).toBe(60);
    const large = { valid: true, templates: { 'k.md': 'x'.repeat(3 * 1024 * 1024) } };
    for (const id of ['aaaaaaaaaaaa', 'bbbbbbbbbbbb'])
      expect(keep(here.context, { id, kind: 'applied' }, 'x', large)).toBeNull();
    expect(kept(here).map(({ id }) => id)).toEqual(['bbbbbbbbbbbb']);
    expect(fs.readdirSync(revisionsDirectory(here.context.paths.state))).toHaveLength(2);
  });

  test('what is set aside never displaces the roster in force', () => {
    const here = place();
    here.applied(agent('old'));
    const inForce = here.applied(agent('a'));
    const facts = { valid: false, templates: {} };
    for (let index = 0; index < 60; index++)
      expect(keep(here.context, { id: textId(`${index}`), kind: 'set-aside' }, `${index}`, facts)).toBeNull();
    expect(kept(here)[0]).toMatchObject({ id: inForce, kind: 'applied' });
    expect(kept(here).filter(({ kind }) => kind === 'applied')).toHaveLength(1);
    expect(kept(here).at(-1)?.text).toBe('59');
  });

  test('what is set aside is kept once, also where what should have replaced it was cut short', () => {
    const here = place();
    here.applied(agent('a'));
    const aside = (text: string, now: string): string | null =>
      setAside(here.context, kept(here), { text, roster: null }, [
        { path: 'k.md', file: path.join(here.context.paths.fleet, 'k.md'), then: 'then', now },
      ]);
    expect(aside('broken', 'now')).toBe('revision 2');
    expect(aside('broken', 'now')).toBeNull();
    expect(aside('broken', 'later')).toBe('revision 3');
    expect(aside('other', 'later')).toBe('revision 4');
    expect(kept(here).map(({ templates }) => templates['k.md'])).toEqual([
      undefined,
      'now',
      'later',
      'later',
    ]);
  });

  test('that cannot be written is said, and stops nothing', () => {
    const here = place();
    write(revisionsDirectory(here.context.paths.state), 'a file in its place');
    here.applied(agent('a'));
    expect(here.said).toEqual([expect.stringContaining('the roster was not kept for fleet rollback: ')]);
  });

  test('lost facts do not lose the text', () => {
    const here = place();
    here.applied(agent('a'));
    const directory = revisionsDirectory(here.context.paths.state);
    for (const name of fs.readdirSync(directory)) {
      if (name.endsWith('.json')) fs.writeFileSync(path.join(directory, name), '{');
    }
    const [revision] = kept(here);
    expect(revision).toMatchObject({ at: null, templates: {} });
    expect(revision?.text).toContain('name: a');
  });
});

describe('the roster to go back to', () => {
  const revision = (number: number, id: string, kind: Revision['kind'] = 'applied'): Revision => ({
    ...{ number, id: id.padEnd(12, '0'), kind, file: '', text: id, at: null, valid: true, templates: {} },
  });
  const all = [
    revision(1, 'aaaa'),
    revision(2, 'bbbb', 'set-aside'),
    revision(3, 'cccc'),
    revision(4, '0003'),
  ];
  let context: Context;
  beforeEach(() => {
    ({ context } = place());
  });

  test('unnamed: the one before what the file says; after an edit that is not applied, the one in force', () => {
    expect(previousRevision(context, all, all[3]?.id ?? '').number).toBe(3);
    expect(previousRevision(context, all, null).number).toBe(4);
    expect(previousRevision(context, all, 'dddddddddddd').number).toBe(4);
    expect(previousRevision(context, all.slice(1, 3), 'ffffffffffff').number).toBe(3);
  });

  test('unnamed, and none there', () => {
    expect(() => previousRevision(context, [], null)).toThrow(
      /no roster has been applied yet.*\n.*fleet apply/,
    );
    expect(() => previousRevision(context, all.slice(0, 1), all[0]?.id ?? '')).toThrow(
      /no other roster than that in .*\nSee: fleet rollback --list/,
    );
  });

  test('by number, by the first digits, and not by more than one', () => {
    expect(chooseRevision(all, '2').id).toBe('bbbb00000000');
    expect(chooseRevision(all, 'cccc').number).toBe(3);
    expect(chooseRevision(all, `cccc00000000${'1'.repeat(28)}`).number).toBe(3);
    expect(chooseRevision(all, '0003').number).toBe(3);
    expect(() => chooseRevision(all, 'ccc')).toThrow(
      /no kept roster is called ccc: .*\nSee: fleet rollback --list/,
    );
    expect(() => chooseRevision([...all, revision(5, 'cccc1')], 'cccc')).toThrow(
      'cccc is not one roster but several: 3 (cccc00000000), 5 (cccc10000000)',
    );
  });
});
