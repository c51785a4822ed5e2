import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ModelServer } from '../../support/model-server.js';
import type { Pane, Screen } from '../../support/pane.js';
import { versionOf, type Runtime } from '../../support/real-agents.js';
import { until } from '../../support/fleet-sandbox.js';
import { conversationArguments, RECIPES } from './recipes.js';

/** One recorded screen; `styled` keeps colours, where these alone tell a placeholder from a draft. */
export interface Recorded extends Screen {
  readonly runtime: Runtime;
  readonly version: string;
  readonly state: string;
  readonly styled?: readonly string[];
}

const SENTENCE = 'a line of a draft with enough words in it to be wrapped or cut by a narrow pane';
const lines = (count: number): string =>
  Array.from({ length: count }, (_, index) => `${index + 1}: ${SENTENCE}`).join('\n');

export interface Stage {
  readonly runtime: Runtime;
  readonly server: ModelServer;
  readonly home: string;
  /** Starts the program anew; `resume` continues what the last one of this home left. */
  readonly start: (options: { readonly approvals: boolean; readonly words: readonly string[] }) => Pane;
  readonly directory: string;
}

function keep(stage: Stage, state: string, pane: Pane, screen: Screen, styled = false): void {
  const { runtime } = stage;
  const recorded: Recorded = {
    runtime,
    version: versionOf(runtime),
    state,
    ...screen,
    ...(styled ? { styled: pane.screen(true).lines } : {}),
  };
  const name = `${state}${screen.width === 220 ? '' : `.${screen.width}x${screen.height}`}.json`;
  fs.mkdirSync(stage.directory, { recursive: true });
  fs.writeFileSync(path.join(stage.directory, name), `${JSON.stringify(recorded, null, 1)}\n`);
}

/** Puts text into the composer, waits until it shows, and keeps the screen. */
async function draft(stage: Stage, pane: Pane, state: string, text: string): Promise<void> {
  const before = pane.text();
  pane.paste(text);
  await until(`${state} to show`, () => pane.text() !== before);
  keep(stage, state, pane, await pane.settles(), state === 'draft-short');
}

async function clear(stage: Stage, pane: Pane): Promise<void> {
  pane.keys('C-c');
  await pane.shows(RECIPES[stage.runtime].ready);
  await pane.settles();
}

async function submit(pane: Pane, text: string): Promise<void> {
  const before = pane.text();
  pane.paste(text);
  await until('the text to show', () => pane.text() !== before);
  await pane.settles(500, 1500);
  pane.keys('Enter');
}

const turns = (stage: Stage, word: string): number =>
  stage.server.requests().filter(({ main, last }) => main && last.includes(word)).length;

/** Waits until the model has the words. A swallowed Enter is pressed once more. */
async function asks(stage: Stage, pane: Pane, text: string, word: string): Promise<void> {
  await submit(pane, text);
  const asked = (): boolean => turns(stage, word) > 0;
  await until(`${word} at the model`, asked, 8000).catch(() => pane.keys('Enter'));
  await until(`${word} at the model`, asked, 20_000);
}

async function idle(stage: Stage, pane: Pane): Promise<Screen> {
  await until('no request under way', () =>
    stage.server.requests().every(({ state, last }) => state !== 'answering' || last.includes('HANG')),
  );
  return pane.settles(900);
}

async function recordDrafts(stage: Stage, pane: Pane): Promise<void> {
  await draft(stage, pane, 'draft-short', 'hello draft');
  await clear(stage, pane);
  await draft(stage, pane, 'draft-lines', lines(3));
  await clear(stage, pane);
  await draft(stage, pane, 'draft-wrapped', Array.from({ length: 18 }, () => SENTENCE).join(' '));
  await clear(stage, pane);
  await draft(stage, pane, 'draft-long', lines(18));
  await clear(stage, pane);
  await draft(stage, pane, 'pasted-placeholder', lines(240));
  await clear(stage, pane);
  await draft(stage, pane, 'draft-command', '/');
  pane.keys('BSpace');
  await pane.settles();
  await clearQuietly(pane);
}

/** Escape closes menus and leaves an empty composer alone. */
async function clearQuietly(pane: Pane): Promise<void> {
  pane.keys('Escape');
  await pane.settles();
}

async function recordTurns(stage: Stage, pane: Pane): Promise<void> {
  const gate = `busy${stage.runtime}${Date.now()}`;
  await asks(stage, pane, `please wait GATE=${gate}`, gate);
  keep(stage, 'busy', pane, await pane.settles(600, 1500));
  await draft(stage, pane, 'busy-draft', 'said while busy');
  pane.keys('Enter');
  keep(stage, 'busy-with-queued', pane, await pane.settles(600, 1500));
  stage.server.open(gate);
  await until('the queued words at the model', () => turns(stage, 'said while busy') > 0);
  keep(stage, 'idle-after-turn', pane, await idle(stage, pane));
  await asks(stage, pane, 'tell a long story DRIP=120 WORDS=400', 'DRIP');
  await pane.shows(/word3\d/);
  keep(stage, 'busy-streaming', pane, pane.screen());
  await interrupt(stage, pane);
  keep(stage, 'interrupted', pane, await pane.settles(900));
  await clearIfDraft(pane, 'tell a long story');
  await asks(stage, pane, 'fail now ERR=500', 'ERR');
  await until('the error', () => /fake error|500|rror/.test(pane.text()), 20_000);
  keep(stage, 'error', pane, await pane.settles(900));
  await interrupt(stage, pane);
  await clearIfDraft(pane, 'fail now');
}

/** claude puts interrupted words back into the composer. */
async function clearIfDraft(pane: Pane, words: string): Promise<void> {
  const { lines: shown, cursor } = await pane.settles();
  if (shown.slice(cursor.y).some((line) => line.includes(words))) pane.keys('C-c');
  await pane.settles();
}

async function interrupt(stage: Stage, pane: Pane): Promise<void> {
  for (const key of RECIPES[stage.runtime].interrupt) {
    pane.keys(key);
    await pane.settles(300, 600);
  }
}

async function recordDialog(stage: Stage): Promise<void> {
  const { dialog, ready, interrupt: keys } = RECIPES[stage.runtime];
  if (dialog === null) return;
  const pane = stage.start({ approvals: true, words: [] });
  await pane.shows(ready);
  await pane.settles();
  await asks(stage, pane, 'run it ESCALATE\nTOOL=touch approved', 'ESCALATE');
  await pane.shows(dialog);
  keep(stage, 'dialog', pane, await pane.settles());
  pane.keys(keys[0] ?? 'Escape');
  keep(stage, 'dialog-refused', pane, await pane.settles(900));
  pane.end();
}

/** A question of the agent's own; not every runtime has a tool for it. */
export async function recordQuestion(stage: Stage): Promise<void> {
  if (stage.runtime === 'pi' || stage.runtime === 'codex') return;
  const pane = stage.start({ approvals: false, words: [] });
  await pane.shows(RECIPES[stage.runtime].ready);
  await pane.settles();
  await asks(stage, pane, 'ask me\nQUESTION=Which of the two?|And then?', 'QUESTION');
  await pane.shows(/1\. +First/);
  keep(stage, 'question', pane, await pane.settles());
  pane.keys('Enter');
  await pane.settles();
  pane.keys('Enter');
  keep(stage, 'question-review', pane, await pane.settles());
  pane.end();
}

/** Everything a sender may meet, in the order in which one life of the program shows it. */
export async function record(stage: Stage): Promise<void> {
  const { ready, reset } = RECIPES[stage.runtime];
  const words = conversationArguments(stage.runtime, stage.home, 'new');
  let pane = stage.start({ approvals: false, words });
  let starting = pane.screen();
  const limit = performance.now() + 60_000;
  for (let now = starting; !ready.test(now.lines.join('\n')) && performance.now() < limit;) {
    starting = now;
    await until(
      'another screen',
      () => JSON.stringify((now = pane.screen())) !== JSON.stringify(starting),
      60_000,
    );
  }
  keep(stage, 'starting', pane, starting);
  await pane.shows(ready);
  keep(stage, 'ready-empty', pane, await pane.settles(), true);
  pane.copyMode(true);
  keep(stage, 'copy-mode', pane, pane.screen());
  pane.copyMode(false);
  await recordDrafts(stage, pane);
  await recordTurns(stage, pane);
  await submit(pane, reset);
  keep(stage, 'after-reset', pane, await pane.settles(1200));
  await asks(stage, pane, 'remember this', 'remember this');
  await idle(stage, pane);
  const again = conversationArguments(stage.runtime, stage.home, 'resume');
  pane.end();
  pane = stage.start({ approvals: false, words: again });
  await pane.shows(ready);
  keep(stage, 'after-resume', pane, await pane.settles(900));
  pane.end();
  await recordDialog(stage);
  await recordQuestion(stage);
}
