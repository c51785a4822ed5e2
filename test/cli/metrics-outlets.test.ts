import * as fs from 'node:fs';
import * as http from 'node:http';
import * as net from 'node:net';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MetricsFile } from '../../src/cli/run/metrics-file.js';
import { Metrics } from '../../src/cli/run/metrics.js';
import { MetricsServer } from '../../src/cli/run/metrics-server.js';
import { readPrometheusText } from '../support/prometheus-text.js';
import { temporary } from '../support/temporary.js';

let well: string[] = [];
let troubles: string[] = [];
const tell = {
  well: (message: string) => void well.push(message),
  trouble: (message: string) => void troubles.push(message),
};
const source = { contentType: 'text/plain; version=0.0.4', text: () => Promise.resolve('up 1\n') };
const open: { close: () => unknown }[] = [];

beforeEach(() => {
  well = [];
  troubles = [];
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function serve(port = 0, host = '127.0.0.1'): Promise<MetricsServer> {
  const server = new MetricsServer(host, port, source, tell);
  open.push(server);
  await server.listen();
  return server;
}

const portOf = (message: string | undefined): number =>
  Number(/:([0-9]+)\/metrics$/.exec(message ?? '')?.[1]);

function ask(port: number, options: http.RequestOptions = {}): Promise<{ status?: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, path: '/metrics', ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () =>
        resolve({ ...(response.statusCode === undefined ? {} : { status: response.statusCode }), body }),
      );
    });
    request.on('error', reject).end();
  });
}

test('GET /metrics, and nothing else', async () => {
  await serve();
  const port = portOf(well[0]);
  expect(await ask(port)).toEqual({ status: 200, body: 'up 1\n' });
  expect((await ask(port, { path: '/metrics?x=1' })).status).toBe(200);
  for (const path of ['/', '/metrics/', '/debug', '/../metrics'])
    expect(await ask(port, { path })).toEqual({ status: 404, body: '' });
  for (const method of ['POST', 'HEAD', 'DELETE']) expect((await ask(port, { method })).status).toBe(405);
  // A name that somebody else had resolve to this address.
  expect((await ask(port, { headers: { host: 'evil.example' } })).status).toBe(421);
});

test('on IPv6 loopback, too', async () => {
  await serve(0, '::1');
  expect(well[0]).toMatch(/^served at http:\/\/\[::1\]:[0-9]+\/metrics$/);
  expect((await ask(portOf(well[0]), { host: '::1' })).status).toBe(200);
});

test('clients that say nothing, say half, or are many keep neither others nor the end waiting', async () => {
  const server = await serve();
  const port = portOf(well[0]);
  const idle = Array.from({ length: 12 }, (_, index) => {
    const socket = net.connect(port, '127.0.0.1').on('error', () => undefined);
    if (index % 2 === 0) socket.write('GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ');
    return socket;
  });
  await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  expect((await ask(port, { agent: false })).status).toBe(200);
  // Beyond the limit a connection is closed unheard; which one, is the kernel's affair.
  const more = Array.from({ length: 20 }, () => net.connect(port, '127.0.0.1').on('error', () => undefined));
  await vi.waitFor(() => expect(more.filter(({ readable }) => !readable).length).toBeGreaterThan(0));
  await server.close();
  for (const socket of [...idle, ...more]) socket.destroy();
});

test('headers without end are refused', async () => {
  await serve();
  await expect(ask(portOf(well[0]), { headers: { long: 'x'.repeat(10_000) } })).resolves.toMatchObject({
    status: 431,
  });
});

test('a port in use is told with what to do, and tried again', async () => {
  const other = net.createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as net.AddressInfo;
  const server = await serve(port);
  expect(troubles).toEqual([
    `cannot serve metrics at 127.0.0.1:${port}: another program has this port; end it, or choose another port; the controller goes on, and tries again`,
  ]);
  await new Promise((resolve) => other.close(resolve));
  await server.listen();
  expect((await ask(port)).status).toBe(200);
});

test('the file is readable for everybody, replaced in one step, and goes with the controller', () => {
  const file = path.join(temporary(), 'fleet.prom');
  const outlet = new MetricsFile(file, tell);
  outlet.write('up 1\n');
  expect(fs.readFileSync(file, 'utf8')).toBe('up 1\n');
  expect(fs.statSync(file).mode & 0o777).toBe(0o644);
  const reader = fs.openSync(file, 'r');
  outlet.write('up 2\n');
  expect(fs.readFileSync(reader, 'utf8')).toBe('up 1\n');
  fs.closeSync(reader);
  outlet.remove();
  expect(fs.readdirSync(path.dirname(file))).toEqual([]);
});

test('a directory that is missing is told, and not made; what others wrote there is not removed', () => {
  const directory = temporary();
  const outlet = new MetricsFile(path.join(directory, 'no', 'fleet.prom'), tell);
  outlet.write('up 1\n');
  expect(troubles[0]).toMatch(
    /^cannot write metrics to .*: no such file or directory; the controller goes on/,
  );
  expect(fs.readdirSync(directory)).toEqual([]);
  const foreign = path.join(directory, 'other.prom');
  fs.writeFileSync(foreign, '');
  new MetricsFile(foreign, tell).remove();
  expect(fs.existsSync(foreign)).toBe(true);
});

test('both outlets together, told once, at most once an interval', async () => {
  const file = path.join(temporary(), 'fleet.prom');
  const said: string[] = [];
  const metrics = new Metrics(
    { file, address: { host: '127.0.0.1', port: 0 }, problems: [] },
    { version: '1', now: () => 0, intervalMs: 60_000, say: (_, message) => void said.push(message) },
  );
  open.push(metrics);
  await metrics.open();
  metrics.passed(0.1, 'complete');
  await vi.waitFor(() => expect(fs.existsSync(file)).toBe(true));
  const { mtimeMs } = fs.statSync(file);
  metrics.passed(0.1, 'complete');
  const { body } = await ask(portOf(said[0]));
  const served = readPrometheusText(body).get('fleet_passes_total')?.samples;
  expect(served?.get('fleet_passes_total{result="complete"}')).toBe(2);
  expect(fs.statSync(file).mtimeMs).toBe(mtimeMs);
  expect(said).toEqual([expect.stringContaining('served at'), `written to ${file}`]);
  await metrics.close();
  expect(fs.existsSync(file)).toBe(false);
});
