import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  removeLaunchRecord,
  writeApplied,
  writeLimits,
  writeMaterial,
} from '../../src/actuators/agent-files.js';
import { installFiles } from '../../src/actuators/installation.js';
import { MemoryStore } from '../../src/actuators/memory.js';
import { removeInstallation } from '../../src/actuators/removal.js';
import { SystemdUnits } from '../../src/actuators/systemd-units.js';
import { EarlierMaterial } from '../../src/actuators/earlier-material.js';
import { adoptSessions, killSessions } from '../../src/actuators/tmux-sessions.js';
import type { Hold } from '../../src/controller/observed.js';
import type { Exec, ExecResult } from '../../src/host/exec.js';
import { hostAssets } from '../../src/host/assets.js';
import { agentFile, conversationFile, limitsFile } from '../../src/host/paths.js';
import { observeMemory } from '../../src/observers/memory.js';
import {
  parseEnvironmentFile,
  renderEnvironmentFile,
  withoutManagedBlock,
} from '../../src/roster/environment-file.js';
import { temporary, temporaryPaths, write } from '../support/temporary.js';

const done: ExecResult = { kind: 'exited', code: 0, stdout: '', stderr: '' };
function recording(...results: readonly ExecResult[]) {
  const calls: { program: string; args: readonly string[]; timeoutMs: number }[] = [];
  const left = [...results];
  const exec: Exec = (program, args, { timeoutMs }) => {
    calls.push({ program, args, timeoutMs });
    return Promise.resolve(left.shift() ?? done);
  };
  return { exec, calls };
}

describe('verbs on units', () => {
  const agents = Array.from({ length: 100 }, (_, index) => `a${index}`);
  test.each<readonly [string, (units: SystemdUnits) => Promise<unknown>, number]>([
    ['start', (units) => units.start(agents), 120_000],
    ['stop', (units) => units.stop(agents, 300_000), 330_000],
    ['restart', (units) => units.restart(agents, 10_000), 160_000],
  ])('%s is one process for a hundred, longer than the grace', async (verb, act, timeoutMs) => {
    const { exec, calls } = recording();
    expect(await act(new SystemdUnits(exec))).toBeNull();
    expect(calls).toHaveLength(1);
    expect(calls[0]?.args.slice(-102)).toEqual([
      verb,
      '--',
      ...agents.map((name) => `mosaic-agent@${name}.service`),
    ]);
    expect(calls[0]?.timeoutMs).toBe(timeoutMs);
    expect(calls[0]?.args).toContain('--user');
  });

  const failed: ExecResult = { ...done, code: 1, stderr: 'Job failed.\nSee "systemctl status".\n' };
  test('a holder at its start limit is reset once and started again', async () => {
    const { exec, calls } = recording(failed);
    expect(await new SystemdUnits(exec).startHolder()).toBeNull();
    expect(calls.map(({ args }) => args.at(-3))).toEqual(['start', 'reset-failed', 'start']);
    expect(await new SystemdUnits(recording(failed, done, failed).exec).startHolder()).toContain(
      'Job failed. See why: journalctl --user -u mosaic-tmux-holder.service -n 20',
    );
  });

  test('holder and agents start in one call; only where it fails it is asked who did', async () => {
    const verbs = async (...results: readonly ExecResult[]): Promise<readonly unknown[]> => {
      const { exec, calls } = recording(...results);
      const outcome = await new SystemdUnits(exec).startHolderAnd(['a']);
      return [outcome, ...calls.map(({ args }) => args[args.indexOf('--') - 1])];
    };
    expect(await verbs()).toEqual([{ holder: null, units: null }, 'start']);
    const failure = expect.stringContaining('Job failed.') as unknown;
    expect(await verbs(failed)).toEqual([{ holder: null, units: failure }, 'start', 'is-active']);
    expect(await verbs(failed, failed)).toEqual([
      { holder: null, units: null },
      ...['start', 'is-active', 'start', 'start'],
    ]);
    expect(await verbs(failed, failed, failed, done, failed)).toEqual([
      { holder: failure, units: null },
      ...['start', 'is-active', 'start', 'reset-failed', 'start'],
    ]);
  });
});

describe('sessions', () => {
  const marks = { agent: 'a', session: '$1', pane: '%1', pid: 42, spec: 'v1:s', context: 'v1:c' };
  test('adoption compares marks and process inside the server, and quotes what it sets', async () => {
    const { exec, calls } = recording();
    await adoptSessions(exec, 'sock', "/home/it's;", [marks]);
    const args = calls[0]?.args ?? [];
    expect(args.slice(0, 7)).toEqual(['-u', '-L', 'sock', 'if-shell', '-F', '-t', '%1']);
    expect(args[7]).toBe(
      '#{&&:#{==:#{@fleet_agent}#{@fleet_home},},#{&&:#{==:#{?pane_pid,#{pane_pid},0},42},#{==:#{session_id},$1}}}',
    );
    expect(args[8]?.match(/set-option -oq -t '\$1' /g)).toHaveLength(5);
    expect(args[8]).toContain("@fleet_home '/home/it'\\''s;'");
    expect(args).toHaveLength(9);
  });

  test('a session is ended only under the mark and the process that were seen', async () => {
    const { exec, calls } = recording();
    const target = { agent: 'a', session: '$1', pane: '%7', pid: 42, marked: true };
    const seen = (mark: string): unknown => {
      const conditions = [
        '#{==:#{?pane_pid,#{pane_pid},0},42}',
        `#{==:#{@fleet_agent},${mark}}`,
        '#{==:#{session_id},$1}',
      ];
      return expect.toSatisfy((format: string) => conditions.every((one) => format.includes(one)));
    };
    await killSessions(exec, 'sock', [target, { ...target, agent: 'b', marked: false }]);
    expect(calls[0]?.args.slice(3)).toEqual([
      ...['if-shell', '-F', '-t', '%7', seen('a'), "kill-session -t '$1'", ';'],
      ...['if-shell', '-F', '-t', '%7', seen(''), "kill-session -t '$1'"],
    ]);
  });

  test('one process for a few, and none too long for tmux for many', async () => {
    const { exec, calls } = recording({ ...done, code: 1, stderr: 'first' });
    const many = Array.from({ length: 200 }, (_, index) => ({ ...marks, agent: `agent-${index}` }));
    expect(await adoptSessions(exec, 'sock', '/h', many)).toBe('first');
    expect(calls.length).toBeGreaterThan(1);
    for (const { args } of calls) expect(Buffer.byteLength(args.join(' '))).toBeLessThan(16_000);
    const set = calls.flatMap(({ args }) =>
      args.flatMap((word) => word.match(/(?<=@fleet_agent ')agent-\d+(?=')/g) ?? []),
    );
    expect(set).toEqual(many.map(({ agent }) => agent));
  });
});

describe("an agent's files", () => {
  const material = {
    agent: 'a',
    managedEnvironment: { MOSAIC_HOME: '/h', KEY: 'secret' },
    launchRecord: 'x\0',
    conversations: null,
    live: false,
  };
  test('are put back as they were, where nobody has written them since', () => {
    const paths = temporaryPaths();
    const files = [agentFile(paths, 'a', 'launch'), conversationFile(paths, 'a')];
    const texts = (): readonly (string | null)[] =>
      files.map((file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : null));
    const earlier = new EarlierMaterial(paths);
    const restart = (launchRecord: string): void => {
      const more = { ...material, launchRecord, conversations: { current: null, former: [] } };
      expect(earlier.around('a', () => writeMaterial(paths, more, renderEnvironmentFile))).toBeNull();
    };
    write(agentFile(paths, 'a', 'launch'), 'before');
    restart('after');
    expect(texts()).toEqual(['after', expect.stringContaining('"former": []')]);
    expect(earlier.takeBack('a')).toBeNull();
    expect(texts()).toEqual(['before', null]);
    // Once, and not over what somebody has found out meanwhile.
    restart('after');
    write(agentFile(paths, 'a', 'launch'), 'found');
    expect(earlier.takeBack('a')).toBeNull();
    expect(earlier.takeBack('a')).toBeNull();
    expect(texts()).toEqual(['found', expect.stringContaining('"former": []')]);
  });

  test("are the owner's alone, and the site's lines stay", () => {
    const paths = temporaryPaths();
    write(agentFile(paths, 'a', 'env'), 'SITE=1\n', 0o644);
    expect(writeMaterial(paths, material, renderEnvironmentFile)).toBeNull();
    expect(writeApplied(paths, 'a', { applied: {}, started: {}, starts: 1 })).toBeNull();
    for (const kind of ['env', 'json', 'launch'] as const)
      expect(fs.statSync(agentFile(paths, 'a', kind)).mode & 0o777).toBe(0o600);
    const { site, managed } = parseEnvironmentFile(fs.readFileSync(agentFile(paths, 'a', 'env'), 'utf8'));
    expect([site['SITE'], managed['MOSAIC_HOME']]).toEqual(['1', '/h']);
    expect(removeLaunchRecord(paths, 'a')).toBeNull();
    expect(fs.existsSync(agentFile(paths, 'a', 'launch'))).toBe(false);
    expect(removeLaunchRecord(paths, 'a')).toBeNull();
  });

  test('that were changed since they were looked at are not overwritten', () => {
    const paths = temporaryPaths();
    const file = agentFile(paths, 'a', 'env');
    const written = (environmentText: string | null) =>
      writeMaterial(paths, { ...material, environmentText }, renderEnvironmentFile);
    write(file, '');
    expect(written('SITE=1\n')).toContain('was changed meanwhile');
    expect(written(null)).toContain('was changed meanwhile');
    expect(fs.readFileSync(file, 'utf8')).toBe('');
    expect(fs.existsSync(agentFile(paths, 'a', 'launch'))).toBe(false);
    expect(written('')).toBeNull();
    fs.rmSync(file);
    expect(written('')).toContain('was changed meanwhile');
    expect(written(null)).toBeNull();
  });

  test('that cannot be read are not overwritten', () => {
    const paths = temporaryPaths();
    fs.mkdirSync(agentFile(paths, 'a', 'env'), { recursive: true });
    expect(writeMaterial(paths, material, renderEnvironmentFile)).toContain('is a directory');
    expect(fs.existsSync(agentFile(paths, 'a', 'launch'))).toBe(false);
  });

  test('that are not UTF-8 are not overwritten either, nor is the recorded environment', () => {
    const paths = temporaryPaths();
    const bytes = Buffer.from('GREETING=café\n', 'latin1');
    for (const file of [agentFile(paths, 'a', 'env'), paths.environment]) {
      write(file, '');
      fs.writeFileSync(file, bytes);
    }
    expect(writeMaterial(paths, material, renderEnvironmentFile)).toContain('line 1 is not UTF-8');
    const input = { assets: hostAssets(paths), environment: {}, dryRun: false };
    expect(() => installFiles(paths, input, renderEnvironmentFile)).toThrow('line 1 is not UTF-8');
    for (const file of [agentFile(paths, 'a', 'env'), paths.environment])
      expect(fs.readFileSync(file)).toEqual(bytes);
    expect(fs.existsSync(paths.units)).toBe(false);
  });

  test("limits ask for a reload only where they changed, and leave the operator's drop-ins", () => {
    const paths = temporaryPaths();
    const file = limitsFile(paths, 'a');
    expect(writeLimits(paths, 'a', null)).toEqual({ changed: false, outcome: null });
    expect(writeLimits(paths, 'a', 'x')).toEqual({ changed: true, outcome: null });
    expect(writeLimits(paths, 'a', 'x')).toEqual({ changed: false, outcome: null });
    expect(writeLimits(paths, 'a', null)).toEqual({ changed: true, outcome: null });
    expect(fs.existsSync(path.dirname(file))).toBe(false);
    writeLimits(paths, 'a', 'x');
    write(path.join(path.dirname(file), 'mine.conf'), '');
    writeLimits(paths, 'a', null);
    expect(fs.readdirSync(path.dirname(file))).toEqual(['mine.conf']);
  });
});

describe('memory', () => {
  const hold: Hold = { since: 1, until: null, reason: 'so', by: 'hold' };
  const moment = { boot: 'boot', ms: 5 };
  test('what is written is what is read, and two writers lose nothing', async () => {
    const state = path.join(temporary(), 'state');
    const store = () => new MemoryStore(state, () => observeMemory(state));
    const names = Array.from({ length: 10 }, (_, index) => `a${index}`);
    const outcomes = await Promise.all(
      names.map((name) =>
        store().changeHolds(({ holds, fleetHold }) => ({
          holds: new Map([...holds, [name, hold]]),
          fleetHold,
        })),
      ),
    );
    expect(outcomes).toEqual(names.map(() => null));
    await store().changeApprovals((before) => [...before, { kind: 'fleet', revision: 'r' }]);
    await store().addDisruptions([{ agent: 'a', at: 5, moment }], () => true);
    await store().addDisruptions([{ agent: 'b', at: 6 }], ({ agent }) => agent === 'a');
    await store().addDisruptions([{ agent: 'c', at: 7 }], ({ agent }) => agent !== 'b');
    const memory = observeMemory(state);
    expect(memory).toMatchObject({
      known: true,
      value: {
        approvals: [{ kind: 'fleet', revision: 'r' }],
        recent: [
          { agent: 'a', at: 5, moment },
          { agent: 'c', at: 7 },
        ],
      },
    });
    expect(memory.known && [...memory.value.holds.keys()].toSorted()).toEqual(names);
    expect(fs.statSync(path.join(state, 'holds.json')).mode & 0o777).toBe(0o600);
  });

  test.each(['{', 'null'])('that is damaged is not overwritten: %s', async (damage) => {
    const state = temporary();
    write(path.join(state, 'holds.json'), damage);
    const store = new MemoryStore(state, () => observeMemory(state));
    expect(await store.changeHolds(() => ({ holds: new Map(), fleetHold: hold }))).toContain('is damaged');
    expect(fs.readFileSync(path.join(state, 'holds.json'), 'utf8')).toBe(damage);
  });

  test('that cannot be written says so', async () => {
    const file = path.join(temporary(), 'file');
    write(file, '');
    const store = new MemoryStore(path.join(file, 'state'), () => observeMemory(temporary()));
    expect(await store.addDisruptions([{ agent: 'a', at: 5 }], () => true)).toContain(
      'directory is expected',
    );
  });
});

describe('installation', () => {
  const input = (paths: ReturnType<typeof temporaryPaths>, dryRun = false) => ({
    assets: hostAssets(paths),
    environment: { MOSAIC_HOME: paths.home, PATH: '/bin' },
    dryRun,
  });
  const remove = (paths: ReturnType<typeof temporaryPaths>, how = {}) =>
    removeInstallation(paths, {
      assets: hostAssets(paths),
      strip: withoutManagedBlock,
      purge: false,
      dryRun: false,
      ...how,
    });
  const files = (directory: string): readonly string[] =>
    fs.existsSync(directory)
      ? fs
          .readdirSync(directory, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map(({ name }) => name)
      : [];

  test('a dry run writes nothing, the first writes all, the second nothing', () => {
    const paths = temporaryPaths();
    const planned = installFiles(paths, input(paths, true), renderEnvironmentFile);
    expect(files(paths.userHome)).toEqual([]);
    expect(installFiles(paths, input(paths), renderEnvironmentFile)).toEqual(planned);
    expect(installFiles(paths, input(paths), renderEnvironmentFile)).toEqual([]);
  });

  test('what differs, in text or mode, is replaced; what this version no longer has is removed', () => {
    const paths = temporaryPaths();
    const { assets, ...rest } = input(paths);
    const old = {
      kind: 'tool',
      target: path.join(paths.fleetTools, 'old.sh'),
      content: 'x',
      mode: 0o755,
    } as const;
    installFiles(paths, { ...rest, assets: [...assets, old] }, renderEnvironmentFile);
    fs.chmodSync(assets[0]!.target, 0o600);
    expect(installFiles(paths, input(paths), renderEnvironmentFile)).toEqual([
      { kind: assets[0]!.kind, file: assets[0]!.target, what: 'replaced' },
      { kind: 'removed', file: old.target, what: 'removed' },
    ]);
  });

  test('uninstall removes what install wrote, and nothing else', () => {
    const paths = temporaryPaths();
    installFiles(paths, input(paths), renderEnvironmentFile);
    const mine = path.join(paths.fleetTools, 'mine.sh');
    write(mine, '');
    write(path.join(paths.fleet, 'roster.yaml'), '');
    writeLimits(paths, 'a', 'x');
    write(path.join(paths.state, 'holds.json'), '');
    const there = files(paths.userHome);
    const planned = remove(paths, { dryRun: true });
    expect(files(paths.userHome)).toEqual(there);
    expect(remove(paths)).toEqual(planned);
    expect(files(paths.userHome).toSorted()).toEqual(['holds.json', 'mine.sh', 'roster.yaml']);
    expect(fs.existsSync(path.dirname(limitsFile(paths, 'a')))).toBe(false);
    expect(remove(paths, { purge: true }).map(({ file }) => file)).toEqual([paths.state]);
    expect(remove(paths)).toEqual([]);
  });

  test('lines of the operator’s own among what was recorded outlive it', () => {
    const paths = temporaryPaths();
    const mine = '# of my own\nPATH=/opt/bin:/bin\n';
    write(paths.environment, mine);
    installFiles(paths, input(paths), renderEnvironmentFile);
    expect(remove(paths)).toContainEqual({
      ...{ kind: 'environment', file: paths.environment, what: 'replaced' },
    });
    expect(fs.readFileSync(paths.environment, 'utf8')).toBe(mine);
    installFiles(paths, input(paths), renderEnvironmentFile);
    expect(parseEnvironmentFile(fs.readFileSync(paths.environment, 'utf8'))).toMatchObject({
      site: { PATH: '/opt/bin:/bin' },
      managed: { MOSAIC_HOME: paths.home },
    });
  });

  test.each([
    ['is gone', null],
    ['is damaged', '{"files":["'],
    ['names no files', '{"files":[1]}'],
  ])('what is fleet’s is known where the list of it %s', (_, content) => {
    const paths = temporaryPaths();
    installFiles(paths, input(paths), renderEnvironmentFile);
    const [tool, , other] = hostAssets(paths).filter(({ kind }) => kind === 'tool');
    const unit = path.join(paths.units, 'mosaic-tmux-holder.service');
    fs.writeFileSync(tool!.target, `${tool!.content}# of another version\n`);
    fs.writeFileSync(other!.target, '#!/bin/bash\n# of my own\n');
    const foreign = fs.readFileSync(unit, 'utf8').replaceAll(paths.home, '/another/home');
    fs.writeFileSync(unit, foreign);
    const manifest = path.join(paths.fleet, 'installed.json');
    if (content === null) fs.rmSync(manifest);
    else fs.writeFileSync(manifest, content);
    remove(paths);
    const kept = content === null ? [] : ['installed.json.damaged'];
    expect(files(paths.userHome).toSorted()).toEqual(
      [path.basename(other!.target), ...kept, path.basename(unit)].toSorted(),
    );
    if (content !== null) expect(fs.readFileSync(`${manifest}.damaged`, 'utf8')).toBe(content);
  });

  test('what was recorded is not written over where it cannot be read, and nothing is installed', () => {
    const paths = temporaryPaths();
    fs.mkdirSync(paths.fleet, { recursive: true });
    fs.symlinkSync('environment', paths.environment);
    expect(() => installFiles(paths, input(paths), renderEnvironmentFile)).toThrow('too many symbolic links');
    expect([fs.readdirSync(paths.fleet), fs.existsSync(paths.units)]).toEqual([['environment'], false]);
  });

  test('a list that cannot be read is not overwritten', () => {
    const paths = temporaryPaths();
    const manifest = path.join(paths.fleet, 'installed.json');
    write(manifest, '{');
    installFiles(paths, input(paths), renderEnvironmentFile);
    expect(fs.readFileSync(`${manifest}.damaged`, 'utf8')).toBe('{');
    expect(remove(paths)).toHaveLength(hostAssets(paths).length + 1);
  });
});
