import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli, FleetSandbox, sleeper } from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

/** What the manual says of JSON. */
function manual(): string {
  const file = path.join(path.dirname(path.dirname(cli)), 'docs', 'operating.md');
  const text = fs.readFileSync(file, 'utf8');
  return text.slice(text.indexOf('\n## JSON\n'), text.indexOf('\n## Files and places\n'));
}

/** Names of all members, and the values of those that tell a kind. */
const wordsOf = (value: unknown): readonly string[] => {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(wordsOf);
  return Object.entries(value).flatMap(([name, member]) => [
    name,
    ...(['type', 'code', 'gate', 'gateReason', 'phase'].includes(name) ? [String(member)] : wordsOf(member)),
  ]);
};

test('every member that the commands print as JSON is in the manual', async () => {
  const failing = (name: string) =>
    `{ name: ${name}, runtime: other, command: [sh, -c, 'echo x; sleep 0.1; exit 3'] }`;
  fleet.writeRoster([sleeper('a'), sleeper('b'), failing('c')]);
  await fleet.expect(0, 'install');
  const printed: string[] = [];
  const said = async (...words: readonly string[]) => {
    const { stdout } = await fleet.fleet(...words);
    expect(stdout, words.join(' ')).toMatch(/^\{/);
    printed.push(...stdout.trim().split(/\n(?=\{)/));
  };
  await said('apply', '--json', '--wait=5s');
  await fleet.expect(0, 'hold', 'b', '--for', '2h', '--reason', 'looked at');
  fleet.writeRoster([sleeper('a', ', env: { X: y }'), sleeper('b', ', class: other'), failing('c')]);
  await said('plan', '--json');
  await said('apply', '--json');
  await said('status', '-o', 'json');
  await said('events', '--json');
  await said('rollback', '--list', '--json');
  await said('agent', 'roster', '--json');
  await said('agent', 'conversations', 'a', '--json');
  fs.appendFileSync(fleet.roster, 'nonsense: 1\n');
  await said('status', '-o', 'json');
  const text = manual();
  const words = new Set(printed.flatMap((line) => wordsOf(JSON.parse(line))));
  expect([...words].filter((word) => !new RegExp(`\\b${word}\\b`).test(text))).toEqual([]);
});
