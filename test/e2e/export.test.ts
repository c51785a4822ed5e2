import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FleetSandbox, snapshot, until } from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

const settings = (): string =>
  [
    'defaults:',
    `  working_directory: ${fleet.work}`,
    '  launcher: [sh, -c, "exec sleep infinity", "it\'s: #1"]',
    '  disruption: immediate',
    '  idle_after: 0s',
    '  stop_grace: 2s',
    '  start_spacing: 10ms',
    '  max_disruption: 7',
    '  backoff: { base: 3s, max: 5m, reset_after: 7m, stall_after: 4 }',
    'runtimes:',
    '  own:',
    '    command: [sh, -c, "exec sleep infinity", "{name}", "{{}}", "{model_hint}"]',
    '    reset_command: /fresh',
    '    ready_pattern: "^> $"',
    '    busy_pattern: "b # usy"',
    '    dialog_pattern: "y/n\\\\?"',
    '    composer_pattern: "│"',
    '    fresh_pattern: "hello: you"',
    '    submit_delay: 450ms',
    '  pi: { ready_pattern: "pi$" }',
  ].join('\n');

const agents = [
  '{ name: plain, runtime: pi }',
  '{ name: v1.2, runtime: own, model_hint: "08", class: "yes", resume: false, on_interrupted: continue }',
  '{ name: worded, runtime: sleeper, command: [sh, -c, "exec sleep infinity", "{class}", ";", ""], class: reviewer, idle_after: 5m }',
  '{ name: secret, runtime: own, model_hint: m, env: { A_KEY: "s3cr3t", EMPTY: "", LINES: "a\\n  b\\n", YES: "true", HASH: "a # b" } }',
  '{ name: limited, runtime: pi, resources: { memory_max: 2G, cpu_quota: 150%, tasks_max: 512 } }',
  '{ name: lead, runtime: pi, persistent_persona: true }',
  '{ name: lead2, runtime: pi, persistent_persona: true, disruption: when-idle }',
  '{ name: half, runtime: pi, persistent_persona: semi, disruption: ask }',
  '{ name: named, runtime: pi, persistent_persona: Ada, kickstart_template: kick.md }',
  '{ name: slot, runtime: pi, reset_between_tasks: true, kickstart_template: kick.md }',
  '{ name: asleep, runtime: own, model_hint: m, suspend: true, env: { B_KEY: "al5o" } }',
];

describe('the export of a live fleet', () => {
  beforeEach(async () => {
    fs.writeFileSync(path.join(fleet.home, 'fleet', 'kick.md'), 'Hello {name}, {persona}\n');
    fleet.writeRoster(agents, settings());
    await fleet.expect(0, 'install');
    // No agent here takes a first message: apply is not waited for once everything is done and kept.
    let pid = 0;
    const applied = fleet.fleetWith({ started: (started) => (pid = started) }, 'apply');
    await until('the roster is applied', () => fs.existsSync(path.join(fleet.state, 'revisions')));
    const kept = (): readonly string[] => fs.readdirSync(path.join(fleet.state, 'revisions'));
    // Its text comes last.
    await until('it is kept', () => kept().some((name) => /^[0-9]+-[0-9a-f]{12}\.yaml$/.test(name)));
    process.kill(pid, 'SIGKILL');
    await applied;
  });

  test('written to a file it is a roster whose plan is empty, also when the old one is broken', async () => {
    const before = await fleet.pids();
    const files = snapshot(fleet.home, fleet.state, fleet.units);
    const target = path.join(fleet.directory, 'exported.yaml');
    const written = await fleet.expect(0, 'export', '--write', target);
    expect([written.stdout, written.stderr]).toEqual([
      expect.stringMatching(/^wrote .*exported\.yaml\n$/),
      '',
    ]);
    expect(fs.statSync(target).mode & 0o777).toBe(0o600);
    expect(snapshot(fleet.home, fleet.state, fleet.units)).toEqual(files);
    expect((await fleet.expect(1, 'export', '--write', target)).stderr).toContain(
      'exists and was not touched\nReplace it with: fleet export --write',
    );
    expect(fs.readFileSync(target, 'utf8')).toContain('# Did not run, and are suspended here: asleep.');

    fs.writeFileSync(fleet.roster, 'version: 1\nagents: [');
    const replaced = await fleet.expect(0, 'export', '--write', fleet.roster, '--force');
    const [, number = ''] = /What it said before is kept as revision (\d+)/.exec(replaced.stdout) ?? [];
    const aside = path.join(fleet.state, 'revisions');
    const [kept = ''] = fs.readdirSync(aside).filter((name) => name.endsWith('.set-aside.yaml'));
    expect(Number.parseInt(kept, 10)).toBe(Number(number));
    expect(fs.readFileSync(path.join(aside, kept), 'utf8')).toBe('version: 1\nagents: [');
    expect((await fleet.expect(0, 'plan')).stdout).toBe('No changes. 11 agents match the roster.\n');
    expect((await fleet.expect(0, 'apply')).stdout).toBe('No changes. 11 agents match the roster.\n');
    expect(await fleet.pids()).toEqual(before);
    // Said again it writes nothing, and sets nothing of its own aside.
    const again = snapshot(fleet.home, fleet.state);
    expect((await fleet.expect(0, 'export', '--write', fleet.roster, '--force')).stdout).toMatch(
      /roster\.yaml says that already\. Nothing was changed\.\n$/,
    );
    expect(snapshot(fleet.home, fleet.state)).toEqual(again);

    // Neither a roster nor a history: what runs is enough. What does not run is then in no record of what runs.
    fs.rmSync(fleet.roster);
    fs.rmSync(path.join(fleet.state, 'revisions'), { recursive: true });
    await fleet.expect(0, 'export', '--write', fleet.roster);
    expect((await fleet.expect(0, 'plan')).stdout).toBe('No changes. 10 agents match the roster.\n');
    expect(await fleet.pids()).toEqual(before);
  });

  test('on the terminal values of env are hidden, and such a text is refused as a roster', async () => {
    const hidden = (await fleet.expect(0, 'export')).stdout;
    expect(hidden).not.toMatch(/s3cr3t|al5o/);
    expect(hidden).toMatch(/A_KEY: # hidden; print it with --show-env, or write it with --write FILE/);
    fs.writeFileSync(fleet.roster, hidden);
    expect((await fleet.expect(78, 'apply')).stderr).toContain('A_KEY');
    const shown = (await fleet.expect(0, 'export', '--show-env')).stdout;
    expect(shown).toContain('A_KEY: s3cr3t');
    fs.writeFileSync(fleet.roster, shown);
    expect((await fleet.expect(0, 'plan')).stdout).toBe('No changes. 11 agents match the roster.\n');
  });

  test('it tells what runs, not what was edited; and what it cannot tell, it says', async () => {
    const template = path.join(fleet.home, 'fleet', 'kick.md');
    fleet.writeRoster([...agents.slice(1), '{ name: new, runtime: pi }'], settings().replace('450ms', '1s'));
    const { stdout } = await fleet.expect(0, 'export');
    expect(stdout).toMatch(/name: plain\n/);
    expect(stdout).not.toMatch(/name: new\n/);
    expect(stdout).toContain('submit_delay: 450ms');

    fs.writeFileSync(template, 'Other\n');
    const changed = await fleet.expect(1, 'export');
    expect(changed.stderr).toContain('With this roster there would be changes:');
    expect(changed.stderr).toMatch(/slot +reset +kickstart_template/);
    fs.writeFileSync(template, 'Hello {name}, {persona}\n');

    fs.rmSync(path.join(fleet.home, 'fleet', 'agents', 'plain.json'));
    fs.rmSync(fleet.roster);
    fs.rmSync(path.join(fleet.state, 'revisions'), { recursive: true });
    const lost = await fleet.expect(1, 'export');
    expect(lost.stdout).toMatch(
      /\n# plain: runs, but what it was started with is not on record \(pid \d+, working_directory: .*, command: \["sleep","infinity"\]\)\n/,
    );
    expect(lost.stderr).toContain('left out or not as it runs: plain: ');
    expect(lost.stderr).toMatch(/plain +stop +not in the roster/);

    const env = path.join(fleet.home, 'fleet', 'agents', 'secret.env');
    fs.writeFileSync(env, fs.readFileSync(env, 'utf8').replace(/^A_KEY=.*\n/m, ''));
    const valueless = await fleet.expect(1, 'export', '--show-env');
    expect(valueless.stdout).toContain('A_KEY: # its value is not known any more: write it here');
    expect(valueless.stderr).toContain('This roster is not complete; mend it before you use it');
  });
});

test('nothing that runs, what cannot be seen, and another installation are refused', async () => {
  expect((await fleet.expect(1, 'export')).stderr).toContain(
    'no agent to export on socket mosaic-factory\nWrite a roster with: fleet init --write',
  );
  fleet.writeRoster(['{ name: a, runtime: sleeper, command: [sleep, infinity] }']);
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  const strange = path.join(fleet.directory, 'strange.yaml');
  fs.copyFileSync(fleet.roster, strange);
  expect((await fleet.expect(69, '--roster', strange, 'export')).stderr).toContain(
    'installed for other values',
  );
  const blind = await fleet.fleetWith(
    { env: { XDG_RUNTIME_DIR: '/nowhere', DBUS_SESSION_BUS_ADDRESS: '' } },
    'export',
  );
  expect([blind.code, blind.stderr]).toEqual([
    69,
    expect.stringContaining('what runs cannot be seen, so nothing was exported'),
  ]);
  expect((await fleet.expect(64, 'export', '--pane', '%1')).stderr).toContain(
    '--pane goes with --adopt AGENT',
  );
  expect((await fleet.expect(64, 'export', '--adopt', 'a', '--show-env')).stderr).toContain(
    '--adopt goes with --pane alone',
  );
});
