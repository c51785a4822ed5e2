import { expect, test } from 'vitest';
import { planJson } from '../../../src/cli/render/plan-json.js';
import { exitCodeOf } from '../../../src/cli/outcome.js';
import { resultLines, resultSummary } from '../../../src/cli/render/result-text.js';
import { jsonReporter } from '../../../src/cli/reporter.js';
import { statusJson } from '../../../src/cli/render/status-json.js';
import { statusText } from '../../../src/cli/render/status-text.js';
import { styleFor } from '../../../src/cli/render/style.js';
import { fleetStatus } from '../../../src/controller/status.js';
import { resolvePaths } from '../../../src/host/paths.js';
import { now, Scene } from '../../support/scene.js';

const secret = { env: { TOKEN: 'hunter2' } };
const scene = (): Scene =>
  new Scene([
    { name: 'a', working_directory: '~/app', ...secret },
    'b',
    { name: 'c', persistent_persona: true },
  ])
    .live('a', {
      was: { working_directory: '~/src', env: { TOKEN: 'old-pass' } },
      idleSeconds: 812,
      said: true,
    })
    .live('c', { was: { runtime: 'claude' } })
    .session('notes');

test('a plan is one document of the shape that the contract names', () => {
  const plan = scene().plan();
  const document = JSON.parse(JSON.stringify(planJson(plan, '/r.yaml'))) as Record<string, unknown>;
  expect(Object.keys(document)[0]).toBe('formatVersion');
  expect(document).toEqual({
    formatVersion: '1.0',
    roster: { path: '/r.yaml', revision: plan.rosterRevision },
    observed: { revision: plan.observedRevision, unknown: [] },
    unknown: [],
    notes: [{ subject: 'notes', code: 'ForeignSession', message: expect.any(String) as string }],
    actions: [
      {
        agent: 'a',
        action: 'restart',
        gate: 'needs-approval',
        gateMessage: 'needs approval: its conversation would end',
        reasons: [
          { code: 'SpecChanged', message: 'env.TOKEN changed', field: 'env.TOKEN', policy: 'restart' },
          { code: 'SpecChanged', message: 'working_directory: ~/src → ~/app', field: 'working_directory', from: '~/src', to: '~/app', policy: 'restart' },
        ],
        cost: 'loses-conversation',
        costMessage: 'LOSES the conversation (working_directory: ~/src → ~/app, where codex cannot resume it)',
        live: { busy: false, attached: false, idleSeconds: 812, pid: expect.any(Number) as number },
        hashes: { applied: expect.stringMatching(/^v1:\w+\/v1:\w+$/) as string, desired: expect.stringMatching(/^v1:\w+\/v1:\w+$/) as string },
      },
      { agent: 'b', action: 'start', gate: 'ready', reasons: [{ code: 'NotRunning', message: 'not running' }], cost: 'none', hashes: { applied: '', desired: expect.any(String) as string } },
      expect.objectContaining({ agent: 'c', gate: 'needs-approval', gateMessage: 'needs approval: persistent persona' }),
    ],
    summary: { start: 1, stop: 0, restart: 2, reset: 0, update: 0, adopt: 0, unchanged: 0, unknown: 0, gated: 2 },
  }); // prettier-ignore
});

test('an unknown source and a blocked action say why', () => {
  const blind = scene();
  blind.tmuxUnknown = 'tmux did not answer within 5s';
  expect(planJson(blind.plan(), '')).toMatchObject({
    observed: { unknown: [{ source: 'tmux', message: 'tmux did not answer within 5s' }] },
    unknown: [{ agent: 'a' }, { agent: 'b' }, { agent: 'c' }],
    actions: [],
  });
  expect(planJson(new Scene(['a']).session('a').plan(), '')).toMatchObject({
    actions: [{ gate: 'blocked', gateReason: 'ForeignSession' }],
  });
});

function statusInput(one: Scene) {
  const world = one.world();
  return {
    ...{
      world,
      agents: fleetStatus(world, { now }),
      figures: null,
      unknownSources: [],
      now,
      recorded: null,
      rosterProblem: null,
      controllerPid: null,
    },
    ...{ strangers: one.assess().strangers, paths: resolvePaths({}, { HOME: '/home/op' }) },
    ...{ wide: true, detail: true, record: null },
  };
}

test('a status is one document, with times an operator can read', () => {
  const document = JSON.parse(JSON.stringify(statusJson(statusInput(scene())))) as { agents: object[] };
  expect(document).toMatchObject({
    formatVersion: '1.0',
    controller: { running: false, pid: null },
    holder: { active: true, serverPid: 100 },
    foreign: ['notes'],
  });
  expect(document.agents[0]).toMatchObject({
    ...{
      name: 'a',
      runtime: 'codex',
      class: 'worker',
      desired: 'running',
      phase: 'Running',
      activity: 'idle',
    },
    ...{
      startedAt: '2026-01-02T02:04:05.000Z',
      lastOutputAt: '2026-01-02T02:50:33.000Z',
      conversation: { id: 'of-a', resumed: false, holds: true, bytes: 1 },
    },
    ...{ outdated: ['env.TOKEN', 'working_directory'], memoryBytes: null },
  });
});

test('values of the environment are in no document and no line', () => {
  const all = [
    JSON.stringify(planJson(scene().plan(), '')),
    JSON.stringify(statusJson(statusInput(scene()))),
    ...statusText(statusInput(scene()), styleFor(false)),
  ].join('\n');
  expect(all).toContain('env.TOKEN');
  expect(all).not.toMatch(/hunter2|old-pass/);
});

test('a status shows no control characters of strangers or of a last screen', () => {
  const evil = '\u001b]0;owned\u0007';
  const one = new Scene(['a'])
    .session(evil)
    .remember({ fleetHold: { since: 0, until: null, reason: evil, by: 'hold' } });
  const end = { invocation: null, ranMs: null, spec: null, moment: { boot: '', ms: 0 } };
  const record = {
    ...end,
    reason: 'exited',
    status: 3,
    signal: null,
    at: now / 1000 - 60,
    lines: [`bye ${evil}`],
  };
  const input = { ...statusInput(one), record };
  for (const detail of [true, false]) {
    const lines = statusText({ ...input, detail }, styleFor(false));
    // eslint-disable-next-line no-control-regex -- escape sequences are what this looks for
    expect(lines.join('\n')).not.toMatch(/[\u001b\u0007]/);
    expect(lines.join('\n')).toContain('Last end      exited with status 3, 1m ago');
    expect(lines.join('\n')).toContain('bye');
  }
});

test('a status says what has to be repaired before an agent can be started', () => {
  const one = new Scene(['a', 'b']).session('b');
  one.obstacles.set('a', 'pi is not in the agent’s PATH');
  const input = { ...statusInput(one), detail: false };
  const agents = fleetStatus(input.world, { now, plan: one.plan() });
  const lines = statusText({ ...input, agents }, styleFor(false));
  expect(lines.find((line) => line.startsWith('a '))).toMatch(
    /Stopped .* blocked: pi is not in the agent’s PATH$/,
  );
  // Said once.
  expect(lines.find((line) => line.startsWith('b '))?.match(/not created by fleet/g)).toHaveLength(1);
});

test('a status says what the stop of an agent waits for that has left the roster', () => {
  const noted = (one: Scene): readonly string[] => {
    const input = { ...statusInput(one), detail: false };
    return statusText(input, styleFor(false)).filter((line) => line.includes('Extra'));
  };
  const many = new Scene(['a']).live('a').live('b').live('c').live('d');
  for (const line of noted(many))
    expect(line).toMatch(/ waits for approval of the whole change; not in the roster$/);
  expect(noted(many)).toHaveLength(3);
  const losing = new Scene(['a']).live('b', { said: true, marks: { conversation: null } });
  losing.conversations.delete('b');
  expect(losing.plan().actions.find(({ agent }) => agent === 'b')?.gate.kind).toBe('needs-approval');
  expect(noted(losing)).toEqual([expect.stringMatching(/ waits for approval; not in the roster$/)]);
  expect(noted(new Scene(['a']).live('b'))).toEqual([expect.not.stringContaining('waits')]);
});

test('a status says of whom the screen is empty, in its line and in another colour', () => {
  const one = new Scene([{ name: 'a', runtime: 'opencode' }]).live('a');
  const [session] = one.sessions;
  if (session === undefined) throw new Error('no session');
  one.sessions[0] = { ...session, panes: session.panes.map((pane) => ({ ...pane, blank: true })) };
  const input = { ...statusInput(one), detail: false };
  const agents = fleetStatus(input.world, { now, plan: one.plan() });
  const [plain, painted] = [false, true].map((colour) =>
    statusText({ ...input, agents }, styleFor(colour)).find((line) => line.includes('opencode')),
  );
  expect(plain).toMatch(
    /Running .* its screen is empty, and nothing comes; see: fleet agent attach a, fleet/,
  );
  expect(painted).toBe(styleFor(true).warn(plain ?? ''));
});

test('results are told line by line, and counted', () => {
  const [action] = scene().plan().actions;
  if (action === undefined) throw new Error('no action');
  const failed = { kind: 'failed', action, message: 'did not come up', lastWords: ['panic'] } as const;
  expect(resultLines(failed, styleFor(false))).toEqual(['  ✗ a did not come up', '      | panic']);
  const results = [
    { kind: 'done', action },
    failed,
    { kind: 'gated', action },
    { kind: 'interrupted', action },
  ] as const;
  expect(resultSummary(results)).toBe('Applied: 1 restarted; 1 failed, 1 interrupted, 1 gated.');
  expect(resultSummary([failed])).toBe('Applied: nothing; 1 failed.');
  expect(resultSummary([])).toBeNull();
});

test('what was not begun, because nothing was left to be done or to be told, is no gate', () => {
  const one = scene();
  const plan = one.plan();
  const [action] = plan.actions;
  if (action === undefined) throw new Error('no action');
  const settled = { kind: 'settled', action } as const;
  const unknown = { kind: 'unknown', action, message: 'tmux did not answer' } as const;
  const texts = [settled, unknown].flatMap((result) => resultLines(result, styleFor(false)));
  expect(texts).toEqual([
    '  ✓ a unchanged: nothing is left to be done for it by now',
    '  ? a not restarted: cannot tell how it is by now: tmux did not answer',
  ]);
  expect(resultSummary([settled, unknown])).toBe('Applied: nothing; 1 unknown, 1 unchanged.');
  expect([settled, unknown].map((result) => exitCodeOf([result], plan))).toEqual([0, 4]);
  const lines: unknown[] = [];
  const reporter = jsonReporter({ print: (line) => lines.push(JSON.parse(line)) });
  for (const result of [settled, unknown]) reporter.event({ type: 'result', result });
  reporter.summary([settled, unknown], plan);
  expect(lines.slice(1)).toMatchObject([
    { type: 'action_complete', agent: 'a', action: 'restart', cost: 'none', unchanged: true },
    { type: 'action_failed', agent: 'a', unknown: true, lastLines: [] },
    { type: 'summary', done: 0, failed: 0, gated: 0, unchanged: 1, unknown: 1 },
  ]);
});
