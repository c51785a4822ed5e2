import { renameSync, writeFileSync } from 'node:fs';
import { eventually } from '../test/support/user-manager.js';
import { moved, shownPids, type Chronicle } from './chronicle.js';
import { fact, type Fact } from './fact.js';
import { quietly, snapshot, type, type Snapshot } from './fleet.js';
import { processesOfUnit } from './processes.js';
import { added, joined, killed, laterRoster } from './rosters.js';
import { colour, headline, remark } from './screen.js';

const controllerUnit = 'mosaic-fleet.service';

/** The controller works alone: an edit and a death, and nobody types a fleet command for either. */
export async function alone(chronicle: Chronicle, agent: string): Promise<readonly Fact[]> {
  headline('From here on the controller keeps the roster true');
  await type(`systemctl --user start ${controllerUnit}`);
  const controller = controllerPid();
  const before = chronicle.latest;

  headline('The roster is edited, and no command follows');
  renameSync('roster.yaml', 'roster.old');
  writeFileSync('roster.yaml', laterRoster(agent));
  const written = performance.now();
  await type(`diff -U0 ${colour ? '--color=always ' : ''}--label old --label new roster.old roster.yaml`, 1);
  const edited = await byItself(
    chronicle,
    `${joined} runs and ${added} does not`,
    ({ pids }) => pids.has(joined) && !pids.has(added),
  );
  remark(`${seconds(written)} later ${joined} runs and ${added} has ended`);
  const editedBy = controllerPid();

  headline('One is killed, and no command follows');
  const old = edited.pids.get(killed) ?? 0;
  await type(`kill -9 ${old}    # ${killed}`);
  const died = performance.now();
  const healed = await byItself(
    chronicle,
    `${killed} runs again`,
    ({ pids }) => pids.has(killed) && pids.get(killed) !== old,
  );
  remark(`${seconds(died)} later it runs again`);
  // An agent runs before everything about it is written down.
  await eventually('nothing is left to do', async () =>
    (await quietly('fleet', 'plan')).stdout.startsWith('No changes.'),
  );
  await type('fleet events | tail -n 4');

  const others = [...before.pids.keys()].filter((name) => name !== added);
  const siblings = [...edited.pids.keys()].filter((name) => name !== killed);
  const changedHands = [editedBy, controllerPid()].filter((pid) => pid === null || pid !== controller);
  return [
    fact(
      'the controller applied an edit by itself, and touched nobody else',
      `${joined} ${edited.pids.get(joined) ?? '-'} runs, ${added} ended; ${shownPids(others, edited)}`,
      moved(others, before, edited),
    ),
    fact(
      'it healed the killed one by itself, siblings never noticed',
      `${killed} ${old} → ${healed.pids.get(killed) ?? '-'}; ${shownPids(siblings, healed)}`,
      moved(siblings, edited, healed),
    ),
    fact('it is the same controller throughout', `pid ${controller ?? '-'}`, [
      ...(controller === null ? ['it does not run'] : []),
      ...changedHands.map((pid) => `its pid became ${pid ?? '-'}`),
    ]),
  ];
}

/** Pid of the controller, by the cgroup of its unit; null where it does not run. */
const controllerPid = (): number | null =>
  processesOfUnit(controllerUnit).find(({ argv }) => argv.at(-1) === 'run')?.pid ?? null;

/** Waits until the world is so. */
async function byItself(
  chronicle: Chronicle,
  what: string,
  holds: (seen: Snapshot) => boolean,
): Promise<Snapshot> {
  const look = async (): Promise<Snapshot | false> => {
    const found = await snapshot();
    return holds(found) && found;
  };
  return chronicle.add(await eventually(what, look, 20_000));
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
