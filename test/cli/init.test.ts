import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { initCommand } from '../../src/cli/commands/init.js';
import { createContext } from '../../src/cli/context.js';
import { temporary, write } from '../support/temporary.js';

test('a roster that is a link to a disk which is not mounted is neither replaced nor made up there', () => {
  const home = temporary();
  const context = { ...createContext({}, { HOME: home }), print: () => undefined };
  const { fleet } = context.paths;
  const roster = path.join(fleet, 'roster.yaml');
  const disk = path.join(home, 'disk', 'roster.yaml');
  fs.mkdirSync(fleet, { recursive: true });
  fs.symlinkSync(disk, roster);
  const options = { profile: 'minimal', write: true } as const;
  expect(() => initCommand(context, options)).toThrow('exists and was not touched');
  expect(() => initCommand(context, { ...options, force: true })).toThrow(
    `is a symbolic link to ${disk}, which is not there`,
  );
  expect(fs.readlinkSync(roster)).toBe(disk);
  expect(fs.existsSync(path.dirname(disk))).toBe(false);
});

test('an init that was cut short is finished by the same words: where the roster stands, all does', () => {
  const context = { ...createContext({}, { HOME: temporary() }), print: () => undefined };
  const options = { profile: 'software-factory', write: true } as const;
  const { fleet, roster } = context.paths;
  // The directory of the templates cannot be made.
  write(path.join(fleet, 'kickstart'), 'a file in its place');
  expect(() => initCommand(context, options)).toThrow('a part of the path is a file');
  expect(fs.existsSync(roster)).toBe(false);
  fs.rmSync(path.join(fleet, 'kickstart'));
  initCommand(context, options);
  const templates = [...fs.readFileSync(roster, 'utf8').matchAll(/kickstart_template: (\S+)/g)];
  expect(templates.length).toBeGreaterThan(5);
  for (const [, template = ''] of templates) expect(fs.existsSync(path.join(fleet, template))).toBe(true);
});

test('a roster by its other name is replaced where it stands, and one in JSON is told to be read no more', () => {
  for (const [name, left] of [
    ['roster.yml', ['roster.yml']],
    ['roster.json', ['roster.json', 'roster.yaml']],
  ] as const) {
    // prettier-ignore
    const home = temporary();
    const place = path.join(home, '.config', 'mosaic', 'fleet');
    write(path.join(place, name), 'mine');
    const said: string[] = [];
    const context = {
      ...createContext({}, { HOME: home }),
      ...{ print: () => undefined, say: (line: string) => said.push(line) },
    };
    const options = { profile: 'minimal', write: true } as const;
    expect(() => initCommand(context, options)).toThrow(`${name} exists and was not touched`);
    initCommand(context, { ...options, force: true });
    expect(fs.readdirSync(place).toSorted()).toEqual(left);
    const inForce = createContext({}, { HOME: home }).paths.roster;
    expect(fs.readFileSync(inForce, 'utf8')).toContain('version: 1');
    expect(said).toEqual(
      left.length === 1
        ? []
        : [
            '~/.config/mosaic/fleet/roster.json is there, too, and is not read: roster.yaml is; keep one of them',
          ],
    );
  }
});

test('editors find the schema that is named in an example, and in what init writes', () => {
  const named = (text: string): string => /^# yaml-language-server: \$schema=(\S+)$/m.exec(text)?.[1] ?? '';
  const id = (file: URL): unknown =>
    (JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>)['$id'];
  const context = { ...createContext({}, { HOME: temporary() }), print: () => undefined };
  for (const profile of ['minimal', 'local-canary', 'software-factory']) {
    const example = new URL(`../../roster/examples/${profile}.yaml`, import.meta.url);
    const schema = new URL(named(fs.readFileSync(example, 'utf8')), example);
    initCommand(context, { profile, write: true, force: true });
    const written = named(fs.readFileSync(context.paths.roster, 'utf8'));
    expect(written).toMatch(/^file:\/\/\//);
    expect([id(schema), id(new URL(written))]).toEqual(
      Array(2).fill('https://mosaic-fleet.dev/roster.schema.json'),
    );
  }
});
