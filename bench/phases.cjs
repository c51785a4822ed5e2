// `node --require phases.cjs dist/fleet.js …`: writes to $FLEET_BENCH_PHASES, as JSON, how long each phase of the command has taken, in
// ms, without anything in fleet for it. A phase within another one stops the clock of the outer one. `$FLEET_BENCH_SPAWNED` is when
// the command was started, in ns on the monotonic clock.
'use strict';
const begun = process.hrtime.bigint();
const fs = require('node:fs');
const vm = require('node:vm');
const Module = require('node:module');
const { performance } = require('node:perf_hooks');

const file = process.env.FLEET_BENCH_PHASES;
const spent = { chunks: 0, modules: 0, units: 0, spawn: 0, print: 0 };
const programs = {};
const running = [];
const now = () => Number(process.hrtime.bigint() - begun) / 1e6;
let since = 0;

/** From now on the time is that of `phase`; null: the outer one's again. */
function turn(phase) {
  const moment = now();
  const current = running.at(-1);
  if (current !== undefined) spent[current] += moment - since;
  since = moment;
  if (phase === null) running.pop();
  else running.push(phase);
}

/** `work`, on the clock of a phase. */
const timed = (phase, work) =>
  function (...args) {
    turn(phase);
    try {
      return new.target === undefined
        ? Reflect.apply(work, this, args)
        : Reflect.construct(work, args, new.target);
    } finally {
      turn(null);
    }
  };

const { readFileSync } = fs;
const readChunk = timed('chunks', readFileSync);
fs.readFileSync = (name, ...rest) =>
  String(name).includes('/dist/chunks/') ? readChunk(name, ...rest) : readFileSync(name, ...rest);

const { Script } = vm;
vm.Script = timed('chunks', Script);
vm.Script.prototype = Script.prototype;
const { runInThisContext } = Script.prototype;
Script.prototype.runInThisContext = function (...args) {
  const chunk = runInThisContext.apply(this, args);
  return (...places) => chunk(...places).map((unit) => timed('units', unit));
};

const loadModule = Module._load;
const timedModule = timed('modules', loadModule);
Module._load = function (name, ...rest) {
  if (!Module.isBuiltin(name)) return loadModule.call(this, name, ...rest);
  const loaded = timedModule.call(this, name, ...rest);
  if (name.endsWith('child_process') && !counted.has(loaded)) countPrograms(loaded);
  return loaded;
};

const counted = new Set();
function countPrograms(childProcess) {
  counted.add(childProcess);
  const spawn = timed('spawn', childProcess.spawn);
  childProcess.spawn = (program, ...rest) => {
    const started = now();
    const child = spawn(program, ...rest);
    child.once('exit', () => (programs[program] = (programs[program] ?? 0) + now() - started));
    return child;
  };
}

// The first use makes the stream.
const { get } = Object.getOwnPropertyDescriptor(process, 'stdout');
let stdout;
Object.defineProperty(process, 'stdout', {
  configurable: true,
  get: timed('print', () => {
    if (stdout === undefined) {
      stdout = get.call(process);
      stdout.write = timed('print', stdout.write);
    }
    return stdout;
  }),
});

process.on('exit', () => {
  const ended = now();
  const start = Number(begun - BigInt(process.env.FLEET_BENCH_SPAWNED)) / 1e6;
  const wait = performance.nodeTiming.idleTime;
  const known = Object.values(spent).reduce((sum, each) => sum + each, wait);
  const phases = { start, ...spent, wait, own: ended - ready - known, programs };
  fs.writeFileSync(file, JSON.stringify({ ...phases, endedAt: String(process.hrtime.bigint()) }));
});
const ready = now();
