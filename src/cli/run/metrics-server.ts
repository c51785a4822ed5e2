import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorCode } from '../../host/error-code.js';
import type { MetricsTeller } from './metrics.js';

export interface MetricsText {
  readonly contentType: string;
  readonly text: () => Promise<string>;
}

/** A client has so long to ask, and to take its answer. Milliseconds. */
const patienceMs = 5000;
/** Room for a scraper, a curious operator and their slow friends. */
const connections = 16;
/** Asked more often than this, the same answer is given again: a flood costs no more than one answer a second. */
const freshMs = 1000;

/**
 * Metrics over HTTP: GET /metrics and nothing else. Nothing that a client does keeps the controller from its work: it is
 * bounded in time, in connections and in what it may send, and the server keeps no process alive.
 */
export class MetricsServer {
  readonly #host: string;
  readonly #port: number;
  readonly #source: MetricsText;
  readonly #tell: MetricsTeller;
  #server: http.Server | null = null;
  #answer: { readonly at: number; readonly text: Promise<string> } | null = null;

  constructor(host: string, port: number, source: MetricsText, tell: MetricsTeller) {
    this.#host = host;
    this.#port = port;
    this.#source = source;
    this.#tell = tell;
  }

  /** Begins to serve, unless it does already. A port in use is told, and tried again with the next call. */
  async listen(): Promise<void> {
    if (this.#server !== null) return;
    const server = http.createServer(
      {
        ...{ headersTimeout: patienceMs, requestTimeout: patienceMs, keepAliveTimeout: patienceMs },
        ...{ connectionsCheckingInterval: patienceMs, maxHeaderSize: 4096 },
      },
      (request, response) => void this.#respond(request, response),
    );
    server.maxConnections = connections;
    server.timeout = 2 * patienceMs;
    server.unref();
    const where = this.#host.includes(':') ? `[${this.#host}]` : this.#host;
    this.#server = server;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(this.#port, this.#host, resolve);
      });
      server.on('error', () => undefined);
      const { port } = server.address() as AddressInfo;
      this.#tell.well(`served at http://${where}:${port}/metrics`);
    } catch (error) {
      this.#server = null;
      this.#tell.trouble(
        `cannot serve metrics at ${where}:${this.#port}: ${listenProblem(error)}; the controller goes on, and tries again`,
      );
    }
  }

  close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return Promise.resolve();
    return new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  async #respond(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const refused = refusal(request);
    const text = refused === null ? await this.#fresh().catch(() => null) : null;
    if (text === null) {
      const { status, headers } = refused ?? { status: 500, headers: {} };
      // Nothing that it still sends is read.
      response.writeHead(status, { 'Content-Length': 0, Connection: 'close', ...headers }).end();
      return;
    }
    response.writeHead(200, {
      'Content-Type': this.#source.contentType,
      'Content-Length': Buffer.byteLength(text),
      'Cache-Control': 'no-store',
    });
    response.end(text);
  }

  #fresh(): Promise<string> {
    const now = performance.now();
    if (this.#answer === null || now - this.#answer.at >= freshMs) {
      this.#answer = { at: now, text: this.#source.text() };
    }
    return this.#answer.text;
  }
}

function refusal({
  headers,
  url,
  method,
}: http.IncomingMessage): { readonly status: number; readonly headers: http.OutgoingHttpHeaders } | null {
  // A web page that has its own name resolve to 127.0.0.1 could else read through the operator's browser.
  if (!isOurName(headers.host)) return { status: 421, headers: {} };
  if (url?.split('?', 1)[0] !== '/metrics') return { status: 404, headers: {} };
  return method === 'GET' ? null : { status: 405, headers: { Allow: 'GET' } };
}

const isOurName = (host: string | undefined): boolean =>
  host === undefined || /^(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?$/i.test(host);

function listenProblem(error: unknown): string {
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return 'another program has this port; end it, or choose another port';
    case 'EACCES':
      return 'this user may not open this port; choose one above 1023';
    case 'EADDRNOTAVAIL':
      return 'this host has no such address';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
