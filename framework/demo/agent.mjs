#!/usr/bin/env node
// A small terminal program that behaves like an AI coding agent: a composer at the bottom, a transcript above it, a busy
// state, a context. It thinks nothing and costs nothing: for demonstrations, and for tests of what drives agents.
// No dependencies: it is started as it is.
import { spawn } from 'node:child_process';
import { openTranscript } from './transcript.mjs';

const VERSION = '1.0';
const HELP = `usage: agent.mjs [options]

  --session FILE     keep the conversation in FILE (JSON lines) and continue it at the next start
  --session-id ID    begin a conversation of this id, kept below $DEMO_AGENT_DIR (default ~/.demo-agent) from its first
                     message on; fails where the id is in use
  --resume ID        continue that conversation; fails where there is none
  --think SECONDS    how long an answer takes (default 0.3)
  --say TEXT         say TEXT at the start
  --ignore-signals   ignore SIGHUP and SIGTERM
  --fork             start a process that leaves the terminal and ignores signals
  --help, --version

Enter sends the composer; pasted text keeps its newlines. Ctrl-U empties the composer, Ctrl-C does too, and ends the
agent when it is empty. In the composer:

  /new, /clear       fresh context         /busy SECONDS   work for so long
  /context           show the context      /dialog         ask for an approval (Enter approves)
  /crash [CODE]      exit with CODE        /kill           die by SIGKILL
  /ignore            ignore SIGHUP, SIGTERM                /fork           as --fork
`;

function usage(message) {
  process.stderr.write(`agent: ${message}\n${HELP}`);
  process.exit(64);
}

const values = {
  '--session': 'session',
  '--session-id': 'begin',
  '--resume': 'resume',
  '--think': 'think',
  '--say': 'say',
};
const switches = { '--ignore-signals': 'ignore', '--fork': 'fork' };

function parse(argv) {
  const parsed = {
    session: null,
    begin: null,
    resume: null,
    think: '0.3',
    say: null,
    ignore: false,
    fork: false,
  };
  const show = (text) => {
    process.stdout.write(text);
    process.exit(0);
  };
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i];
    if (word === '--help') show(HELP);
    else if (word === '--version') show(`${VERSION}\n`);
    else if (Object.hasOwn(switches, word)) parsed[switches[word]] = true;
    else if (!Object.hasOwn(values, word)) usage(`unknown option ${word}`);
    else if (++i >= argv.length) usage(`${word} needs a value`);
    else parsed[values[word]] = argv[i];
  }
  const chosen = [parsed.session, parsed.begin, parsed.resume].filter((each) => each !== null);
  if (chosen.length > 1) usage('--session, --session-id and --resume exclude each other');
  if ([parsed.begin, parsed.resume].some((id) => id !== null && !/^[\w-]+$/.test(id)))
    usage('an id is letters and digits');
  if (!(Number(parsed.think) >= 0)) usage('--think needs a number of seconds');
  return parsed;
}

const options = parse(process.argv.slice(2));
const out = process.stdout;
const transcript = openTranscript(options);
let draft = '';
let dialog = false;
/** Messages that arrived during work; answered in turn. */
const queue = [];
let working = null;

/** Control characters as symbols (␛): text that was sent to us must not move our cursor. */
const harmless = (text) =>
  text.replace(/\p{Cc}/gu, (c) =>
    c === '\n' || c === '\t' ? c : c < ' ' ? String.fromCharCode(0x2400 + c.charCodeAt(0)) : '␡',
  );

const title = () => (dialog ? '✋ action required' : working ? '✦ working' : '◇ idle');

/** The lines below the transcript: erased and drawn again at every change. */
let drawn = 0;
function erase() {
  if (drawn > 0) out.write(`${drawn > 1 ? `\x1b[${drawn - 1}A` : ''}\r\x1b[J`);
  drawn = 0;
}

function draw() {
  const width = Math.max(20, out.columns ?? 80);
  const lines = [];
  if (working) lines.push('working…');
  if (dialog)
    lines.push(
      '┌ Approval required',
      '│ run: rm -rf ./build',
      '│ Do you want to proceed? Enter = yes, Esc = no',
      '└',
    );
  // Only the end of a long draft, and never a full line: the cursor's place after one differs between terminals.
  const shown = [...harmless(draft).replaceAll('\n', '⏎').replaceAll('\t', ' ')];
  const room = width - 4;
  lines.push('> ' + (shown.length > room ? '…' + shown.slice(1 - room).join('') : shown.join('')));
  out.write(`\x1b]2;${title()}\x07` + lines.join('\r\n'));
  drawn = lines.length;
}

function redraw() {
  erase();
  draw();
}

function print(...lines) {
  erase();
  for (const line of lines) out.write(harmless(line).replaceAll('\n', '\r\n') + '\r\n');
  draw();
}

function work(seconds, done) {
  working = setTimeout(() => {
    working = null;
    done();
    while (!working && queue.length > 0) submit(queue.shift());
  }, seconds * 1000);
  redraw();
}

function answer(text) {
  transcript.add('user', text);
  work(options.think, () => {
    transcript.add('agent', `you said: ${text}`);
    print(`you said: ${text}`);
  });
}

function fork() {
  // The middle process ends at once, so the inner one is nobody's child: it has left session, terminal and parent.
  const inner = `process.on('SIGHUP', () => {}); process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6);`;
  const outer = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}], { detached: true, stdio: 'ignore' }).unref()`;
  spawn(process.execPath, ['-e', outer], { detached: true, stdio: 'ignore' }).unref();
}

function ignore() {
  options.ignore = true;
  for (const signal of ['SIGHUP', 'SIGTERM']) process.removeAllListeners(signal).on(signal, () => {});
  setInterval(() => {}, 1e6); // alive without a terminal too
}

function leave(code) {
  erase();
  out.write('\x1b[?2004l');
  transcript.untell();
  process.exit(code);
}

function context() {
  const last = transcript.messages.slice(-4).map(({ type, text }) => `  ${type}: ${text.slice(0, 200)}`);
  print(`context ${transcript.id}: ${transcript.messages.length} messages`, ...last);
}

function freshContext() {
  transcript.fresh();
  // The old context's text leaves screen and scrollback.
  out.write('\x1b[H\x1b[2J\x1b[3J');
  drawn = 0;
  print(`fresh context ${transcript.id}`);
}

const commands = {
  '/new': freshContext,
  '/clear': freshContext,
  '/context': context,
  '/crash': (code) => leave(Number(code || 1)),
  '/kill': () => process.kill(process.pid, 'SIGKILL'),
  '/ignore': () => (ignore(), print('ignoring SIGHUP and SIGTERM')),
  '/fork': () => (fork(), print('started a process that ignores signals')),
  '/busy': (seconds) => work(Number(seconds || 5), () => print('done')),
  '/dialog': () => ((dialog = true), redraw()),
};

function submit(text) {
  print(`› ${text}`);
  const [, name, argument] = /^(\/[a-z]+)(?: +(.*))?$/.exec(text) ?? [];
  if (name === undefined) answer(text);
  else if (Object.hasOwn(commands, name)) commands[name](argument);
  else print(`unknown command ${name}`);
}

function enter() {
  const text = draft.trim();
  draft = '';
  if (text === '') return;
  if (!working) return submit(text);
  queue.push(text);
  print(`queued: ${text}`);
}

/** Like the real ones: while a dialog shows, a message is lost, and the Enter after it approves. */
function decide(key) {
  if (key !== '\r' && key !== '\x1b') return;
  dialog = false;
  print(`${key === '\r' ? 'approved' : 'declined'}: rm -rf ./build`);
}

function type(key) {
  if (key === '\r') enter();
  else if (key === '\x03' && draft === '') leave(0);
  else if (key === '\x03' || key === '\x15') draft = '';
  else if (key === '\x7f' || key === '\b') draft = [...draft].slice(0, -1).join('');
  else draft += key;
}

/** Keys and pastes. A paste may arrive in any number of pieces, cut anywhere, its brackets included. */
let input = '';
let pasting = false;
function feed(piece) {
  input += piece;
  while (input !== '') {
    const mark = pasting ? '\x1b[201~' : '\x1b[200~';
    if (input.startsWith(mark)) {
      input = input.slice(mark.length);
      pasting = !pasting;
      continue;
    }
    if (mark.startsWith(input) && !(dialog && input === '\x1b')) break; // the rest of it will come
    const next = input.indexOf('\x1b', 1);
    const key = String.fromCodePoint(input.codePointAt(0));
    const length = !pasting ? key.length : next < 0 ? input.length : next;
    const text = input.slice(0, length);
    input = input.slice(length);
    if (!pasting) (dialog ? decide : type)(text);
    else if (!dialog) draft += text.replace(/\r\n?/g, '\n');
  }
  redraw();
}

process.on('SIGHUP', () => leave(129));
process.on('SIGTERM', () => leave(143));
if (options.ignore) ignore();
if (options.fork) fork();
process.stdin.setEncoding('utf8');
process.stdin.on('data', feed);
// A terminal that is gone is the end, unless told to survive.
process.stdin.on('end', () => {
  if (!options.ignore) process.exit(0);
});
process.stdin.on('error', () => {});
out.on('error', () => {});
out.on('resize', redraw);
if (process.stdin.isTTY) process.stdin.setRawMode(true);
out.write('\x1b[?2004h');
const known = transcript.messages.length;
print(
  `demo agent ${VERSION} · ${known > 0 ? `continuing context ${transcript.id}: ${known} messages` : `fresh context ${transcript.id}`}`,
);
if (options.say !== null) print(options.say);
