/**
 * Which fields a roster has, level by level: what the reader needs to know of the schema before it can validate, namely
 * where keys are fleet's own (two spellings) and where they are the operator's (`env`, runtime names), and where a
 * number stands for its own text. A test holds it equal to roster/roster.schema.json.
 */
export type Shape =
  | { readonly kind: 'any' }
  /** A word that is text by nature: a number is taken as it is spelled, `08` and `1.0` included. */
  | { readonly kind: 'text' }
  /** A variable's value, where true and false are text as well. */
  | { readonly kind: 'value' }
  | { readonly kind: 'list'; readonly of: Shape }
  /** A map whose keys the operator chooses. */
  | { readonly kind: 'entries'; readonly of: Shape }
  | FieldsShape;

/** A map with fleet's own keys. `spellings` leads from either spelling to the canonical one. */
export interface FieldsShape {
  readonly kind: 'fields';
  readonly title: string;
  readonly fields: Readonly<Record<string, Shape>>;
  readonly spellings: ReadonlyMap<string, string>;
}

/** `working_directory` → `workingDirectory`. */
export const camelCase = (key: string): string =>
  key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const fields = (title: string, table: Readonly<Record<string, Shape>>): FieldsShape => ({
  kind: 'fields',
  title,
  fields: table,
  spellings: new Map(
    Object.keys(table).flatMap((key) => [[key, key] as const, [camelCase(key), key] as const]),
  ),
});

const any: Shape = { kind: 'any' };
const text: Shape = { kind: 'text' };
const words: Shape = { kind: 'list', of: text };

const backoff = fields('backoff', { base: any, max: any, reset_after: any, stall_after: any });
const resources = fields('resources', { memory_max: text, cpu_quota: text, tasks_max: text });
const conversation = fields('conversation', { new: words, resume: words });

const runtime = fields('a runtime', {
  command: words,
  reset_command: any,
  ready_pattern: any,
  busy_pattern: any,
  dialog_pattern: any,
  composer_pattern: any,
  fresh_pattern: any,
  submit_delay: any,
  conversation,
  resume: any,
});

const agent = fields('an agent', {
  name: any,
  runtime: any,
  class: any,
  working_directory: any,
  command: words,
  model_hint: any,
  env: { kind: 'entries', of: { kind: 'value' } },
  persistent_persona: any,
  reset_between_tasks: any,
  kickstart_template: any,
  disruption: any,
  idle_after: any,
  resources,
  suspend: any,
  resume: any,
  on_interrupted: any,
});

const defaults = fields('defaults', {
  working_directory: any,
  launcher: words,
  disruption: any,
  idle_after: any,
  stop_grace: any,
  start_spacing: any,
  max_disruption: any,
  backoff,
});

const tmux = fields('tmux', { socket_name: any, holder_session: any });

/** The whole document. */
export const ROSTER_SHAPE: FieldsShape = fields('the roster', {
  version: any,
  transport: any,
  tmux,
  defaults,
  runtimes: { kind: 'entries', of: runtime },
  agents: { kind: 'list', of: agent },
});

/** Every level with fleet's own keys, for "this field belongs there". */
export const LEVELS: readonly FieldsShape[] = [
  ROSTER_SHAPE,
  defaults,
  backoff,
  runtime,
  conversation,
  agent,
  resources,
];

/** The shape of a field of that name, in either spelling and on whatever level; null: there is none. */
export const fieldShape = (key: string): Shape | null => {
  for (const { spellings, fields } of [...LEVELS, tmux]) {
    const name = spellings.get(key);
    if (name !== undefined) return fields[name] ?? null;
  }
  return null;
};

/** The shape of one member of a map, or of one item of a list. */
export const shapeOf = (shape: Shape, key: string | number): Shape => {
  switch (shape.kind) {
    case 'fields':
      return Object.hasOwn(shape.fields, key) ? (shape.fields[key] ?? any) : any;
    case 'entries':
      return shape.of;
    case 'list':
      return shape.of;
    case 'any':
    case 'text':
    case 'value':
      return any;
  }
};
