import { defineConfig } from 'vitest/config';

const rooms = ['roster', 'controller', 'observers', 'actuators', 'host', 'cli', 'bench'];

export default defineConfig({
  test: {
    projects: [
      // A limit for what hangs, not for how long it takes on a machine with other work. Files share a process: with one for
      // each, more than half of the time goes into starting it and compiling the same modules again.
      {
        test: {
          name: 'unit',
          include: rooms.map((room) => `test/${room}/**/*.test.ts`),
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'properties',
          include: ['test/properties/**/*.test.ts'],
          isolate: false,
          testTimeout: 300_000,
        },
      },
      {
        // On the private user manager that scripts/test.mjs starts. One fleet per manager: one file at a time.
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          setupFiles: ['test/support/signals.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // The built command on the private user manager.
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          setupFiles: ['test/support/signals.ts'],
          fileParallelism: false,
          testTimeout: 90_000,
          hookTimeout: 60_000,
        },
      },
      {
        // Whole histories, the controller under systemd.
        test: {
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          setupFiles: ['test/support/signals.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
        },
      },
      {
        // The real agents' programs (npm run test:agents), beside the private user manager and with no network but loopback.
        test: {
          name: 'agents',
          include: ['test/agents/**/*.test.ts'],
          setupFiles: ['test/support/signals.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
