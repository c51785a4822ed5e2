import { expect, test } from 'vitest';
import { Prometheus } from '../../src/cli/run/prometheus.js';
import type { PlannedAction } from '../../src/controller/action.js';
import { readPrometheusText } from '../support/prometheus-text.js';
import { now, Scene } from '../support/scene.js';

async function samplesOf(prometheus: Prometheus): Promise<ReadonlyMap<string, number>> {
  const families = readPrometheusText(await prometheus.text());
  return new Map([...families.values()].flatMap(({ samples }) => [...samples]));
}

function looked(prometheus: Prometheus, scene: Scene): void {
  prometheus.rosterState(null, scene.roster);
  prometheus.looked({ world: scene.world(), refusal: null }, scene.plan());
}

test('the text is valid, also before the first look, and every family of ours has words', async () => {
  const prometheus = new Prometheus('1.2.3', () => now);
  expect(prometheus.contentType).toContain('text/plain; version=0.0.4');
  const families = readPrometheusText(await prometheus.text());
  const ours = [...families].filter(([name]) => name.startsWith('fleet_'));
  expect(ours).toHaveLength(14);
  for (const [, { help }] of ours) expect(help).toMatch(/^[A-Z][^\n]+$/);
  expect([...families.keys()]).toEqual(
    expect.arrayContaining([
      ...['process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_start_time_seconds'],
      ...['process_open_fds', 'nodejs_eventloop_lag_seconds', 'nodejs_heap_size_used_bytes'],
    ]),
  );
  const samples = await samplesOf(prometheus);
  expect(samples.get('fleet_build_info{version="1.2.3"}')).toBe(1);
  expect(samples.get('fleet_actions_total{action="restart",result="failed"}')).toBe(0);
  expect(samples.get('fleet_passes_total{result="complete"}')).toBe(0);
  expect(samples.get('fleet_last_successful_pass_timestamp_seconds')).toBe(0);
});

test('gauges show the last look; who left the roster leaves no series behind', async () => {
  const prometheus = new Prometheus('1', () => now);
  looked(prometheus, new Scene(['a', 'b']).live('a'));
  const first = await samplesOf(prometheus);
  expect(first.get('fleet_agent_up{agent="a"}')).toBe(1);
  expect(first.get('fleet_agent_up{agent="b"}')).toBe(0);
  expect(first.get('fleet_agent_starts_total{agent="a"}')).toBe(1);
  expect(first.get('fleet_agents{phase="Running"}')).toBe(1);
  expect(first.get('fleet_agents{phase="Stalled"}')).toBe(0);
  looked(prometheus, new Scene(['b']).live('b'));
  const second = await samplesOf(prometheus);
  expect([...second.keys()].filter((key) => key.includes('agent="a"'))).toEqual([]);
  expect(second.get('fleet_agent_up{agent="b"}')).toBe(1);
  expect([...second.keys()].filter((key) => key.startsWith('fleet_roster_revision_info'))).toHaveLength(1);
});

test('passes, looks and actions are counted, with how long they took', async () => {
  const prometheus = new Prometheus('1', () => now);
  prometheus.rosterState('roster.yaml:1:1: no', null);
  prometheus.passed(0.02, 'incomplete');
  expect((await samplesOf(prometheus)).get('fleet_last_successful_pass_timestamp_seconds')).toBe(0);
  prometheus.passed(0.3, 'complete');
  prometheus.observed(5.1, ['tmux']);
  const action: PlannedAction = new Scene(['a']).actionOn('a')!;
  prometheus.event({ type: 'start', action });
  prometheus.event({ type: 'result', result: { kind: 'failed', action, message: 'no', lastWords: [] } });
  prometheus.event({ type: 'result', result: { kind: 'gated', action } });
  const samples = await samplesOf(prometheus);
  expect(samples.get('fleet_roster_valid')).toBe(0);
  expect(samples.get('fleet_passes_total{result="complete"}')).toBe(1);
  expect(samples.get('fleet_pass_duration_seconds_bucket{le="0.025"}')).toBe(1);
  expect(samples.get('fleet_pass_duration_seconds_count')).toBe(2);
  expect(samples.get('fleet_observation_failures_total{source="tmux"}')).toBe(1);
  expect(samples.get('fleet_observation_failures_total{source="systemd"}')).toBe(0);
  expect(samples.get('fleet_observation_duration_seconds_sum')).toBe(5.1);
  expect(samples.get('fleet_actions_total{action="start",result="failed"}')).toBe(1);
  expect(samples.get('fleet_action_duration_seconds_count{action="start"}')).toBe(1);
  expect(samples.get('fleet_last_successful_pass_timestamp_seconds')).toBe(now / 1000);
});

test('the histogram that would wake a sleeping controller is left out', async () => {
  // prom-client 15 alone would bring a timer that fires a hundred times a second.
  expect((await samplesOf(new Prometheus('1', () => now))).has('nodejs_eventloop_lag_p99_seconds')).toBe(
    false,
  );
});
