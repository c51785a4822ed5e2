import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cli, FleetSandbox, run, sleeper, until } from '../support/fleet-sandbox.js';
import { copyPackage } from '../support/package-copy.js';
import { RunningController } from '../support/running-controller.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
  fleet.writeRoster([sleeper('a')]);
});
afterEach(() => fleet.dispose());

const hook = path.resolve(import.meta.dirname, '../support/chunks-read.cjs');

/** Which chunks a command reads. */
async function chunksOf(...args: readonly string[]): Promise<readonly string[]> {
  const { stderr } = await run(process.execPath, ['-r', hook, cli, ...args], { env: fleet.env });
  const line = /^chunks: (.*)$/m.exec(stderr)?.[1];
  if (line === undefined) throw new Error(`told no chunks:\n${stderr}`);
  return line.split(' ').toSorted();
}

/** The package as installed elsewhere. @returns its root */
function packageCopy(): string {
  const copy = path.join(fleet.directory, 'package');
  copyPackage(path.dirname(path.dirname(cli)), copy);
  return copy;
}

describe('a command loads what it needs', () => {
  test('and no more', async () => {
    expect(await chunksOf('--version')).toEqual(['main']);
    expect(await chunksOf('plan')).toEqual(['look', 'main', 'plan']);
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
    expect(await chunksOf('plan')).toEqual(['look', 'main', 'plan']);
    expect(await chunksOf('apply')).toEqual(['look', 'main', 'plan']);
    // Nobody explains a roster that is right.
    expect(await chunksOf('status')).not.toContain('yaml');
    fs.appendFileSync(fleet.roster, 'nonsense: 1\n');
    expect(await chunksOf('plan')).toContain('yaml');
  });

  test('in no Node that is too old for it', async () => {
    const asNode = (version: string) => {
      const preload = path.join(fleet.directory, 'version.cjs');
      const versions = `{ ...process.versions, node: '${version}' }`;
      fs.writeFileSync(preload, `Object.defineProperty(process, 'versions', { value: ${versions} });\n`);
      return run(process.execPath, ['-r', preload, cli, 'plan'], { env: fleet.env });
    };
    for (const old of ['18.19.0', '20.18.3']) {
      const said = `fleet needs Node 20.19 or later; ${process.execPath} is ${old}. Nothing was done\n`;
      const { code, stdout, stderr } = await asNode(old);
      expect([code, stdout]).toEqual([69, '']);
      expect(stderr).toContain(said);
    }
    for (const good of ['20.19.0', '22.1.0']) expect((await asNode(good)).code).toBe(0);
  });

  // It is read as Latin-1. esbuild leaves what is beyond ASCII in regular expressions, where it would match something else.
  test('which is ASCII', () => {
    const chunks = path.join(path.dirname(cli), 'chunks');
    const files = fs.readdirSync(chunks).filter((file) => file.endsWith('.js'));
    expect(files.length).toBeGreaterThan(3);
    const beyond = files.flatMap(
      (file) => /[^\0-\x7f]/.exec(fs.readFileSync(path.join(chunks, file), 'utf8'))?.[0] ?? [],
    );
    expect(beyond).toEqual([]);
  });

  describe('and says what to do where', () => {
    const again = 'If fleet was just updated, run the command again; otherwise install it again';
    const chunk = (copy: string, name: string): string => {
      const chunks = path.join(copy, 'dist', 'chunks');
      const [file = ''] = fs.readdirSync(chunks).filter((each) => each.startsWith(`${name}.`) && each.endsWith('.js'));
      return path.join(chunks, file);
    }; // prettier-ignore
    test.each<[string, (copy: string) => void, string]>([
      ['a chunk is gone', (copy) => fs.rmSync(chunk(copy, 'plan')), `a part of fleet cannot be read: ENOENT: no such file or directory, open 'COPY/dist/chunks/plan.js'\n${again}`],
      ['the first chunk is gone', (copy) => fs.rmSync(chunk(copy, 'main')), `a part of fleet cannot be read: ENOENT: no such file or directory, open 'COPY/dist/chunks/main.js'\n${again}`],
      ['a chunk is cut off', (copy) => fs.truncateSync(chunk(copy, 'plan'), 100_000), `a part of fleet cannot be read: COPY/dist/chunks/plan.js is damaged\n${again}`],
      ['the first chunk is cut off', (copy) => fs.truncateSync(chunk(copy, 'main'), 50_000), `a part of fleet cannot be read: COPY/dist/chunks/main.js is damaged\n${again}`],
      ['its units and scripts are gone', (copy) => fs.rmSync(path.join(copy, 'framework'), { recursive: true }), 'the package is incomplete: its framework directory is missing\nInstall fleet again'],
    ])('%s', async (_, damage, said) => {
      const copy = packageCopy();
      damage(copy);
      const { code, stderr } = await run(process.execPath, [path.join(copy, 'dist', 'fleet.js'), 'plan'], { env: fleet.env });
      expect([code, stderr.replaceAll(copy, 'COPY').replaceAll(/\.[0-9a-f]{10}\.js/g, '.js')]).toEqual([1, `${said}\n`]);
    }); // prettier-ignore
  });

  test('and tells a bug of its own without half a chunk of its source', async () => {
    const broken = path.join(fleet.directory, 'broken.cjs');
    fs.writeFileSync(broken, 'Array.prototype.toSorted = () => null;');
    const { code, stderr } = await run(process.execPath, ['-r', broken, cli, 'plan'], { env: fleet.env });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^fleet: TypeError: Cannot read properties of null/)]);
    expect(stderr.length).toBeLessThan(4000);
  }); // prettier-ignore
});

test('is started by its name, by a link, and by the scripts of package managers, without the certificates of NODE_EXTRA_CA_CERTS', async () => {
  const file = path.join(packageCopy(), 'dist', 'fleet.js');
  const bin = path.join(fleet.directory, 'a bin');
  fs.mkdirSync(bin);
  fs.symlinkSync(file, path.join(bin, 'fleet'));
  // pnpm's takes no more of the first line than the name of a program.
  const [, interpreter = ''] = /^#!(\/\S+)\n/.exec(fs.readFileSync(file, 'utf8')) ?? [];
  fs.writeFileSync(path.join(bin, 'shim'), `#!/bin/sh\nexec ${interpreter} '${file}' "$@"\n`, {
    mode: 0o755,
  });
  // Node warns of a file that it cannot read.
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, NODE_EXTRA_CA_CERTS: '/nonexistent' };
  const { stdout } = await fleet.expect(0, '--version');
  for (const [program, ...words] of [['fleet'], [path.join(bin, 'fleet')], ['shim'], [file], ['sh', file]])
    expect(await run(program ?? '', [...words, '--version'], { env })).toEqual({
      code: 0,
      stdout,
      stderr: '',
    });
  expect(await run('fleet', ['validate', '/no such roster'], { env })).toMatchObject({ code: 78 });
});

// V8 takes any cache of its own version and flags, and a Node that differs in anything else crashes with it.
test('what another Node has compiled is not run', async () => {
  const launcher = path.join(packageCopy(), 'dist', 'fleet.js');
  const chunks = path.join(path.dirname(launcher), 'chunks');
  const [, main = '', unit = '', name = ''] =
    /load\('(main\.[0-9a-f]+)\/(\d+)\/(\w+)'\)/.exec(fs.readFileSync(launcher, 'utf8')) ?? [];
  const says = (text: string): void =>
    fs.writeFileSync(
      path.join(chunks, `${main}.js`),
      `(() => ({ ${unit}: (to) => { to.${name} = { main: () => console.log('${text}') } } }))`,
    );
  const started = async (env = {}): Promise<string> =>
    (await run(process.execPath, [launcher], { env })).stdout.trim();
  // V8 knows a source by its length: with the cache of one that is as long, that one is run.
  fs.rmSync(path.join(chunks, `${main}.cache`));
  says('as compiled');
  expect(await started({ FLEET_WRITE_CODE_CACHE: '1' })).toBe('as compiled');
  says('as it reads');
  expect(await started()).toBe('as compiled');
  const madeBy = path.join(chunks, 'node');
  const made = fs.readFileSync(madeBy, 'utf8');
  fs.writeFileSync(madeBy, made.replace(process.version, 'v20.19.0'));
  expect(await started()).toBe('as it reads');
  fs.rmSync(madeBy);
  expect(await started()).toBe('as it reads');
  fs.writeFileSync(madeBy, made);
  expect(await started()).toBe('as compiled');
});

describe('a controller whose program is removed under it', () => {
  let controller: RunningController;
  afterEach(() => controller.stop('SIGKILL'));

  test('goes on, rosters that take explaining included', async () => {
    const copy = packageCopy();
    await fleet.expect(0, 'install');
    controller = new RunningController(fleet, path.join(copy, 'dist', 'fleet.js'));
    await controller.start();
    await until('a runs', async () => 'a' in (await fleet.pids()));
    fs.rmSync(path.join(copy, 'dist'), { recursive: true });

    fleet.writeRoster([sleeper('a'), sleeper('b')]);
    await until('b runs', async () => 'b' in (await fleet.pids()));
    const good = fs.readFileSync(fleet.roster, 'utf8');
    fs.writeFileSync(fleet.roster, `${good}nonsense: 1\n`);
    await until('it says what is wrong', () => controller.log.includes('unknown field \\"nonsense\\"'));
    const { b } = await fleet.pids();
    if (b === undefined) throw new Error('b is gone');
    process.kill(b, 'SIGKILL');
    // YAML that only the full parser reads.
    fs.writeFileSync(fleet.roster, good.replace(sleeper('b'), `&b\n    ${sleeper('b')}`));
    await until('b runs again', async () => ![undefined, b].includes((await fleet.pids())['b']), 30_000);
    expect(await controller.stop('SIGTERM')).toBe(0);
  });
});
