import { renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { agentUnit, eventually } from '../test/support/user-manager.js';
import { alone } from './alone.js';
import { moved, shownPids, type Chronicle } from './chronicle.js';
import { Colleague } from './colleague.js';
import { fact, type Fact } from './fact.js';
import { planned, quietly, snapshot, type } from './fleet.js';
import { differences, list } from './listing.js';
import { processesOfUnit, survivors, unitOf } from './processes.js';
import { added, changed, editedRoster, firstRoster, removed, untouched } from './rosters.js';
import { colour, headline, remark } from './screen.js';

/** Typed commands run in the directory of the roster. */
export const rosterDirectory = (): string => path.join(homedir(), '.config', 'mosaic', 'fleet');

export type Act = (chronicle: Chronicle, agent: string) => Promise<readonly Fact[]>;

const bringUp: Act = async (chronicle, agent) => {
  headline('A roster of five agents');
  writeFileSync('roster.yaml', firstRoster(agent));
  await type('cat roster.yaml');
  await type('fleet install', 0, 2);
  headline('The plan, and the fleet');
  await chronicle.planAndApply('bring-up');
  return [];
};

const again: Act = async (chronicle) => {
  headline('Once more: nothing to do');
  const places = [path.join(homedir(), '.config'), path.join(homedir(), '.local')];
  const [before, files] = [chronicle.latest, list(places)];
  const said = (await type('fleet apply')).trim();
  const written = differences(files, list(places));
  const after = chronicle.add(await snapshot());
  return [
    fact('the second apply did nothing', `exit 0, no file written, "${said}"`, [
      ...(said.startsWith('No changes.') ? [] : [`it said "${said}"`]),
      ...moved([...before.pids.keys()], before, after),
      ...written,
    ]),
  ];
};

const edit: Act = async (chronicle, agent) => {
  headline('The roster is edited: one leaves, one joins, one moves; the rest is only written otherwise');
  renameSync('roster.yaml', 'roster.old');
  writeFileSync('roster.yaml', editedRoster(agent));
  await type(`diff -U0 ${colour ? '--color=always ' : ''}--label old --label new roster.old roster.yaml`, 1);
  remark(`meanwhile ${changed} is in the middle of its work`);
  const colleague = new Colleague(changed);
  await colleague.begin();
  const leaving = await eventually(`${removed} has forked a process that left its terminal`, () => {
    const members = processesOfUnit(agentUnit(removed));
    return members.some(({ argv }) => argv[1] === '-e') && members;
  });
  const begun = performance.now();
  const { before, after, actions } = await chronicle.planAndApply('edit', 6);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const orphan = leaving.find(({ argv }) => argv[1] === '-e');
  const left = [...survivors(leaving), ...processesOfUnit(agentUnit(removed))];
  const gate = actions.find((action) => action.agent === changed)?.gate;

  headline(`${changed} finishes its turn, and only now is restarted`);
  await colleague.end();
  await eventually(`the plan for ${changed} is no longer deferred`, async () =>
    (await planned()).every((action) => action.gate === 'ready'),
  );
  const idle = await chronicle.planAndApply('idle');
  return [
    fact(
      'agents whose own lines did not change kept their process',
      shownPids(untouched, idle.after),
      moved(untouched, before, idle.after),
    ),
    fact(
      'the changed one was busy: left alone, then restarted',
      `${changed} ${before.pids.get(changed) ?? '-'} (deferred), then ${idle.after.pids.get(changed) ?? '-'}`,
      [
        ...(gate === 'deferred' ? [] : [`its gate was ${gate ?? 'missing'}, not deferred`]),
        ...moved([changed], before, after),
        ...(moved([changed], after, idle.after).length > 0 ? [] : ['it kept its process when idle']),
      ],
    ),
    fact(
      'the removed one left no process behind',
      `${removed} ignored signals, and ${orphan?.pid ?? '-'} had left its session: pids ${leaving.map(({ pid }) => pid).join(', ')} are gone (plan and apply: ${seconds} s)`,
      left.map(({ pid, argv }) => `${pid} still lives: ${argv.join(' ')}`),
    ),
    fact(
      'the added one runs',
      shownPids([added], idle.after),
      idle.after.pids.has(added) ? [] : ['it does not'],
    ),
  ];
};

const prove: Act = async (chronicle) => {
  headline('What runs, and proof that it runs where it should');
  await type('fleet status');
  await type('fleet verify');
  const { pids } = chronicle.latest;
  const strays = [...pids].filter(([name, pid]) => unitOf(pid) !== agentUnit(name));
  const counts = [...pids.keys()].map((name) => processesOfUnit(agentUnit(name)).length);
  const { stdout } = await quietly('fleet', 'plan');
  return [
    fact(
      "every agent's processes are in its own unit",
      `fleet verify: exit 0; ${counts.reduce((sum, count) => sum + count, 0)} processes in ${counts.length} units`,
      strays.map(([name, pid]) => `${name} ${pid} is in ${unitOf(pid) || 'no unit'}`),
    ),
    fact(
      'in the end the roster is true',
      stdout.trim(),
      stdout.startsWith('No changes. 5 agents') ? [] : [stdout.trim()],
    ),
  ];
};

export const acts: readonly Act[] = [bringUp, again, edit, alone, prove];
