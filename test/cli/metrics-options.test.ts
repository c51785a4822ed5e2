import { expect, test } from 'vitest';
import { CommandFailure, ExitCode } from '../../src/cli/exit-code.js';
import { metricsWanted } from '../../src/cli/run/metrics-options.js';

test.each([
  ['127.0.0.1:9464', { host: '127.0.0.1', port: 9464 }],
  ['127.3.2.1:0', { host: '127.3.2.1', port: 0 }],
  ['[::1]:65535', { host: '::1', port: 65_535 }],
])('an address on loopback: %s', (metricsAddress, address) => {
  expect(metricsWanted({ metricsAddress }, {})).toEqual({ file: null, address, problems: [] });
});

const wrong = ['0.0.0.0:9464', '[::]:1', '192.168.0.1:80', 'localhost:80', '127.0.0.1', '127.0.0.1:65536', ':80', '::1:80', '127.1:80', '[127.0.0.1]:80', '']; // prettier-ignore

test.each(wrong)('any other address is a usage error that says why: %s', (metricsAddress) => {
  const asked = () => metricsWanted({ metricsAddress }, {});
  expect(asked).toThrow(CommandFailure);
  expect(asked).toThrow(/give a loopback address and a port, such as 127\.0\.0\.1:9464.*without a password/);
  expect(asked).toThrow(expect.objectContaining({ code: ExitCode.usage }) as Error);
});

test.each(['/etc/passwd', '/tmp/.prom', '/tmp/fleet.prom/x', ''])(
  'a file that is no .prom: %s',
  (metricsFile) => {
    expect(() => metricsWanted({ metricsFile }, {})).toThrow(/must end in \.prom/);
  },
);

test('the environment asks as well; the command line wins', () => {
  const env = { MOSAIC_FLEET_METRICS_FILE: '/run/a.prom', MOSAIC_FLEET_METRICS_ADDRESS: '127.0.0.1:1' };
  expect(metricsWanted({}, env)).toEqual({
    ...{ file: '/run/a.prom', address: { host: '127.0.0.1', port: 1 }, problems: [] },
  });
  expect(metricsWanted({ metricsFile: '/run/b.prom' }, env).file).toBe('/run/b.prom');
  expect(metricsWanted({}, { MOSAIC_FLEET_METRICS_FILE: '' }).file).toBeNull();
});

test('a mistake in the environment is told, and keeps the controller from nothing', () => {
  const env = { MOSAIC_FLEET_METRICS_FILE: '/run/a.txt', MOSAIC_FLEET_METRICS_ADDRESS: '0.0.0.0:1' };
  const { file, address, problems } = metricsWanted({}, env);
  expect([file, address]).toEqual([null, null]);
  expect(problems).toEqual([
    expect.stringContaining('MOSAIC_FLEET_METRICS_FILE: /run/a.txt'),
    expect.stringContaining('MOSAIC_FLEET_METRICS_ADDRESS: 0.0.0.0:1'),
  ]);
});
