import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FrameworkFleet, managerLog } from '../support/framework-fleet.js';
import { activeState, agentUnit, eventually, show, systemctl } from '../support/user-manager.js';

let fleet: FrameworkFleet;
beforeAll(async () => {
  fleet = await FrameworkFleet.create('framework-limits');
  // Instead of every few minutes.
  const script = join(fleet.installation.home, 'tools/fleet/agent-run.sh');
  const text = readFileSync(script, 'utf8');
  expect(text).toContain('$((240 + RANDOM % 120))');
  await writeFile(script, text.replace('$((240 + RANDOM % 120))', '0.3'));
});
afterAll(() => fleet.end());

const shell = (script: string): string[] => ['sh', '-c', script];
const limited = async (agent: string, lines: string): Promise<void> => {
  const directory = join(homedir(), `.config/systemd/user/${agentUnit(agent)}.d`);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, '50-fleet.conf'), `[Service]\n${lines}\n`);
  await systemctl('daemon-reload');
};
// Where memory and pids are on cgroup v1 they belong to root alone.
const v1 = existsSync('/sys/fs/cgroup/memory/cgroup.procs') && process.getuid?.() === 0;
const v2 = '/sys/fs/cgroup/cgroup.controllers';
const limits = v1 || (existsSync(v2) && /\bmemory\b.*\bpids\b/.test(readFileSync(v2, 'utf8')));

describe('limits by drop-in', () => {
  test.skipIf(!limits)('a memory hog is killed, the agent’s conversation lives', async () => {
    await limited('hog', 'MemoryMax=60M\nMemorySwapMax=0');
    const hog = `${process.execPath} -e 'const a=[];while(a.length<100)a.push(Buffer.alloc(1<<22,1))'`;
    const { pid } = await fleet.start({
      agent: 'hog',
      command: shell(`${hog}; echo "hog ended with $?"; exec sleep 1000`),
    });
    const { pane } = await fleet.pane('hog');
    expect(await fleet.seen(pane, 'hog ended with')).toContain('hog ended with 137');
    expect(await activeState(agentUnit('hog'))).toBe('active');
    expect((await fleet.pane('hog')).pid).toBe(pid);
  });

  test.skipIf(!limits)('a fork bomb meets its task limit', async () => {
    await limited('bomb', 'TasksMax=20');
    const script =
      'sleep 0.3; i=0; while [ $i -lt 60 ]; do sleep 1000 & i=$((i+1)); done; echo all started; wait';
    const { pane } = await fleet.start({ agent: 'bomb', command: shell(script) });
    await eventually(
      'a refused fork',
      async () =>
        /fork/i.test(await fleet.screen(pane)) || (await activeState(agentUnit('bomb'))) === 'failed',
    );
    await systemctl('stop', agentUnit('bomb'));
    expect(await fleet.serverPid()).toBeGreaterThan(0);
  });

  test.skipIf(!limits)(
    'one that stands at its task limit lives on, and is asked before it is killed',
    async () => {
      await limited('full', 'TasksMax=30');
      const saved = join(fleet.directory, 'saved');
      const script = `
      const { spawn } = require('node:child_process');
      // Its session is hung up as well, now or later.
      process.on('SIGHUP', () => undefined);
      process.on('SIGTERM', () => setTimeout(() => {
        require('node:fs').writeFileSync('${saved}', '');
        process.exit(0);
      }, 300));
      const more = () => spawn('sleep', ['1000']).on('error', () => console.log('full')).on('spawn', more);
      more();`;
      const { pane, pid } = await fleet.start({
        agent: 'full',
        command: [process.execPath, '-e', script],
        graceMs: 8000,
      });
      await fleet.seen(pane, 'full');
      const main = (await show(agentUnit('full'), 'MainPID'))['MainPID'] ?? '';
      const reads = (): number =>
        Number(/^syscr: (\d+)/m.exec(readFileSync(`/proc/${main}/io`, 'utf8'))?.[1]);
      const before = reads();
      // Each time that it does not look, for want of room, it reads at least that there is none.
      await eventually(
        'agent-run.sh has been about to look for some times',
        () => reads() > before + 20,
        40_000,
      );
      expect(managerLog()).not.toContain('fork: retry');
      expect((await fleet.pane('full')).pid).toBe(pid);
      await systemctl('stop', agentUnit('full'));
      expect(await activeState(agentUnit('full'))).toBe('inactive');
      expect(existsSync(saved)).toBe(true);
      expect(existsSync(join(fleet.installation.state, 'exits', 'full'))).toBe(false);
    },
  );
});
