// Looks like pi, holds what it is sent while it works, and writes down nothing that anybody finds, as in a container.
const rule = '─'.repeat(40);
const said = [];
const held = [];
let [draft, busy] = ['', false];

function draw() {
  const working = busy ? [' ⠹ Working...'] : [];
  const lines = [...said, ...working, ...held.map((text) => ` Steering: ${text}`), rule, draft, rule];
  process.stdout.write(`\x1b[H\x1b[2J${lines.join('\r\n')}\r\n 0.0%/128k fake-model`);
}

function work(seconds) {
  busy = true;
  draw();
  setTimeout(() => {
    busy = false;
    if (held.length > 0) read(held.shift());
    else draw();
  }, seconds * 1000);
}

function read(text) {
  said.push(` read: ${text}`);
  work(0.5);
}

function enter() {
  const text = draft.trim();
  draft = '';
  const seconds = /^busy (\d+)$/.exec(text)?.[1];
  if (seconds !== undefined) work(Number(seconds));
  else if (busy) held.push(text);
  else read(text);
}

process.stdin.setRawMode(true);
process.stdin.setEncoding('utf8');
process.stdin.on('data', (data) => {
  for (const key of data.replaceAll('\x1b[200~', '').replaceAll('\x1b[201~', '')) {
    if (key === '\r') enter();
    else draft += key;
  }
  draw();
});
process.stdout.write('\x1b[?2004h');
draw();
