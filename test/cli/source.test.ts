import * as os from 'node:os';
import { expect, test } from 'vitest';
import { sourceOf } from '../../src/cli/talk/source.js';
import type { MarkedPane } from '../../src/observers/screen-output.js';

const marked = (agent: string, pane: string, home = '/home'): MarkedPane => ({
  ...{ session: '$1', window: '@1', pane, pid: 7, server: 42 },
  ...{ agent, home, unit: null, conversation: null },
});
const panes = [marked('0', '%1'), marked('b', '%2'), marked('c', '%3', '/other')];
const source = (env: Readonly<Record<string, string>>, sourceLabel?: string): string =>
  sourceOf({ env, paths: { home: '/home' } }, sourceLabel === undefined ? {} : { sourceLabel }, panes);
const agent = (MOSAIC_AGENT_NAME: string, TMUX_PANE: string, TMUX = '/tmp/a,b/s,42,0'): Record<string, string> => ({
  ...{ MOSAIC_AGENT_NAME, TMUX_PANE, TMUX },
}); // prettier-ignore

test.each<readonly [string, Readonly<Record<string, string>>, string]>([
  ['a shell outside of tmux', {}, 'operator'],
  ['the operator’s pane on the fleet’s server', { TMUX: '/s,42,0', TMUX_PANE: '%9' }, 'operator'],
  ['an agent’s pane', agent('b', '%2'), 'b'],
  ['the pane of an agent named 0', agent('0', '%1'), '0'],
  ['an agent’s environment on another server', agent('b', '%2', '/s,43,0'), 'operator'],
  ['an agent’s environment without a server', { MOSAIC_AGENT_NAME: 'b', TMUX_PANE: '%2' }, 'operator'],
])('%s', (_, env, label) => {
  expect(source(env)).toBe(`${os.hostname()}:${label}`);
});

test.each<readonly [string, Readonly<Record<string, string>>]>([
  ['an unmarked pane', agent('b', '%9')],
  ['another agent’s pane', agent('b', '%1')],
  ['a pane of another home', agent('c', '%3')],
])('an agent’s environment in %s of the fleet’s server speaks for nobody, unless told', (_, env) => {
  expect(() => source(env)).toThrow(/^nothing was sent: .* Say it with --source-label$/);
  expect(source(env, 'me')).toBe(`${os.hostname()}:me`);
});
