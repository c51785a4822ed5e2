import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { homeOfUnit, hostAssets } from '../../src/host/assets.js';
import {
  agentFile,
  displayPath,
  exitFile,
  limitsFile,
  resolvePaths,
  type Environment,
} from '../../src/host/paths.js';
import { cgroupOf } from '../../src/host/process.js';
import { temporary } from '../support/temporary.js';

const HOME = '/home/op';

test('everything has its place', () => {
  const paths = resolvePaths({}, { HOME });
  expect(paths).toMatchObject({
    home: '/home/op/.config/mosaic',
    agents: '/home/op/.config/mosaic/fleet/agents',
    environment: '/home/op/.config/mosaic/fleet/environment',
    units: '/home/op/.config/systemd/user',
    state: '/home/op/.local/state/mosaic/fleet',
    roster: '/home/op/.config/mosaic/fleet/roster.yaml',
  });
  expect(agentFile(paths, 'a.b', 'env')).toBe('/home/op/.config/mosaic/fleet/agents/a.b.env');
  expect(limitsFile(paths, 'a')).toBe('/home/op/.config/systemd/user/mosaic-agent@a.service.d/50-fleet.conf');
  expect(exitFile(paths, 'a')).toBe('/home/op/.local/state/mosaic/fleet/exits/a');
});

test.each<readonly [string, { mosaicHome?: string; roster?: string }, Environment, object]>([
  ['a flag before the variable', { mosaicHome: '/flag' }, { MOSAIC_HOME: '/env' }, { home: '/flag', roster: '/flag/fleet/roster.yaml' }],
  ['the variable', {}, { MOSAIC_HOME: '/env/' }, { home: '/env' }],
  ['an empty variable is none', {}, { MOSAIC_HOME: '', XDG_STATE_HOME: '', XDG_CONFIG_HOME: '' }, { home: '/home/op/.config/mosaic', state: '/home/op/.local/state/mosaic/fleet' }],
  ['a relative flag', { mosaicHome: 'here', roster: 'r.yaml' }, {}, { home: path.resolve('here'), roster: path.resolve('r.yaml') }],
  ['XDG moves units and state, not the home', {}, { XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s' }, { units: '/c/systemd/user', state: '/s/mosaic/fleet', home: '/home/op/.config/mosaic' }],
  ['a relative XDG directory is none', {}, { XDG_CONFIG_HOME: 'c', XDG_STATE_HOME: './s' }, { units: '/home/op/.config/systemd/user', state: '/home/op/.local/state/mosaic/fleet' }],
])('%s', (_, flags, env, expected) => {
  expect(resolvePaths(flags, { HOME, ...env })).toMatchObject(expected);
}); // prettier-ignore

test('in its own units and panes fleet goes by the roster that was installed', () => {
  const own = { HOME, MOSAIC_HOME: '/env', MOSAIC_FLEET_ROSTER: '/srv/fleet.yaml' };
  expect(resolvePaths({}, own).roster).toBe('/srv/fleet.yaml');
  expect(resolvePaths({ roster: '/x' }, own).roster).toBe('/x');
  expect(resolvePaths({ mosaicHome: '/other' }, own).roster).toBe('/other/fleet/roster.yaml');
  expect(resolvePaths({}, { ...own, MOSAIC_FLEET_ROSTER: '' }).roster).toBe('/env/fleet/roster.yaml');
});

test('a roster is looked for as .yaml, .yml, then .json', () => {
  const home = temporary();
  const fleet = path.join(home, '.config', 'mosaic', 'fleet');
  fs.mkdirSync(fleet, { recursive: true });
  for (const name of ['roster.json', 'roster.yml', 'roster.yaml']) {
    fs.writeFileSync(path.join(fleet, name), '');
    expect(resolvePaths({}, { HOME: home }).roster).toBe(path.join(fleet, name));
  }
});

test.each([
  ['/home/op', '~'],
  ['/home/op/x', '~/x'],
  ['/home/operator/x', '/home/operator/x'],
  ['/srv', '/srv'],
])('%s is shown as %s', (file, shown) => {
  expect(displayPath(file, HOME)).toBe(shown);
});

test.each(['/home/op/.config/mosaic', '/odd/100%/"q"/$HOME/[a]*?/b\\s/ü ü'])(
  'units name the home %s, and it is read back',
  (mosaicHome) => {
    const unit = hostAssets(resolvePaths({ mosaicHome }, { HOME })).find(({ target }) =>
      target.endsWith('/mosaic-agent@.service'),
    );
    expect(unit?.content).not.toContain('@MOSAIC_HOME');
    expect(homeOfUnit(unit?.content ?? '')).toBe(mosaicHome);
    expect(homeOfUnit('[Service]\n')).toBeNull();
  },
);

test('a process has a cgroup, one that is gone has none', () => {
  expect(cgroupOf(process.pid)).toMatch(/^\//);
  expect(cgroupOf(4194305)).toBeNull();
});
