import equal from 'fast-deep-equal';
import { removeLaunchRecord, writeApplied, writeLimits, writeMaterial } from '../actuators/agent-files.js';
import { EarlierMaterial } from '../actuators/earlier-material.js';
import { MemoryStore } from '../actuators/memory.js';
import { SystemdUnits } from '../actuators/systemd-units.js';
import { adoptSessions, killSessions } from '../actuators/tmux-sessions.js';
import { isRecent } from '../controller/brake.js';
import { unexpired } from '../controller/holds.js';
import { monotonicNow } from '../host/clock.js';
import type { Actuators } from '../controller/port.js';
import { awaitEnds } from '../host/process.js';
import { readExitRecord } from '../observers/exit-record.js';
import { observeMemory } from '../observers/memory.js';
import { renderEnvironmentFile } from '../roster/environment-file.js';
import { visible } from '../roster/visible.js';
import { endText } from './render/end-text.js';
import type { Context } from './context.js';

/** Whatever changes what fleet remembers forgets the holds that are over: none of them may stand in for one that lasts. */
export const memoryStore = ({ paths, now }: Context): MemoryStore =>
  new MemoryStore(paths.state, () => {
    const memory = observeMemory(paths.state);
    return memory.known
      ? { known: true, value: { ...memory.value, ...unexpired(memory.value, now()) } }
      : memory;
  });

/** The real host behind the controller's port. */
export function hostActuators(context: Context, socketName: string): Actuators {
  const { paths, exec } = context;
  const units = new SystemdUnits(exec);
  const memory = memoryStore(context);
  const earlier = new EarlierMaterial(paths);
  return {
    writeMaterial: (material) => {
      const write = (): ReturnType<typeof writeMaterial> =>
        writeMaterial(paths, material, renderEnvironmentFile);
      return material.live ? earlier.around(material.agent, write) : write();
    },
    takeBack: (agent) => earlier.takeBack(agent),
    writeApplied: (agent, applied, started, starts) =>
      writeApplied(paths, agent, { applied, started, starts }),
    forget: (agent) => removeLaunchRecord(paths, agent),
    writeLimits: (agent, content) => writeLimits(paths, agent, content),
    reloadUnits: () => units.reload(),
    consumeApprovals: (used) =>
      memory.changeApprovals((approvals) =>
        approvals.filter((approval) => !used.some((one) => equal(one, approval))),
      ),
    rememberBrake: (revision) => memory.writeBraked(revision),
    recordDisruptions: (added) =>
      memory.addDisruptions(added, (earlier) =>
        isRecent(earlier, { at: context.now(), moment: monotonicNow() }),
      ),
    adopt: (sessions) => adoptSessions(exec, socketName, paths.home, sessions),
    killSessions: (targets) => killSessions(exec, socketName, targets),
    startHolder: () => units.startHolder(),
    hastenHolder: () => units.hastenHolder(),
    startHolderAndUnits: (agents) => units.startHolderAnd(agents),
    replaceHolder: async () => (await units.stopHolder()) ?? units.startHolder(),
    awaitEnds: (pids, graceMs) => awaitEnds(pids, graceMs),
    startUnits: (agents) => units.start(agents),
    stopUnits: (agents, graceMs) => units.stop(agents, graceMs),
    restartUnits: (agents, graceMs) => units.restart(agents, graceMs),
    lastWords: (agent, since) => {
      const record = readExitRecord(paths, agent);
      // The record's clock counts whole seconds.
      if (record === null || record.at < Math.floor(since / 1000)) return [];
      return [endText(record), ...record.lines.map(visible)];
    },
  };
}
