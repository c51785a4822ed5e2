// Of a unit without a process systemd says MainPID=0, and a signal to 0 goes to one's own process group: a test that takes such a pid for
// another's would stop or end the whole run, and whatever started it.
const kill = process.kill.bind(process);
process.kill = (pid, signal) => {
  if (!Number.isInteger(pid) || pid === 0)
    throw new Error(`a test would send ${signal ?? 'SIGTERM'} to pid ${pid}, its own process group`);
  return kill(pid, signal);
};
