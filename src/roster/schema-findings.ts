import { CONCEALED } from './conceal-look.js';
import { Findings, type Path } from './finding.js';
import { nearest } from './nearest.js';
import { isPlainMap, member } from './plain-map.js';
import { type FieldsShape, LEVELS, ROSTER_SHAPE, type Shape, shapeOf } from './shapes.js';
import validate, { type SchemaError } from './validator.generated.js';
import { quoted } from './visible.js';

/**
 * Holds a plain roster against roster/roster.schema.json and reports what the schema says, in an operator's words. Of a
 * place that was reported already it says nothing: the roster's own checks know the reason.
 */
export const checkSchema = (plain: unknown, findings: Findings): void => {
  if (validate(plain)) return;
  const reported = new Set(findings.list.map(({ path }) => path));
  const found = new Findings();
  for (const error of validate.errors ?? []) report(error, plain, found);
  findings.list.push(...found.list.filter(({ path }) => !reported.has(path)));
};

const report = (error: SchemaError, plain: unknown, findings: Findings): void => {
  const { path, value, shape } = follow(error.instancePath, plain);
  const field = path.findLast((part) => typeof part === 'string') ?? 'the roster';
  switch (error.keyword) {
    case 'additionalProperties':
      reportUnknown(String(error.params['additionalProperty']), path, shape, findings);
      return;
    case 'required':
      reportMissing(String(error.params['missingProperty']), path, findings);
      return;
    case 'type':
      findings.value('WrongType', path, wrongType(field, path, value, error.params['type']));
      return;
    case 'const':
      // The roster's only constant. A version that is no number at all is reported as such.
      if (typeof value === 'number') {
        findings.value(
          'UnknownVersion',
          path,
          `version ${value} is unknown: this fleet understands version 1`,
        );
      }
      return;
    case 'enum': {
      if (typeof value !== 'string') return;
      const allowed = Array.isArray(error.params['allowedValues'])
        ? error.params['allowedValues'].map(String)
        : [];
      const message = `${field} must be ${oneOf(allowed)}, not ${quoted(value)}`;
      findings.value('InvalidValue', path, message, nearest(value, allowed));
      return;
    }
    case 'minItems':
      findings.value('InvalidValue', path, `${field} must have at least one entry`);
      return;
    default:
      // Patterns and limits, which the roster's own checks have mostly reported with a better reason.
      findings.value(
        'InvalidValue',
        path,
        `${field} must be ${expectation(field, path, null)}, not ${told(path, value)}`,
      );
  }
};

const reportUnknown = (key: string, path: Path, shape: Shape, findings: Findings): void => {
  const at = [...path, key];
  if (shape.kind !== 'fields') {
    findings.key('UnknownField', at, `unknown field ${quoted(key)}`);
    return;
  }
  if (key === '<<') {
    findings.key('UnknownField', at, 'merge keys (<<) are not part of YAML 1.2: write the fields out');
    return;
  }
  const suggestion = nearest(key, shape.spellings.keys());
  const elsewhere = suggestion === null ? LEVELS.find((level) => level.spellings.has(key)) : undefined;
  const hint =
    elsewhere === undefined ? `known are ${knownFields(shape)}` : `it belongs to ${elsewhere.title}`;
  findings.key('UnknownField', at, `unknown field ${quoted(key)} in ${shape.title}: ${hint}`, suggestion);
};

const knownFields = (shape: FieldsShape): string => Object.keys(shape.fields).join(', ');

const MISSING: Readonly<Record<string, string>> = {
  version: 'write `version: 1`',
  transport: 'write `transport: tmux`',
  agents: 'a fleet has at least one agent, such as `- { name: coder0, runtime: codex }`',
  name: 'every agent needs a name, such as coder0',
  runtime: 'every agent needs a runtime, such as claude or codex',
};

const reportMissing = (key: string, path: Path, findings: Findings): void => {
  findings.value('MissingField', [...path, key], `${key} is missing: ${MISSING[key] ?? 'it is required'}`);
};

/** A value as a message may have it: of `env` none. */
const told = (path: Path, value: unknown): string => (path.includes('env') ? CONCEALED : quoted(value));

const wrongType = (field: string, path: Path, value: unknown, types: unknown): string => {
  const isEntry = typeof path.at(-1) === 'number';
  const place = isEntry ? `an entry of ${field}` : field;
  const expected = expectation(field, path, types);
  if (value === null || value === undefined)
    return field === 'working_directory'
      ? `${place} is empty: a bare ~ is YAML's word for nothing; write '~' in quotes, or a directory such as ~/src`
      : `${place} is empty: give it ${expected}, or remove ${isEntry ? 'it' : 'the key'}`;
  const wantsText =
    expected !== 'true or false' &&
    (types === 'string' || (Array.isArray(types) && types.includes('string')));
  if (typeof value === 'number' && DURATIONS.has(field))
    return `${place} must be ${expected}, not ${value}; write ${value}s`;
  if (typeof value === 'string') return `${place} must be ${expected}, not the text ${told(path, value)}`;
  const isPlain = !path.includes('env') && (typeof value === 'number' || typeof value === 'boolean');
  const hint = wantsText && isPlain ? `; write "${value}" in quotes` : '';
  return `${place} must be ${expected}, not ${kindOf(path, value)}${hint}`;
};

const kindOf = (path: Path, value: unknown): string => {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : told(path, value);
};

const DURATIONS = new Set([
  'idle_after',
  'stop_grace',
  'start_spacing',
  'submit_delay',
  'base',
  'max',
  'reset_after',
]);

const EXPECTATIONS: Readonly<Record<string, string>> = {
  version: 'the number 1',
  working_directory: 'a directory such as ~/src',
  command: 'a list of words such as [codex, --model, gpt-5]',
  launcher: 'a list of words such as [mosaic, yolo]',
  new: 'a list of words',
  env: 'a map of variables such as { KEY: value }',
  agents: 'a list of agents',
  max_disruption: 'a percentage such as 50% or a whole number',
  persistent_persona: 'true, false, "semi" or a persona’s name',
  stall_after: 'a whole number of at least 1',
  cpu_quota: 'a percentage such as 200%',
  memory_max: 'an amount such as 4G',
  tasks_max: 'a whole number of at least 1',
};

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  object: 'a map',
  array: 'a list',
  integer: 'a whole number',
};

const expectation = (field: string, path: Path, types: unknown): string => {
  if (typeof path.at(-1) === 'number') return field === 'agents' ? 'a map with name and runtime' : 'a word';
  if (path.at(-2) === 'env') return 'text';
  if (DURATIONS.has(field)) return 'a duration such as 30s';
  return EXPECTATIONS[field] ?? TYPES[String(types)] ?? 'valid';
};

const oneOf = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;

/** A JSON pointer as a path, with the value and the shape it leads to. */
const follow = (pointer: string, plain: unknown): { path: Path; value: unknown; shape: Shape } => {
  let value = plain;
  let shape: Shape = ROSTER_SHAPE;
  const path: (string | number)[] = [];
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const step = Array.isArray(value) ? Number(key) : key;
    path.push(step);
    shape = shapeOf(shape, step);
    if (Array.isArray(value)) value = value[Number(key)];
    else value = isPlainMap(value) ? member(value, key) : undefined;
  }
  return { path, value, shape };
};
