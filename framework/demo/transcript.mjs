// What was said to the demo agent, and by which id it is found again.
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';

const home = process.env.DEMO_AGENT_DIR || `${process.env.HOME ?? ''}/.demo-agent`;
const conversationFile = (id) => `${home}/conversations/${id}.jsonl`;

/** What was said, in memory and, with a file, on disk before it is answered. */
class Transcript {
  messages = [];
  /** Whether conversations have a file each, named by their id. */
  named = false;
  fd = null;

  constructor({ session, begin, resume }) {
    this.named = begin !== null || resume !== null;
    if (session !== null) this.open(session);
    if (resume !== null) this.open(conversationFile(resume));
    if (begin !== null) this.id = begin;
    if (this.id === undefined) this.fresh();
    this.tell();
  }

  open(file) {
    const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
    // A line that a crash cut off is dropped, or the next one would be glued to it and both would be lost.
    const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1);
    for (const line of whole.toString('utf8').split('\n').filter(Boolean)) {
      const entry = JSON.parse(line);
      if (entry.type === 'conversation') [this.id, this.messages] = [entry.id, []];
      else this.messages.push(entry);
    }
    this.fd = openSync(file, 'a', 0o600);
    if (whole.length < bytes.length) ftruncateSync(this.fd, whole.length);
  }

  append(entry) {
    if (this.fd === null && this.named) {
      mkdirSync(`${home}/conversations`, { recursive: true, mode: 0o700 });
      this.fd = openSync(conversationFile(this.id), 'a', 0o600);
      this.append({ type: 'conversation', id: this.id });
    }
    if (this.fd === null) return;
    writeSync(this.fd, JSON.stringify(entry) + '\n');
    fsyncSync(this.fd);
  }

  fresh() {
    [this.id, this.messages] = [randomUUID(), []];
    if (this.named) {
      this.fd = null;
      this.tell();
    } else this.append({ type: 'conversation', id: this.id });
  }

  /** As claude does: which conversation this very process is in. */
  tell() {
    if (!this.named) return;
    mkdirSync(`${home}/sessions`, { recursive: true, mode: 0o700 });
    const started = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19];
    const record = { pid: process.pid, sessionId: this.id, procStart: started };
    writeFileSync(`${home}/sessions/${process.pid}.json`, JSON.stringify(record), { mode: 0o600 });
  }

  untell() {
    if (this.named) rmSync(`${home}/sessions/${process.pid}.json`, { force: true });
  }

  add(type, text) {
    this.messages.push({ type, text });
    this.append({ type, text });
  }
}

/** Or ends the process, as the real ones do. */
export function openTranscript(chosen) {
  if (chosen.resume !== null && !existsSync(conversationFile(chosen.resume))) {
    process.stderr.write(`agent: no conversation found with session id ${chosen.resume}\n`);
    process.exit(1);
  }
  if (chosen.begin !== null && existsSync(conversationFile(chosen.begin))) {
    process.stderr.write(`agent: session id ${chosen.begin} is already in use\n`);
    process.exit(1);
  }
  try {
    return new Transcript(chosen);
  } catch (error) {
    process.stderr.write(`agent: the conversation cannot be used: ${error.message}\n`);
    return process.exit(74);
  }
}
