import * as fs from 'node:fs';
import type { ConversationRecord } from '../controller/conversation.js';
import type { Outcome } from '../controller/port.js';
import { fileProblem, readText, writeFileAtomic } from '../host/atomic-file.js';
import { acceptedFile, conversationFile, type Paths } from '../host/paths.js';

/** The line that says, to the pane's first program too, that a conversation holds something: see `heldText`. */
const holds = (id: string): { readonly holds: string } => ({ holds: id });

/**
 * Puts on record which conversations an agent has, durably. A file that was damaged is kept beside it: nobody asked for its
 * end. The same of what was delivered: the record says by now what it was taken for.
 */
export function writeConversations(paths: Paths, agent: string, record: ConversationRecord): Outcome {
  const file = conversationFile(paths, agent);
  try {
    keepDamaged(file, isRecord);
    keepDamaged(acceptedFile(paths, agent), namesOne);
    const { current } = record;
    const held = current !== null && current.id !== '' && (current.accepted || current.unit !== null);
    const content = { formatVersion: '1.0', agent, ...(held ? holds(current.id) : {}), ...record };
    writeFileAtomic(file, `${JSON.stringify(content, null, 1)}\n`, 0o600);
    return null;
  } catch (error) {
    return `${file}: ${fileProblem(error)}`;
  }
}

/** Also what cannot be read, or is of a format that a later version may have written. */
function keepDamaged(file: string, isSound: (value: Fields) => boolean): void {
  const content = readText(file);
  if (content.state === 'absent' || (content.state === 'present' && isSound(fieldsIn(content.text)))) return;
  fs.renameSync(file, `${file}.damaged`);
}

type Fields = Readonly<Record<string, unknown>>;

const isRecord = ({ current, former }: Fields): boolean =>
  Array.isArray(former) && typeof current === 'object';

const namesOne = (value: Fields): boolean => typeof value['holds'] === 'string';

function fieldsIn(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/**
 * Puts on record that a message to this conversation was proven delivered. The file's time says when, last.
 *
 * @param id empty: the agent shows none
 */
export function writeAccepted(paths: Paths, agent: string, id: string): Outcome {
  const file = acceptedFile(paths, agent);
  const text = `${JSON.stringify({ formatVersion: '1.0', agent, ...holds(id) }, null, 1)}\n`;
  try {
    if (!writeFileAtomic(file, text, 0o600)) fs.utimesSync(file, new Date(), new Date());
    return null;
  } catch (error) {
    return `${file}: ${fileProblem(error)}`;
  }
}
