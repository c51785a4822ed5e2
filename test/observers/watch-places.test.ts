import * as fs from 'node:fs';
import * as path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { noNotice, placesOf, samePlaces } from '../../src/observers/watch-places.js';
import { temporary } from '../support/temporary.js';

let directory: string;
beforeEach(() => {
  directory = temporary();
});

/** Places below the test's directory, as `directory: names`. */
const below = (...files: readonly string[]): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    [...placesOf(files.map((file) => path.join(directory, file)))]
      .filter(([place]) => place === directory || place.startsWith(`${directory}/`))
      .map(([place, { names }]) => [path.relative(directory, place), [...names].toSorted()]),
  );
const write = (file: string): void => {
  fs.mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
  fs.writeFileSync(path.join(directory, file), '');
};
const link = (target: string, file: string): void => {
  fs.mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
  fs.symlinkSync(target, path.join(directory, file));
};

describe('where a path may be changed', () => {
  test('its directory, and the directory’s own entry', () => {
    write('home/fleet/roster.yaml');
    expect(below('home/fleet/roster.yaml')).toEqual({ home: ['fleet'], 'home/fleet': ['roster.yaml'] });
  });

  test('a linked file: the link, and what it leads to', () => {
    write('dotfiles/fleet.yaml');
    link('../../dotfiles/fleet.yaml', 'home/fleet/roster.yaml');
    expect(below('home/fleet/roster.yaml')).toMatchObject({
      'home/fleet': ['roster.yaml'],
      dotfiles: ['fleet.yaml'],
    });
  });

  test('a linked directory: the link that may be turned, and the directory', () => {
    write('releases/1/roster.yaml');
    link('releases/1', 'current');
    expect(below('current/roster.yaml')).toEqual({
      '': ['current'],
      releases: ['1'],
      'releases/1': ['roster.yaml'],
    });
  });

  test('what does not exist yet is awaited where it will appear', () => {
    expect(below('home/fleet/roster.yaml')).toEqual({ '': ['home'] });
    write('home/other');
    expect(below('home/fleet/roster.yaml')).toEqual({ home: ['fleet'] });
  });

  test('links that go in circles come to an end', () => {
    link('b', 'a');
    link('a', 'b');
    expect(Object.keys(below('a/roster.yaml'))).toEqual(['']);
  });

  test('are the same when nothing moved', () => {
    write('home/fleet/roster.yaml');
    const places = (): ReturnType<typeof placesOf> =>
      placesOf([path.join(directory, 'home/fleet/roster.yaml')]);
    const before = places();
    expect(samePlaces(before, places())).toBe(true);
    // Another directory by the same name, with the same files.
    fs.renameSync(path.join(directory, 'home/fleet'), path.join(directory, 'home/old'));
    write('home/fleet/roster.yaml');
    const replaced = places();
    expect(samePlaces(before, replaced)).toBe(false);
    expect(samePlaces(replaced, places())).toBe(true);
    fs.rmSync(path.join(directory, 'home/fleet'), { recursive: true });
    expect(samePlaces(replaced, places())).toBe(false);
  });
});

test('network and user-space file systems are looked at, local ones are watched', () => {
  expect(noNotice('/x', () => 0x6969)).toBe('on nfs, which tells nothing of changes');
  expect(noNotice('/x', () => 0x65735546)).toContain('fuse');
  // 32-bit magics come back signed or not, depending on the platform.
  expect(noNotice('/x', () => 0xff534d42 | 0)).toContain('cifs');
  expect(noNotice('/x', () => 0xef53)).toBeNull();
  expect(noNotice('/does/not/exist')).toBeNull();
});
