import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { answer, type Answer } from './model-server/answer.js';
import { parseJson } from './model-server/json.js';
import { SPEECH, type Speech } from './model-server/speech.js';
import { protocolOf, readTurn, type Turn } from './model-server/turn.js';

/** A request that the model received. */
export interface ModelRequest extends Turn {
  readonly id: number;
  /** When its body was complete, in ms of performance.now(). */
  readonly atMs: number;
  /** As it goes on: `hung-up` when the agent closed the connection before the end of the answer. */
  readonly state: 'answering' | 'answered' | 'hung-up';
}

export interface ModelServer {
  readonly port: number;
  /** Everything that was asked, oldest first; background requests have `main: false`. */
  requests(): readonly ModelRequest[];
  /** Lets requests go on whose last words hold GATE=name, now and later. */
  open(gate: string): void;
  forget(): void;
  close(): Promise<void>;
}

interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

function closedGate(): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Requests that are no turn. */
function small(path: string): object | null {
  if (path.endsWith('/models')) {
    return {
      object: 'list',
      data: [{ id: 'fake-model', object: 'model', owned_by: 'fake' }],
      models: [],
    };
  }
  if (path.endsWith('/count_tokens')) return { input_tokens: 42 };
  if (path.endsWith(':countTokens')) return { totalTokens: 42 };
  return null;
}

function sendJson(response: http.ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

async function stream(
  response: http.ServerResponse,
  speech: Speech,
  { words, tool, dripMs }: Answer,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for (const part of speech.head) response.write(part);
  for (const [index, word] of tool === null ? words.entries() : []) {
    response.write(speech.word(word, index));
    if (dripMs > 0) await pause(dripMs);
    if (response.destroyed) return;
  }
  response.end(speech.tail.join(''));
}

/**
 * A stand-in for model providers, on loopback: OpenAI chat and responses, Anthropic messages, Gemini. It says what it was
 * told to say (model-server/answer.ts), and remembers what it was asked: the judge of what agents really received.
 */
export async function startModelServer(port = 0): Promise<ModelServer> {
  let log: { -readonly [Key in keyof ModelRequest]: ModelRequest[Key] }[] = [];
  let count = 0;
  const gates = new Map<string, Gate>();
  const gate = (name: string): Gate => {
    const made = gates.get(name) ?? closedGate();
    gates.set(name, made);
    return made;
  };

  const serve = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? '/', 'http://loopback').pathname;
    const body = await readText(request);
    const protocol = protocolOf(path);
    if (protocol === null) {
      const found = small(path);
      sendJson(response, found ?? {}, found === null ? 404 : 200);
      return;
    }
    count += 1;
    const turn = readTurn(protocol, path, parseJson(body));
    const entry: (typeof log)[number] = {
      ...turn,
      id: count,
      atMs: performance.now(),
      state: 'answering',
    };
    log.push(entry);
    const gone = new Promise<void>((resolve) => {
      response.on('close', () => {
        entry.state = response.writableFinished ? 'answered' : 'hung-up';
        resolve();
      });
    });
    const told = answer(turn);
    if (told.error !== null) {
      const error = {
        type: 'fake_error',
        code: told.error,
        message: `fake error ${told.error}`,
        status: 'X',
      };
      sendJson(response, { type: 'error', error }, told.error);
      return;
    }
    if (told.hang) return;
    if (told.gate !== null) await Promise.race([gate(told.gate).opened, gone]);
    if (told.sleepMs > 0) await Promise.race([pause(told.sleepMs), gone]);
    if (response.destroyed) return;
    const speech = SPEECH[protocol](count, turn, told);
    if (turn.stream) await stream(response, speech, told);
    else sendJson(response, speech.whole);
  };

  const server = http.createServer((request, response) => {
    // A connection that breaks off while it is read is the agent's affair.
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    requests: () => [...log],
    open: (name) => gate(name).open(),
    forget: () => (log = []),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
