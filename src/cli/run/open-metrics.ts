import { packageVersion } from '../../host/assets.js';
import type { ControllerLog } from './log.js';
import type { Metrics } from './metrics.js';
import type { MetricsWanted } from './metrics-options.js';

/** Begins to tell metrics where they are wanted; null where nobody asked, and nothing was loaded. */
export async function openMetrics(
  wanted: MetricsWanted,
  log: Pick<ControllerLog, 'line'>,
  now: () => number,
  intervalMs: number,
): Promise<Metrics | null> {
  const during = 'metrics';
  for (const message of wanted.problems) log.line(3, 'diagnostic', { during, message });
  if (wanted.file === null && wanted.address === null) return null;
  const module = await import('./metrics.js');
  const metrics = new module.Metrics(wanted, {
    version: packageVersion(),
    now,
    intervalMs,
    say: (priority, message) =>
      log.line(priority, priority === 4 ? 'diagnostic' : 'metrics', { during, message }),
  });
  await metrics.open();
  return metrics;
}
