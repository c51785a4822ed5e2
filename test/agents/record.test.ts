import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { startModelServer, type ModelServer } from '../support/model-server.js';
import { Pane } from '../support/pane.js';
import { missing, prepareAgent, wanted } from '../support/real-agents.js';
import { record } from './screens/recorder.js';

// Records the fixtures anew: FLEET_RECORD_SCREENS=1 npm run test:agents -- test/agents/record.test.ts
const recording = process.env['FLEET_RECORD_SCREENS'] !== undefined;
const configuration = path.resolve(import.meta.dirname, '../../framework/tools/fleet/fleet.tmux.conf');
// A fixed place, since screens show it.
const place = '/tmp/fleet-screens';
const SIZES = [
  { width: 220, height: 50 },
  { width: 80, height: 24 },
  // Where all colours are to be had they draw frames of other signs (gemini 0.61). Newer versions of tmux say so to all that runs in them.
  { width: 100, height: 40, env: { COLORTERM: 'truecolor' } },
];

let server: ModelServer;
beforeAll(async () => {
  if (recording) server = await startModelServer();
});
afterAll(async () => {
  if (!recording) return;
  await server.close();
  fs.rmSync(place, { recursive: true, force: true });
});

for (const runtime of wanted()) {
  for (const size of SIZES) {
    test.skipIf(!recording || missing().includes(runtime))(
      `screens of ${runtime}, ${size.width}x${size.height}`,
      { timeout: 400_000 },
      async () => {
        const home = path.join(place, `${runtime}-home`);
        const work = path.join(place, runtime);
        const socket = `record-${process.pid}`;
        fs.rmSync(home, { recursive: true, force: true });
        server.forget();
        const started: Pane[] = [];
        try {
          await record({
            runtime,
            server,
            home,
            directory: path.join(import.meta.dirname, 'screens', runtime),
            start: ({ approvals, words }) => {
              const agent = prepareAgent(runtime, { home, work, port: server.port, approvals });
              const pane = Pane.start(socket, configuration, size, work, [...agent.command, ...words], {
                ...agent.env,
                ...size.env,
              });
              started.push(pane);
              return pane;
            },
          });
        } finally {
          for (const pane of started) pane.endServer();
        }
      },
    );
  }
}
