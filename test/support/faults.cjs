// `node --require faults.cjs dist/fleet.js …`: makes one thing go wrong in fleet, at an exact place, without anything in fleet
// for it. A place is one thing that fleet does to the host: a change of the file system, the start of a program, the end of one
// that it waited for. Each is noted in `trace`, a line each: its number (`-` where it is not counted), what, on what.
//   $FLEET_TEST_FAULT = { "at": N, "among": PATTERN, "kind": "…", "trace": FILE, … }
//   at          the place, from 1, counted among those whose line fits the pattern
//   die         SIGKILL, before it
//   die-half    SIGKILL, with half of the text written, or half of a directory removed (elsewhere as die)
//   die-during  SIGKILL, as soon as the program runs (a place that starts one; elsewhere as die)
//   full        the disk is full from there on
//   io          the disk refuses this one thing
//   denied      this one thing is not permitted
//   run         `script` is run by bash to its end, before it
//   program     the program is run by `faulty-program` with `how` (a place that starts one)
'use strict';
const childProcess = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const fault = JSON.parse(process.env.FLEET_TEST_FAULT);
// What fleet starts is to be left alone.
delete process.env.FLEET_TEST_FAULT;
const trace = fs.openSync(fault.trace, 'a');
const { writeSync, writeFileSync, appendFileSync } = fs;
const { spawn, spawnSync } = childProcess;
const among = new RegExp(fault.among ?? '');
let counted = 0;
let reached = false;
let inside = false;

const die = () => process.kill(process.pid, 'SIGKILL');

/** @returns whether this is the place, or one before or after it */
function pass(what, on) {
  const line = `${what} ${String(on).replaceAll('\n', ' ')}`;
  const counts = among.test(line);
  if (counts) counted += 1;
  writeSync(trace, `${counts ? counted : '-'} ${line}\n`);
  if (reached) return 'after';
  if (!counts || counted !== fault.at) return 'before';
  reached = true;
  if (fault.kind === 'die') die();
  if (fault.kind === 'run') spawnSync('bash', ['-c', fault.script], { stdio: 'ignore' });
  return 'here';
}

function refuse(code, errno, text, syscall, on) {
  throw Object.assign(new Error(`${code}: ${text}, ${syscall} '${on}'`), { code, errno, syscall, path: on });
}

/** What needs space on the disk. A file is opened for writing where its flags are words. */
const growing = new Set(['writeFileSync', 'appendFileSync', 'openSync', 'mkdirSync', 'linkSync']);

/** What is there already, or has no directory to be in, is told before the lack of space is. */
function takesSpace(name, on) {
  if (name === 'mkdirSync') return !fs.existsSync(on);
  return name !== 'openSync' || fs.existsSync(path.dirname(on));
}

function removeHalf(directory) {
  inside = true;
  const names = fs.readdirSync(directory, { recursive: true });
  const files = names
    .map((name) => path.join(directory, name))
    .filter((file) => !fs.statSync(file).isDirectory());
  for (const file of files.slice(0, Math.ceil(files.length / 2))) fs.unlinkSync(file);
}

function wrap(name) {
  const original = fs[name];
  fs[name] = function (...args) {
    // Node's own functions call each other by these names.
    if (inside || (name === 'openSync' && !/[wax]/.test(String(args[1] ?? 'r'))))
      return original.apply(fs, args);
    const on = typeof args[0] === 'number' ? `descriptor ${args[0]}` : args[0];
    const where = pass(name, on);
    if (where === 'here' && fault.kind === 'die-half') {
      if (original === writeFileSync || original === appendFileSync) {
        const [file, text, ...rest] = args;
        inside = true;
        original.call(fs, file, text.slice(0, Math.floor(text.length / 2)), ...rest);
      }
      if (name === 'rmSync' && args[1]?.recursive === true) removeHalf(args[0]);
      die();
    }
    if (where === 'here' && fault.kind === 'die-during') die();
    if (where === 'here' && fault.kind === 'io') refuse('EIO', -5, 'i/o error', name, on);
    if (where === 'here' && fault.kind === 'denied') refuse('EACCES', -13, 'permission denied', name, on);
    if (where !== 'before' && fault.kind === 'full' && growing.has(name) && takesSpace(name, on))
      refuse('ENOSPC', -28, 'no space left on device', name, on);
    inside = true;
    try {
      return original.apply(fs, args);
    } finally {
      inside = false;
    }
  };
}
// closeSync changes nothing; openSync that creates does.
for (const name of [
  ...['writeFileSync', 'appendFileSync', 'openSync', 'renameSync', 'rmSync', 'unlinkSync', 'linkSync'],
  ...['truncateSync', 'mkdirSync', 'rmdirSync', 'fchmodSync', 'fdatasyncSync', 'fsyncSync', 'utimesSync'],
])
  wrap(name);

childProcess.spawn = function (program, args, options) {
  const words = `${program} ${args.join(' ')}`;
  const where = pass('spawn', words);
  const faulty = where === 'here' && fault.kind === 'program';
  const child = faulty
    ? spawn(path.join(__dirname, 'faulty-program'), [fault.how, program, ...args], options)
    : spawn(program, args, options);
  if (where === 'here' && fault.kind === 'die-during') child.once('spawn', die);
  // Before anybody who waits for it hears of it.
  child.once('exit', () => pass('exit', words));
  return child;
};
