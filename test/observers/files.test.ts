import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { exitFile, agentFile } from '../../src/host/paths.js';
import { noFilesSeen, observeAgentFiles } from '../../src/observers/agent-files.js';
import { readExitRecord } from '../../src/observers/exit-record.js';
import { observeInstallation, tmuxTmpdir } from '../../src/observers/installation.js';
import { approvalsFile, disruptionsFile, holdsFile, observeMemory } from '../../src/observers/memory.js';
import { findObstacles, findProgram } from '../../src/observers/obstacles.js';
import { readRosterFile, templateReader } from '../../src/observers/roster-file.js';
import { parseEnvironmentFile, renderEnvironmentFile } from '../../src/roster/environment-file.js';
import { temporary, temporaryPaths, write } from '../support/temporary.js';

describe('memory', () => {
  const empty = {
    holds: new Map(),
    fleetHold: null,
    approvals: [],
    recent: [],
    braked: null,
    failures: new Map(),
  };
  const hold = { since: 1, until: null, reason: null, by: 'hold' };

  test('that was never written is empty', () => {
    expect(observeMemory(path.join(temporary(), 'nowhere'))).toEqual({ known: true, value: empty });
  });

  test('is what was written', () => {
    const state = temporary();
    write(
      holdsFile(state),
      JSON.stringify({ fleet: { ...hold, by: 'stop' }, agents: { a: hold, __proto__x: hold } }),
    );
    const approvals = [
      { kind: 'fleet', revision: 'r' },
      { kind: 'agent', agent: 'a', action: 'stop', applied: '', desired: '' },
    ];
    write(approvalsFile(state), JSON.stringify({ approvals }));
    write(disruptionsFile(state), JSON.stringify({ recent: [{ agent: 'a', at: 5 }, 'x', { agent: 'b' }] }));
    expect(observeMemory(state)).toEqual({
      known: true,
      value: { holds: new Map([['a', hold], ['__proto__x', hold]]), fleetHold: { ...hold, by: 'stop' }, approvals, recent: [{ agent: 'a', at: 5 }], braked: null, failures: new Map() },
    }); // prettier-ignore
  });

  const damaged = ['', '{', '[]', 'null 1', '7', '"x"', '{"agents":[]}', '{}'];
  test.each(damaged)('holds that read %j are unknown, never empty', (text) => {
    const state = temporary();
    write(holdsFile(state), text);
    expect(observeMemory(state)).toMatchObject({
      known: false,
      message: expect.stringContaining('holds.json is damaged') as string,
    });
  });
  test.each([{ since: 'x' }, { until: undefined }, { reason: 7 }, { by: 'nobody' }])(
    'a hold with %j is damage',
    (field) => {
      const state = temporary();
      write(holdsFile(state), JSON.stringify({ agents: { a: { ...hold, ...field } } }));
      expect(observeMemory(state).known).toBe(false);
      write(holdsFile(state), JSON.stringify({ agents: {}, fleet: { ...hold, ...field } }));
      expect(observeMemory(state).known).toBe(false);
    },
  );
  test.each([
    '',
    '{"approvals":{}}',
    '{"approvals":[{"kind":"agent","agent":"a"}]}',
    '{"approvals":[{"kind":"fleet"}]}',
    '{"approvals":[{"kind":"x"}]}',
  ])('approvals that read %j are unknown', (text) => {
    const state = temporary();
    write(approvalsFile(state), text);
    expect(observeMemory(state)).toMatchObject({
      known: false,
      message: expect.stringContaining('approvals.json') as string,
    });
  });
  test("the brake's memory may be lost", () => {
    const state = temporary();
    write(disruptionsFile(state), '{');
    expect(observeMemory(state)).toEqual({ known: true, value: empty });
  });
  test('a directory in the place of a file is unknown', () => {
    const state = temporary();
    fs.mkdirSync(holdsFile(state));
    expect(observeMemory(state)).toMatchObject({
      known: false,
      message: expect.stringContaining('is a directory') as string,
    });
  });
});

describe("an agent's files", () => {
  const observe = (paths: ReturnType<typeof temporaryPaths>) =>
    observeAgentFiles(paths, ['a'], parseEnvironmentFile).get('a');

  test('that are absent: no site lines, not ours', () => {
    expect(observe(temporaryPaths())).toEqual({
      environmentFile: null,
      siteEnvironment: { known: true, value: {} },
      owned: false,
      applied: null,
    });
  });
  test('tell site lines and owner', () => {
    const paths = temporaryPaths();
    const text = renderEnvironmentFile('SITE=1\n', { MOSAIC_HOME: paths.home });
    write(agentFile(paths, 'a', 'env'), text);
    expect(observe(paths)).toMatchObject({ siteEnvironment: { value: { SITE: '1' } }, owned: true });
    write(agentFile(paths, 'a', 'env'), renderEnvironmentFile(null, { MOSAIC_HOME: '/other' }));
    expect(observe(paths)?.owned).toBe(false);
  });
  test('that are not UTF-8 are unknown: decoded, the site’s lines would be others', () => {
    const paths = temporaryPaths();
    const file = agentFile(paths, 'a', 'env');
    write(file, '');
    fs.writeFileSync(file, Buffer.from('A=1\nGREETING=café\n', 'latin1'));
    const message = `${file}: line 2 is not UTF-8; convert the file, with iconv -f latin1 -t utf-8 for example`;
    expect(observe(paths)).toMatchObject({ siteEnvironment: { known: false, message }, owned: false });
  });
  test('that cannot be read are unknown', () => {
    const paths = temporaryPaths();
    fs.mkdirSync(agentFile(paths, 'a', 'env'), { recursive: true });
    expect(observe(paths)).toMatchObject({ siteEnvironment: { known: false }, owned: false });
  });
  test.each([
    '',
    '{',
    'null',
    '7',
    '{"applied":{}}',
    '{"applied":{"a":1},"started":{}}',
    '{"applied":null,"started":{}}',
  ])('with a record that reads %j: no record', (text) => {
    const paths = temporaryPaths();
    write(agentFile(paths, 'a', 'json'), text);
    expect(observe(paths)?.applied).toBeNull();
  });
  test('with a record', () => {
    const paths = temporaryPaths();
    write(agentFile(paths, 'a', 'json'), '{"applied":{"class":"x"},"started":{"class":"y"},"starts":3}');
    expect(observe(paths)?.applied).toEqual({ applied: { class: 'x' }, started: { class: 'y' }, starts: 3 });
  });
});

describe("agents' files, looked at again and again", () => {
  const later = (): unknown => vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const fleet = () => {
    const paths = temporaryPaths();
    const memory = noFilesSeen();
    const record = (agent: string, starts: number): void => {
      const file = agentFile(paths, agent, 'json');
      write(`${file}.new`, `{"applied":{},"started":{},"starts":${starts}}`);
      fs.renameSync(`${file}.new`, file);
    };
    for (const agent of ['a', 'b']) {
      write(agentFile(paths, agent, 'env'), 'SITE=1\n');
      record(agent, 1);
    }
    const look = (...agents: readonly string[]) =>
      observeAgentFiles(paths, agents, parseEnvironmentFile, memory);
    return { paths, record, look };
  };

  test.each([
    ['long after they were written', true],
    ['while their times cannot tell yet', false],
  ])('%s: what stands is the same value, and what was changed is seen', (_, old) => {
    if (old) later();
    const { paths, record, look } = fleet();
    const first = look('a', 'b');
    expect(look('a', 'b')).toBe(first);
    fs.appendFileSync(agentFile(paths, 'a', 'env'), 'MORE=2\n');
    const edited = look('a', 'b');
    expect(edited.get('a')).toMatchObject({ siteEnvironment: { value: { SITE: '1', MORE: '2' } } });
    expect(edited.get('b')).toBe(first.get('b'));
    record('b', 10);
    const replaced = look('a', 'b');
    expect(replaced.get('a')).toBe(edited.get('a'));
    expect(replaced.get('b')?.applied?.starts).toBe(10);
    fs.rmSync(agentFile(paths, 'a', 'json'));
    fs.rmSync(agentFile(paths, 'a', 'env'));
    expect(look('a', 'b').get('a')).toMatchObject({ siteEnvironment: { value: {} }, applied: null });
  });

  test('an env file that was there tells since when it is missed, and one that never was does not', () => {
    const { paths, record, look } = fleet();
    const file = agentFile(paths, 'a', 'env');
    const seen = () => look('a').get('a');
    fs.rmSync(file);
    expect(seen()).not.toHaveProperty('absentSince');
    write(file, 'SITE=1\n');
    expect(seen()).not.toHaveProperty('absentSince');
    fs.rmSync(file);
    const before = Date.now();
    const { absentSince = 0 } = seen() ?? {};
    expect(absentSince).toBeGreaterThanOrEqual(before);
    later();
    record('a', 2);
    expect(seen()).toMatchObject({ absentSince, applied: { starts: 2 } });
  });

  test('an env file tells when it was changed, and whether as a whole', () => {
    const { paths, look } = fleet();
    const file = agentFile(paths, 'a', 'env');
    const seen = () => look('a').get('a')?.environmentFile;
    expect(seen()).toMatchObject({ text: 'SITE=1\n', replaced: false });
    write(`${file}.new`, 'SITE=2\n');
    fs.renameSync(`${file}.new`, file);
    expect(seen()).toMatchObject({ text: 'SITE=2\n', replaced: true });
    fs.appendFileSync(file, 'MORE=1\n');
    expect(seen()).toMatchObject({ replaced: false });
    fs.rmSync(file);
    expect(seen()).toBeNull();
    write(file, 'SITE=3\n');
    expect(seen()).toMatchObject({ replaced: false });
    fs.rmSync(file);
    expect(seen()).toBeNull();
    // As fleet writes it.
    write(file, renderEnvironmentFile(null, { MOSAIC_HOME: paths.home }));
    expect(seen()).toMatchObject({ replaced: true });
    const ahead = new Date(Date.now() + 3_600_000);
    fs.utimesSync(file, ahead, ahead);
    expect(seen()?.changedAt).toBeLessThan(ahead.getTime() - 1_800_000);
  });

  test('an env file that was emptied a moment ago is unknown, and then empty', () => {
    const { paths, look } = fleet();
    fs.truncateSync(agentFile(paths, 'a', 'env'));
    expect(look('a').get('a')).toMatchObject({
      siteEnvironment: { known: false, message: expect.stringContaining('emptied a moment ago') as string },
    });
    const real = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(real + 5000);
    expect(look('a').get('a')).toMatchObject({ siteEnvironment: { known: false } });
    vi.spyOn(Date, 'now').mockReturnValue(real + 11_000);
    expect(look('a').get('a')).toMatchObject({ siteEnvironment: { known: true, value: {} } });
    // Of an agent that was never started there is nothing that it might have held.
    write(agentFile(paths, 'c', 'env'), '');
    expect(look('c').get('c')).toMatchObject({ siteEnvironment: { known: true, value: {} } });
  });

  test('of an agent that was not looked at meanwhile are read anew', () => {
    later();
    const { record, look } = fleet();
    look('a', 'b');
    look('a', 'b');
    record('b', 10);
    look('a');
    look('a');
    expect(look('a', 'b').get('b')?.applied?.starts).toBe(10);
  });
});

describe('an exit record', () => {
  const text =
    'v1 reason=exited status=3 signal=- at=1795457606 spec=v1:aa invocation=-\nlast\n\n  line\u001b[31m\n';
  const read = (content: string) => {
    const paths = temporaryPaths();
    write(exitFile(paths, 'a'), content);
    return readExitRecord(paths, 'a');
  };
  test('as agent-run.sh writes it', () => {
    expect(read(text)).toMatchObject({
      reason: 'exited',
      status: 3,
      signal: null,
      at: 1795457606,
      lines: ['last', '  line\u001b[31m'],
    });
    expect(read('v1 reason=signaled status=- signal=9 at=5\n')).toMatchObject({
      status: null,
      signal: '9',
      lines: [],
    });
    expect(readExitRecord(temporaryPaths(), 'a')).toBeNull();
  });
  test('cut anywhere is none or has whole fields', () => {
    for (let at = 0; at < text.length; at += 1) {
      const record = read(text.slice(0, at));
      if (record === null) continue;
      expect(record).toMatchObject({ reason: 'exited', status: 3, signal: null });
      expect(Number.isFinite(record.at) && record.at > 0).toBe(true);
    }
  });
  test.each([
    'v2 reason=exited status=3 signal=- at=5',
    'reason=exited at=5',
    'v1 at=soon',
    'v1 reason=x at=',
    '\n',
  ])('%j is none', (content) => {
    expect(read(content)).toBeNull();
  });
  test('with a status that is no number has none', () => {
    expect(read('v1 reason=exited status=? signal=- at=5')?.status).toBeNull();
  });
});

describe('what stands in the way of a launch', () => {
  const at = (directory: string, program: string, search = '/usr/bin:/bin') =>
    findObstacles([{ agent: 'a', directory, program, path: search }]).get('a') ?? null;

  test('nothing', () => expect(at('/', 'sh')).toBeNull());
  test('a directory that is missing or a file', () => {
    const directory = temporary();
    write(path.join(directory, 'file'), '');
    expect(at(path.join(directory, 'gone'), 'sh')).toContain('no such file or directory');
    expect(at(path.join(directory, 'file'), 'sh')).toContain('is not a directory');
  });
  test('a program that is missing, not executable, or a directory', () => {
    const directory = temporary();
    write(path.join(directory, 'plain'), '', 0o644);
    fs.mkdirSync(path.join(directory, 'folder'));
    expect(at('/', 'no-such-agent')).toBe("no-such-agent is not in the agent's PATH");
    for (const name of ['plain', 'folder', 'gone']) {
      expect(at('/', path.join(directory, name))).toContain('is missing or not executable');
      expect(at(directory, `./${name}`)).toContain('is missing or not executable');
      expect(at('/', name, directory)).toContain('PATH');
    }
  });
  test('is looked up as execvp does: relative entries and programs below the working directory', () => {
    const directory = temporary();
    write(path.join(directory, 'bin', 'agent'), '', 0o755);
    expect(at(directory, 'bin/agent')).toBeNull();
    expect(at(directory, 'agent', 'bin')).toBeNull();
    expect(findProgram('agent', '/nowhere::bin', directory)).toBe(path.join(directory, 'bin', 'agent'));
    expect(at('/', 'agent', 'bin')).not.toBeNull();
  });
});

describe('the roster file', () => {
  test.each<readonly [string, (file: string) => void, object]>([
    ['is missing', () => undefined, { missing: true, message: expect.stringContaining('no such file') as string }],
    ['is a directory', (file) => fs.mkdirSync(file), { missing: false, message: expect.stringContaining('is a directory') as string }],
    ['is too large', (file) => { write(file, ''); fs.truncateSync(file, 9 * 1024 * 1024); }, { missing: false, message: expect.stringContaining('bytes are too many') as string }],
    ['is a FIFO', (file) => execFileSync('mkfifo', [file]), { missing: false, message: expect.stringContaining('is not a regular file') as string }],
    ['is a device', (file) => fs.symlinkSync('/dev/zero', file), { missing: false, message: expect.stringContaining('is not a regular file') as string }],
    ['points at itself', (file) => fs.symlinkSync(file, file), { missing: false, message: expect.stringContaining('too many symbolic links') as string }],
  ])('that %s', (_, make, expected) => {
    const file = path.join(temporary(), 'roster.yaml');
    make(file);
    expect(readRosterFile(file)).toMatchObject({ kind: 'unreadable', ...expected });
  }); // prettier-ignore

  test('templates are looked up beside it, or below the home directory', () => {
    const directory = temporary();
    write(path.join(directory, 'kickstart', 'a.md'), 'beside');
    write(path.join(directory, 'home', 'a.md'), 'at home');
    const read = templateReader(path.join(directory, 'roster.yaml'), path.join(directory, 'home'));
    expect(read('kickstart/a.md')).toEqual({ ok: true, text: 'beside' });
    expect(read('~/a.md')).toEqual({ ok: true, text: 'at home' });
    expect(read('gone.md')).toEqual({ ok: false, message: 'no such file or directory' });
  });

  test('nothing that is not UTF-8 is taken for text, and the line is told', () => {
    const directory = temporary();
    const file = path.join(directory, 'roster.yaml');
    fs.writeFileSync(
      file,
      Buffer.concat([Buffer.from('# grüße \ufffd\nb: 1\n'), Buffer.from('b: café\n', 'latin1')]),
    );
    const said = 'line 3 is not UTF-8; convert the file, with iconv -f latin1 -t utf-8 for example';
    expect(readRosterFile(file)).toEqual({
      kind: 'unreadable',
      message: `${file}: ${said}`,
      missing: false,
    });
    expect(templateReader(file, directory)('roster.yaml')).toEqual({ ok: false, message: said });
    fs.writeFileSync(file, '\ufeffgrüße \ufffd');
    expect(readRosterFile(file)).toEqual({ kind: 'text', text: '\ufeffgrüße \ufffd' });
  });

  test('a template that is none is neither waited for nor read without end', () => {
    const directory = temporary();
    const read = templateReader(path.join(directory, 'roster.yaml'), directory);
    execFileSync('mkfifo', [path.join(directory, 'fifo.md')]);
    fs.symlinkSync('/dev/zero', path.join(directory, 'zero.md'));
    write(path.join(directory, 'large.md'), 'x'.repeat(1024 * 1024 + 1));
    for (const name of ['fifo.md', 'zero.md'])
      expect(read(name)).toEqual({ ok: false, message: 'is not a regular file' });
    expect(read('.')).toEqual({ ok: false, message: 'is a directory; a file is expected' });
    expect(read('large.md')).toEqual({
      ok: false,
      message: '1048577 bytes are too many: 1048576 are read at most',
    });
  });
});

describe('the installation', () => {
  const full = {
    MOSAIC_HOME: '/h',
    MOSAIC_FLEET_ROSTER: '/r',
    MOSAIC_FLEET_SOCKET: 's',
    MOSAIC_FLEET_HOLDER: '_h',
    PATH: '/bin',
  };
  const record = (managed: Record<string, string>, site = '') => {
    const paths = temporaryPaths();
    write(paths.environment, renderEnvironmentFile(site, managed));
    return observeInstallation(paths, parseEnvironmentFile).record;
  };
  test('that is not there', () => {
    const seen = observeInstallation(temporaryPaths(), parseEnvironmentFile);
    expect(seen).toMatchObject({ record: null, missing: true, otherHome: null });
    expect(seen.stale.length).toBeGreaterThan(5);
  });
  test('on record', () => {
    expect(record(full)).toMatchObject({
      home: '/h',
      roster: '/r',
      socketName: 's',
      holderSession: '_h',
      path: '/bin',
      tmuxTmpdir: null,
    });
    expect(record({ ...full, TMUX_TMPDIR: '/run/x/' }, 'PATH=/site\n')).toMatchObject({
      path: '/site',
      tmuxTmpdir: '/run/x',
    });
  });
  test.each(['MOSAIC_HOME', 'MOSAIC_FLEET_ROSTER', 'MOSAIC_FLEET_SOCKET', 'MOSAIC_FLEET_HOLDER'])(
    'without %s is no record',
    (key) => {
      expect(record(Object.fromEntries(Object.entries(full).filter(([name]) => name !== key)))).toBeNull();
    },
  );
  test.each<readonly [string | undefined, string | null]>([[undefined, null], ['', null], ['/tmp', null], ['/tmp/', null], ['/run/u', '/run/u'], ['/run/u//', '/run/u'], ['/', '/']])(
    'TMUX_TMPDIR %s is %s', (value, expected) => expect(tmuxTmpdir({ TMUX_TMPDIR: value })).toBe(expected),
  ); // prettier-ignore
});
