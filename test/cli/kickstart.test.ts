import * as path from 'node:path';
import { expect, test } from 'vitest';
import { createContext } from '../../src/cli/context.js';
import { leaveKickstart, leaveKickstartOf } from '../../src/cli/talk/kickstart.js';
import { leaveMessage } from '../../src/actuators/outbox.js';
import { unseen, type Conversation } from '../../src/controller/conversation.js';
import { outboxDirectory } from '../../src/host/paths.js';
import { readOutbox } from '../../src/observers/outbox.js';
import { now, Scene } from '../support/scene.js';
import { temporary } from '../support/temporary.js';

const conversation = (id: string): Conversation => ({
  ...{ id, runtime: 'claude', directory: '~/src', origin: 'chosen', createdAt: now - 60_000 },
  ...{ accepted: true, unit: null, resumed: null },
});

/** What waits for an agent that is about to be started in `o`, while this one was in force and a first message waited. */
function waitingOnceIn(inForce: string): readonly string[] {
  const home = temporary();
  const context = createContext({ mosaicHome: path.join(home, 'mosaic') }, { HOME: home });
  const scene = new Scene([{ name: 'a', runtime: 'claude', kickstart_template: 'hello.md' }], {
    templates: { 'hello.md': 'Hello' },
  }).live('a', { was: { env: { X: '1' } } });
  const record = { current: conversation(inForce), former: [] };
  scene.conversations.set('a', { ...unseen, record: { known: true, value: record } });
  const directory = outboxDirectory(context.paths, 'a');
  expect(leaveKickstart(context, scene.roster.agents[0]!, null, 'unlocked')).toBeNull();
  leaveMessage(directory, {
    ...{ id: 'ab', kind: 'message', agent: 'a', text: 'a message', source: 'x', createdAt: now },
    ...{ addressed: false, left: true, attempt: null, after: null, parked: null },
  });
  const action = scene.actionOn('a')!;
  const next = { kind: 'same', conversation: conversation('o'), resumes: true } as const;
  const led = { ...action, conversation: { ...action.conversation, next } };
  expect(leaveKickstartOf(context, led, { world: scene.world(), inherited: {} })).toBeNull();
  const outbox = readOutbox(directory);
  if (!outbox.known) throw new Error(outbox.message);
  return outbox.value.map(({ entry }) => entry.text);
}

test('what was to be said first in a conversation that is left is not said in the one before it', () => {
  expect(waitingOnceIn('n')).toEqual(['a message']);
  expect(waitingOnceIn('o')).toEqual(['Hello', 'a message']);
});
