import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { FIELD_POLICY } from '../../src/roster/policy.js';
import { COLUMNS } from '../../src/roster/record-columns.js';
import { ROSTER_SHAPE, type Shape } from '../../src/roster/shapes.js';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema;
  readonly type?: unknown;
}

const schema = JSON.parse(readFileSync(at('roster/roster.schema.json'), 'utf8')) as Schema;

/** The keys of a schema, level by level, in the form of a shape. */
const keysOf = (node: Schema): unknown => {
  const target =
    node.$ref === undefined ? node : (schema.$defs?.[node.$ref.slice('#/$defs/'.length)] ?? node);
  if (target.properties !== undefined) {
    return Object.fromEntries(Object.entries(target.properties).map(([key, below]) => [key, keysOf(below)]));
  }
  if (target.items !== undefined) return [keysOf(target.items)];
  return typeof target.additionalProperties === 'object'
    ? { '*': keysOf(target.additionalProperties) }
    : null;
};

const keysOfShape = (shape: Shape): unknown => {
  switch (shape.kind) {
    case 'fields':
      return Object.fromEntries(
        Object.entries(shape.fields).map(([key, below]) => [key, keysOfShape(below)]),
      );
    case 'entries':
      return { '*': keysOfShape(shape.of) };
    case 'list':
      return [keysOfShape(shape.of)];
    case 'any':
    case 'text':
    case 'value':
      return null;
  }
};

describe('roster.schema.json', () => {
  it('has the same fields as the reader', () => {
    expect(keysOfShape(ROSTER_SHAPE)).toEqual(keysOf(schema));
  });

  it.each(['minimal', 'local-canary', 'software-factory'])('accepts %s as an editor would', (name) => {
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true, formats: { regex: true } }).compile(
      schema,
    );
    expect(validate(parse(readFileSync(at(`roster/examples/${name}.yaml`), 'utf8')))).toBe(true);
  });

  it('is compiled without imports, and only when it changed', () => {
    const file = at('src/roster/validator.generated.js');
    const build = () => execFileSync(process.execPath, [at('scripts/build-validator.mjs')]);
    build();
    const before = statSync(file).mtimeMs;
    build();
    expect(statSync(file).mtimeMs).toBe(before);
    expect(
      /^import |\bfrom"|[^'"]require\(/m.test(readFileSync(file, 'utf8').replace(/code='require.*?'/, '')),
    ).toBe(false);
  });
});

describe('the field policy', () => {
  it('has a column in the record for every field that can change a live agent', () => {
    const silent = Object.entries(COLUMNS).flatMap(([field, columns]) =>
      columns.length === 0 ? [field] : [],
    );
    const expected = Object.entries(FIELD_POLICY).flatMap(([field, policy]) =>
      policy === 'identity' || policy === 'lifecycle' ? [field] : [],
    );
    expect(silent.sort()).toEqual([...expected, 'env'].sort());
  });
});
