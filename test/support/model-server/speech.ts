import type { Answer } from './answer.js';
import type { Protocol, Turn } from './turn.js';

/** One answer in a protocol's own form: whole, or as server-sent events before, for, and after its words. */
export interface Speech {
  readonly whole: unknown;
  readonly head: readonly string[];
  readonly word: (word: string, index: number) => string;
  readonly tail: readonly string[];
}

const event = (data: unknown, name?: string): string =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;

const typed = (type: string, members: object): string => event({ type, ...members }, type);

function chat(id: number, turn: Turn, { text, tool, words }: Answer): Speech {
  const base = { id: `chatcmpl-${id}`, created: id, model: turn.model };
  const usage = {
    prompt_tokens: 10,
    completion_tokens: words.length,
    total_tokens: 10 + words.length,
  };
  const calls = tool && [
    {
      index: 0,
      id: `call_${id}`,
      type: 'function',
      function: { name: tool.name, arguments: JSON.stringify(tool.input) },
    },
  ];
  const reason = calls === null ? 'stop' : 'tool_calls';
  const delta = (part: object, finish: string | null = null): string =>
    event({
      ...base,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: part, finish_reason: finish }],
    });
  const message =
    calls === null
      ? { role: 'assistant', content: text }
      : { role: 'assistant', content: null, tool_calls: calls };
  return {
    whole: {
      ...base,
      object: 'chat.completion',
      usage,
      choices: [{ index: 0, finish_reason: reason, message }],
    },
    head: [
      delta({ role: 'assistant', content: '' }),
      ...(calls === null ? [] : [delta({ tool_calls: calls })]),
    ],
    word: (content) => delta({ content }),
    tail: [
      delta({}, reason),
      event({ ...base, object: 'chat.completion.chunk', choices: [], usage }),
      'data: [DONE]\n\n',
    ],
  };
}

function responses(id: number, turn: Turn, { text, tool, words }: Answer): Speech {
  const item =
    tool === null
      ? {
          type: 'message',
          id: `msg_${id}`,
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text, annotations: [] }],
        }
      : {
          type: 'function_call',
          id: `fc_${id}`,
          call_id: `call_${id}`,
          ...(tool.namespace === undefined ? {} : { namespace: tool.namespace }),
          name: tool.name,
          arguments: JSON.stringify(tool.input),
          status: 'completed',
        };
  const usage = {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: words.length,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 10 + words.length,
  };
  const response = (status: string, output: readonly unknown[]): object => ({
    id: `resp_${id}`,
    object: 'response',
    created_at: id,
    status,
    model: turn.model,
    output,
    usage: status === 'completed' ? usage : null,
  });
  const begun =
    tool === null
      ? { ...item, status: 'in_progress', content: [] }
      : { ...item, status: 'in_progress', arguments: '' };
  const place = { item_id: `msg_${id}`, output_index: 0, content_index: 0 };
  return {
    whole: response('completed', [item]),
    head: [
      typed('response.created', { response: response('in_progress', []) }),
      typed('response.output_item.added', { output_index: 0, item: begun }),
      ...(tool === null
        ? [
            typed('response.content_part.added', {
              ...place,
              part: { type: 'output_text', text: '', annotations: [] },
            }),
          ]
        : []),
    ],
    word: (delta) => typed('response.output_text.delta', { ...place, delta }),
    tail: [
      ...(tool === null ? [typed('response.output_text.done', { ...place, text })] : []),
      typed('response.output_item.done', { output_index: 0, item }),
      typed('response.completed', { response: response('completed', [item]) }),
    ],
  };
}

function anthropic(id: number, turn: Turn, { text, tool, words }: Answer): Speech {
  const block =
    tool === null
      ? { type: 'text', text }
      : { type: 'tool_use', id: `toolu_${id}`, name: tool.name, input: tool.input };
  const reason = tool === null ? 'end_turn' : 'tool_use';
  const message = {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model: turn.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 1 },
  };
  const empty = tool === null ? { type: 'text', text: '' } : { ...block, input: {} };
  const input = { type: 'input_json_delta', partial_json: JSON.stringify(tool?.input ?? {}) };
  return {
    whole: { ...message, content: [block], stop_reason: reason },
    head: [
      typed('message_start', { message }),
      typed('content_block_start', { index: 0, content_block: empty }),
      ...(tool === null ? [] : [typed('content_block_delta', { index: 0, delta: input })]),
    ],
    word: (part) => typed('content_block_delta', { index: 0, delta: { type: 'text_delta', text: part } }),
    tail: [
      typed('content_block_stop', { index: 0 }),
      typed('message_delta', {
        delta: { stop_reason: reason, stop_sequence: null },
        usage: { output_tokens: words.length },
      }),
      typed('message_stop', {}),
    ],
  };
}

/** What gemini's background requests (router, next speaker) read, all in one. */
const GEMINI_JSON = {
  reasoning: 'a test',
  next_speaker: 'user',
  model_choice: 'flash',
  complexity_score: 1,
  complexity_reasoning: 'a test',
};

function gemini(_id: number, turn: Turn, { text, tool, words }: Answer): Speech {
  const usageMetadata = {
    promptTokenCount: 10,
    candidatesTokenCount: words.length,
    totalTokenCount: 10 + words.length,
  };
  const candidate = (parts: readonly unknown[], finishReason?: string): object => ({
    candidates: [
      {
        content: { role: 'model', parts },
        index: 0,
        ...(finishReason === undefined ? {} : { finishReason }),
      },
    ],
    usageMetadata,
    modelVersion: 'fake',
  });
  const call = tool && [{ functionCall: { name: tool.name, args: tool.input } }];
  const said = turn.wantsJson ? JSON.stringify(GEMINI_JSON) : text;
  return {
    whole: candidate(call ?? [{ text: said }], 'STOP'),
    head: call === null ? [] : [event(candidate(call))],
    word: (part) => event(candidate([{ text: part }])),
    tail: [event(candidate([{ text: '' }], 'STOP'))],
  };
}

export const SPEECH: Readonly<Record<Protocol, (id: number, turn: Turn, answer: Answer) => Speech>> = {
  chat,
  responses,
  anthropic,
  gemini,
};
