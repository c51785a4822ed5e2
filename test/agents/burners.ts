import { spawn } from 'node:child_process';

/** FLEET_TEST_LOAD=N: so many processes that only burn CPU time beside a suite, at a lower priority. */
export function startBurners(count = Number(process.env['FLEET_TEST_LOAD'] ?? 0)): {
  readonly end: () => void;
} {
  const burners = Array.from({ length: count }, () =>
    spawn(
      'nice',
      [
        '-n',
        '5',
        process.execPath,
        '-e',
        `setInterval(() => process.ppid === ${process.pid} || process.exit(), 1000); const burn = () => { const end = Date.now() + 50; while (Date.now() < end); setImmediate(burn); }; burn();`,
      ],
      { stdio: 'ignore' },
    ),
  );
  return { end: () => burners.forEach((burner) => burner.kill('SIGKILL')) };
}
