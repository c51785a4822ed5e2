import { expandHome } from './directory.js';
import type { AgentSpec } from './types.js';

/** Names that may stand in braces in a command word or a kickstart template. */
export const PLACEHOLDERS = [
  'name',
  'class',
  'runtime',
  'model_hint',
  'persona',
  'working_directory',
] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];
export type PlaceholderValues = Readonly<Record<Placeholder, string>>;

/** The word that stands for the runtime's conversation arguments in an agent's own command. */
export const CONVERSATION = '{conversation}';

/** One piece of a template. `brace` is a lone `{` or `}`; `offset` is where it starts, in UTF-16 code units. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'name'; readonly name: string; readonly offset: number }
  | { readonly kind: 'brace'; readonly brace: '{' | '}'; readonly offset: number };

const PIECE = /\{\{|\}\}|\{([^{}\n]*)\}|[{}]/g;

/** Takes a template apart; `{{` and `}}` become literal braces. */
export const pieces = (template: string): Piece[] => {
  if (!template.includes('{') && !template.includes('}')) return [{ kind: 'text', text: template }];
  const found: Piece[] = [];
  let end = 0;
  for (const match of template.matchAll(PIECE)) {
    const offset = match.index;
    if (offset > end) found.push({ kind: 'text', text: template.slice(end, offset) });
    end = offset + match[0].length;
    const name = match[1];
    if (name !== undefined) found.push({ kind: 'name', name, offset });
    else if (match[0].length === 2) found.push({ kind: 'text', text: match[0].charAt(0) });
    else found.push({ kind: 'brace', brace: match[0] === '{' ? '{' : '}', offset });
  }
  if (end < template.length) found.push({ kind: 'text', text: template.slice(end) });
  return found;
};

const isPlaceholder = (name: string): name is Placeholder => PLACEHOLDERS.some((known) => known === name);

/** Fills a template in. What a valid roster cannot contain (unknown names, lone braces) is left as it is. */
export const fillIn = (template: string, values: PlaceholderValues): string =>
  pieces(template)
    .map((piece) => {
      switch (piece.kind) {
        case 'text':
          return piece.text;
        case 'brace':
          return piece.brace;
        case 'name':
          return isPlaceholder(piece.name) ? values[piece.name] : `{${piece.name}}`;
      }
    })
    .join('');

/** Whether any of the templates uses the placeholder. */
export const uses = (templates: readonly string[], placeholder: Placeholder): boolean =>
  templates.some((template) =>
    pieces(template).some((piece) => piece.kind === 'name' && piece.name === placeholder),
  );

/**
 * The values of an agent's placeholders. Without `home`, `{working_directory}` stays in canonical `~` form, as hashes
 * need it; with it, it is the absolute directory, as the agent needs it.
 */
export const placeholderValues = (agent: AgentSpec, home: string | null): PlaceholderValues => ({
  name: agent.name,
  class: agent.class,
  runtime: agent.runtime,
  model_hint: agent.modelHint ?? '',
  persona: agent.persona ?? agent.name,
  working_directory: home === null ? agent.workingDirectory : expandHome(agent.workingDirectory, home),
});

/** The first message of a fresh conversation, filled in; null where the agent has no kickstart template. */
export const renderKickstart = (agent: AgentSpec, home: string): string | null =>
  agent.kickstart === null ? null : fillIn(agent.kickstart.content, placeholderValues(agent, home));
