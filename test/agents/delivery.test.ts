import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/fleet-sandbox.js';
import { missing, wanted, type Runtime } from '../support/real-agents.js';
import { RealFleet } from './real-fleet.js';
import { RECIPES } from './screens/recipes.js';

const numbered = (tag: string, count: number): string =>
  Array.from({ length: count }, (_, index) => `${tag} line ${index + 1} of ${count}`).join('\n');

const long = (tag: string, bytes: number): string => `${tag} ${'words that fill a line '.repeat(bytes / 23)}`;

/** Messages that other senders break; the tag makes each unlike all others. */
const MESSAGES: Readonly<Record<string, (tag: string) => string>> = {
  'one line': (tag) => `${tag} hello`,
  'five lines': (tag) => numbered(tag, 5),
  'forty lines': (tag) => numbered(tag, 40),
  '1.5 KB': (tag) => long(tag, 1500),
  '20 KB of lines': (tag) => numbered(tag, 700),
  '20 KB in one line': (tag) => long(tag, 20_000),
  'what a shell would take': (tag) =>
    `${tag} \`id\` $(id) \${HOME} "double" 'single' \\back\\ ; | & > < ! # * ~ %s`,
  'tabs and blank lines': (tag) => `${tag}\tone\n\n\n\tthree\n  indented\tby two`,
  'other scripts': (tag) => `${tag} größer 漢字 العربية 👩‍👩‍👧 é`,
  'trailing newlines': (tag) => `${tag} ends so\n\n\n`,
};

for (const runtime of wanted()) {
  describe.skipIf(missing().includes(runtime))(`${runtime}, one agent`, () => {
    let all: RealFleet;
    beforeAll(async () => {
      all = await RealFleet.start({ one: runtime });
    });
    afterAll(() => all.dispose());
    let count = 0;
    const tag = (): string => `m${(count += 1)}${runtime}`;

    for (const [what, message] of Object.entries(MESSAGES)) {
      test(`${what} reaches it once and whole`, async () => {
        const text = message(tag());
        await all.expectSent(/^(delivered|queued)/, 'one', text);
        await all.received(text);
        await all.quiet();
        expect(all.times(text)).toBe(1);
      });
    }

    test('control characters are left out and do no harm', async () => {
      const mark = tag();
      await all.expectSent(/^(delivered|queued)/, 'one', `${mark} a\u001b[201~b\u001b[31mc\u0003d\u0000e`);
      await all.received(mark);
      await all.quiet();
      expect(all.times(mark)).toBe(1);
      expect(all.times(`${mark} a[201~b[31mcde`)).toBe(1);
    });

    test('words that look like a dialog’s answers bar nobody', async () => {
      const text = `1. ${tag()} do this\n2. do that`;
      await all.expectSent(/^(delivered|queued)/, 'one', text, '--no-preamble');
      await all.quiet();
      const next = `${tag()} go on`;
      await all.expectSent(/^(delivered|queued)/, 'one', next);
      await all.received(next);
    });

    test('what is sent while it is busy is held and arrives once, in order', async () => {
      const gate = `gate${tag()}`;
      // A slow machine may still be at the turn before.
      await all.expectSent(/^(delivered|queued)/, 'one', `wait GATE=${gate}`);
      await all.received(gate);
      const texts = [`${tag()} first`, numbered(tag(), 12), long(tag(), 3000)];
      // gemini would hold but a stand-in for a long text, and no key of claude's or opencode's is safe: fleet waits for the end of the turn.
      const held = { gemini: 1, claude: 0, opencode: 0 }[runtime as string] ?? texts.length;
      for (const text of texts.slice(0, held)) await all.expectSent(/^(delivered|queued)/, 'one', text);
      all.server.open(gate);
      for (const text of texts.slice(held)) await all.expectSent(/^(delivered|queued)/, 'one', text);
      for (const text of texts) await all.received(text);
      await all.quiet();
      for (const text of texts) expect(all.times(text)).toBe(1);
      expectInOrder(
        all,
        texts.map((text) => text.split(' ')[0] ?? ''),
      );
    });

    test('ten senders at once: all arrive once and whole, in order per sender', async () => {
      const senders = Array.from({ length: 10 }, (_, sender) =>
        [1, 2].map((turn) => numbered(`s${sender}t${turn}${tag()}`, 1 + ((sender * turn) % 7))),
      );
      await Promise.all(
        senders.map(async (texts) => {
          for (const text of texts)
            await all.expectSent(/^(delivered|queued)/, 'one', text, '--timeout', '120s');
        }),
      );
      for (const text of senders.flat()) await all.received(text);
      await all.quiet();
      for (const text of senders.flat()) expect(all.times(text), text).toBe(1);
      for (const texts of senders)
        expectInOrder(
          all,
          texts.map((text) => text.split(' ')[0] ?? ''),
        );
    });

    test('a human’s draft is left alone, and cleared when told', async () => {
      const pane = all.pane('one');
      const mark = tag();
      pane.paste('half a thought');
      await pane.shows(/half a thought/);
      await all.expectSent(/^refused Draft/, 'one', `${mark} no`);
      expect(pane.text()).toContain('half a thought');
      expect(pane.text()).not.toContain(mark);
      await all.expectSent(/^delivered/, 'one', `${mark} yes`, '--clear-draft');
      await all.received(`${mark} yes`);
      await all.quiet();
      expect(all.times('half a thought')).toBe(0);
      expect(all.times(`${mark} yes`)).toBe(1);
    });

    test('in copy mode nothing is typed', async () => {
      const pane = all.pane('one');
      const mark = tag();
      pane.copyMode(true);
      await all.expectSent(/^refused CopyMode/, 'one', mark);
      pane.copyMode(false);
      await all.quiet();
      expect(pane.text()).not.toContain(mark);
      expect(all.times(mark)).toBe(0);
    });
  });
}

function expectInOrder(all: RealFleet, marks: readonly string[]): void {
  const everything =
    all.server
      .requests()
      .filter(({ main }) => main)
      .at(-1)
      ?.texts.join('\n') ?? '';
  const places = marks.map((mark) => everything.indexOf(mark));
  expect(places, marks.join()).toEqual(places.toSorted((a, b) => a - b));
}

describe('an approval dialog', () => {
  let all: RealFleet | null = null;
  afterEach(async () => {
    await all?.dispose();
    all = null;
  });

  // pi never asks.
  for (const runtime of wanted().filter((one) => RECIPES[one].dialog !== null)) {
    test.skipIf(missing().includes(runtime))(`of ${runtime} is never answered by a message`, async () => {
      all = await RealFleet.start({ one: runtime }, { approvals: true });
      const pane = all.pane('one');
      await all.expectSent(
        /^(delivered|queued|unknown)/,
        'one',
        'run it ESCALATE\nTOOL=touch approved',
        '--timeout',
        '120s',
      );
      await pane.shows(RECIPES[runtime].dialog ?? /./, 90_000);
      // claude's dot before what it asks for blinks (2.1.332).
      const still = (lines: readonly string[]) => lines.map((line) => line.replace(/^● /, '  '));
      const before = still((await pane.settles()).lines);
      await all.expectSent(/^refused Dialog/, 'one', 'and now something else');
      expect(still(pane.screen().lines)).toEqual(before);
      expect(all.times('and now something else')).toBe(0);
      expect(fs.existsSync(path.join(all.fleet.work, 'one', 'approved'))).toBe(false);
    });
  }
});

const present = (): readonly Runtime[] => wanted().filter((runtime) => !missing().includes(runtime));

test.skipIf(present().length < 2)(
  'ten senders to all agents at once',
  async () => {
    const all = await RealFleet.start(
      Object.fromEntries(present().map((runtime) => [`a-${runtime}`, runtime])),
    );
    try {
      const texts = present().flatMap((runtime) =>
        Array.from({ length: 10 }, (_, sender) => ({
          name: `a-${runtime}`,
          text: `to${runtime}from${sender}x\nand more`,
        })),
      );
      await Promise.all(
        texts.map(({ name, text }) => all.expectSent(/^(delivered|queued)/, name, text, '--timeout', '180s')),
      );
      for (const { text } of texts) await all.received(text);
      await all.quiet();
      for (const { text } of texts) expect(all.times(text), text).toBe(1);
      await until('every agent to be asked', () => all.server.requests().length >= present().length);
    } finally {
      await all.dispose();
    }
  },
  400_000,
);
