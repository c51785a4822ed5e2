import { list, object, string, type Json } from './json.js';

export type Protocol = 'chat' | 'responses' | 'anthropic' | 'gemini';

/** What a request asks, in the words of no protocol. */
export interface Turn {
  readonly protocol: Protocol;
  readonly model: string;
  readonly stream: boolean;
  /** Every text part the user's side sent, in order and whole; parts that the agent's program adds itself are left out. */
  readonly texts: readonly string[];
  /** The last of them, or ''. Directives are read from it. */
  readonly last: string;
  /** Every text part that the model's side is said to have answered, in order. */
  readonly answers: readonly string[];
  readonly tools: readonly string[];
  /** The last thing in the conversation is a tool's result: nobody asked anew. */
  readonly afterTool: boolean;
  readonly toolResults: readonly string[];
  /** The agent's own turn, not a title, a summary or a suggestion in the background. */
  readonly main: boolean;
  /** An answer in JSON is wanted: background requests of gemini. */
  readonly wantsJson: boolean;
}

export function protocolOf(path: string): Protocol | null {
  if (path.endsWith('/chat/completions')) return 'chat';
  if (path.endsWith('/responses')) return 'responses';
  if (path.endsWith('/messages')) return 'anthropic';
  return /:(stream)?generateContent$/i.test(path) ? 'gemini' : null;
}

/** Text parts that begin so are the program's, not a human's: context that it puts before or after what was typed. */
const OWN_WORDS =
  /^\s*<(system-reminder|environment_context|user_instructions|INSTRUCTIONS|session_context|permissions instructions|collaboration_mode|skills_instructions|apps_instructions|plugins_instructions|local-command-caveat|local-command-stdout|command-name|command-message|command-args|turn_aborted)\b/;

/** Requests with tools that are no turn: claude 2.1 asks for a suggestion of the user's next words. */
const BACKGROUND = /^\s*\[SUGGESTION MODE/;

/** claude 2.1 hands on what was said in mid-turn in the role `system`, with words of its own around it. */
const MID_TURN = /^The user sent a new message while you were working:\n([^]*?)(?:\n\nIMPORTANT: [^]*)?$/;

interface Item {
  readonly texts: readonly string[];
  readonly result: string | null;
}

const textParts = (content: unknown): readonly string[] =>
  typeof content === 'string'
    ? [content]
    : list(content)
        .map((part) => (typeof part === 'string' ? part : string(object(part)['text'])))
        .filter((text) => text !== '');

/** The user's side of one message of the conversation; null for the model's and the system's. */
function readItem(protocol: Protocol, item: Json): Item | null {
  const type = string(item['type']);
  if (type.endsWith('_call_output')) return { texts: [], result: textParts(item['output']).join('\n') };
  if (item['role'] === 'tool') return { texts: [], result: textParts(item['content']).join('\n') };
  if (item['role'] === 'system') {
    const said = textParts(item['content']).flatMap((text) => MID_TURN.exec(text)?.[1] ?? []);
    return said.length === 0 ? null : { texts: said, result: null };
  }
  // gemini sends the results of tools in the role `user` or `function`.
  if (item['role'] !== 'user' && item['role'] !== 'function') return null;
  const content = protocol === 'gemini' ? item['parts'] : item['content'];
  const results = list(content)
    .map(object)
    .filter((part) => part['type'] === 'tool_result' || 'functionResponse' in part);
  const texts = textParts(content).filter((text) => !OWN_WORDS.test(text));
  return { texts, result: results.length > 0 ? JSON.stringify(results) : null };
}

/** What the model's side is said to have answered in one message; gemini calls it `model`. */
function readAnswer(protocol: Protocol, item: Json): readonly string[] {
  if (item['role'] !== 'assistant' && item['role'] !== 'model') return [];
  return textParts(protocol === 'gemini' ? item['parts'] : item['content']);
}

function toolNames(body: Json): readonly string[] {
  return list(body['tools'])
    .flatMap((tool) => {
      const declared = list(object(tool)['functionDeclarations']);
      return declared.length > 0 ? declared : [tool];
    })
    .map(object)
    .map((tool) => string(object(tool['function'])['name']) || string(tool['name']) || string(tool['type']))
    .filter((name) => name !== '');
}

const items = (protocol: Protocol, body: Json): readonly unknown[] => {
  switch (protocol) {
    case 'gemini':
      return list(body['contents']);
    case 'responses':
      return typeof body['input'] === 'string'
        ? [{ role: 'user', content: body['input'] }]
        : list(body['input']);
    case 'chat':
    case 'anthropic':
      return list(body['messages']);
  }
};

export function readTurn(protocol: Protocol, path: string, body: Json): Turn {
  const texts: string[] = [];
  const answers: string[] = [];
  const toolResults: string[] = [];
  let afterTool = false;
  for (const item of items(protocol, body)) {
    answers.push(...readAnswer(protocol, object(item)));
    const read = readItem(protocol, object(item));
    if (read === null) continue;
    if (read.result !== null) toolResults.push(read.result);
    // Words that come along with a result were typed while the tool ran, and are a new request.
    if (read.texts.length > 0 || read.result !== null) afterTool = read.texts.length === 0;
    texts.push(...read.texts);
  }
  const tools = toolNames(body);
  const last = texts.at(-1) ?? '';
  const generation = object(body['generationConfig']);
  return {
    protocol,
    model: string(body['model']) || (path.split('/').at(-1)?.split(':')[0] ?? ''),
    stream: protocol === 'gemini' ? /:stream/i.test(path) : body['stream'] === true,
    texts,
    last,
    answers,
    tools,
    afterTool,
    toolResults,
    main: tools.length > 0 && !BACKGROUND.test(last),
    wantsJson: 'responseJsonSchema' in generation || 'responseSchema' in generation,
  };
}
