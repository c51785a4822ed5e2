import { templateFaults } from './argument-vector.js';
import type { Fields } from './fields.js';
import { uses } from './placeholders.js';
import { SourceText } from './source-text.js';
import type { Kickstart } from './types.js';
import { hasControlCharacter, quoted } from './visible.js';

/** Longest template in bytes: it is pasted into a terminal in one piece. */
const LARGEST = 1024 * 1024;

/** Reads a template by its path as written in the roster. */
export type ReadTemplate = (
  path: string,
) => { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

interface Fault {
  readonly code: 'MissingTemplate' | 'TooLarge' | 'InvalidValue' | 'UnknownPlaceholder';
  readonly message: string;
  readonly suggestion: string | null;
}

type Checked =
  | { readonly kind: 'usable'; readonly kickstart: Kickstart; readonly usesModelHint: boolean }
  | { readonly kind: 'faulty'; readonly faults: readonly Fault[] };

/** The kickstart templates of a roster; each file is read and checked once, however many agents share it. */
export class KickstartTemplates {
  private readonly known = new Map<string, Checked>();

  constructor(private readonly readTemplate: ReadTemplate) {}

  /** The agent's template, or null where it has none or an unusable one, which is reported. */
  read(fields: Fields): Kickstart | null {
    const path = fields.text('kickstart_template');
    if (path === null) return null;
    const at = fields.at('kickstart_template');
    const checked = this.known.get(path) ?? this.check(path);
    this.known.set(path, checked);
    if (checked.kind === 'faulty') {
      for (const fault of checked.faults)
        fields.findings.value(fault.code, at, fault.message, fault.suggestion);
      return null;
    }
    if (checked.usesModelHint && !fields.has('model_hint')) {
      const message = `${path} uses {model_hint}, but this agent declares no model_hint`;
      fields.findings.value('MissingField', at, message);
    }
    return checked.kickstart;
  }

  private check(path: string): Checked {
    const read = this.readTemplate(path);
    if (!read.ok) {
      const message = `kickstart_template ${quoted(path)} cannot be read: ${read.message}`;
      return { kind: 'faulty', faults: [{ code: 'MissingTemplate', message, suggestion: null }] };
    }
    const faults = contentFaults(path, read.text);
    if (faults.length > 0) return { kind: 'faulty', faults };
    return {
      kind: 'usable',
      kickstart: { path, content: read.text },
      usesModelHint: uses([read.text], 'model_hint'),
    };
  }
}

const contentFaults = (path: string, text: string): Fault[] => {
  if (Buffer.byteLength(text) > LARGEST) {
    const message = `${path} is larger than ${LARGEST} bytes, too long for a first message`;
    return [{ code: 'TooLarge', message, suggestion: null }];
  }
  if (hasControlCharacter(text.replaceAll('\r\n', '\n'), 'newline-and-tab')) {
    const message = `${path} contains control characters, which cannot be typed into a terminal`;
    return [{ code: 'InvalidValue', message, suggestion: null }];
  }
  const source = new SourceText(text);
  return templateFaults(text).map((fault) => ({
    code: fault.code,
    message: `${path}:${source.position(fault.offset).line}: ${fault.message}`,
    suggestion: fault.nearest,
  }));
};
