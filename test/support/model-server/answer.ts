import type { Turn } from './turn.js';

/** What the model does, as the user's own last words ask for. */
export interface Answer {
  readonly text: string;
  /** Text as it is streamed. */
  readonly words: readonly string[];
  readonly tool: {
    readonly name: string;
    /** codex has some of its tools in one. */
    readonly namespace?: string;
    readonly input: Readonly<Record<string, unknown>>;
  } | null;
  /** An HTTP status to answer with, or null. */
  readonly error: number | null;
  readonly hang: boolean;
  /** Waits until the test releases this name. */
  readonly gate: string | null;
  readonly sleepMs: number;
  readonly dripMs: number;
}

const SHELL_TOOLS = /^(bash|Bash|shell|exec_command|shell_command|local_shell|run_shell_command)$/;

function shellInput(tool: string, command: string, escalate: boolean): Readonly<Record<string, unknown>> {
  if (tool === 'exec_command') {
    const permission = { sandbox_permissions: 'require_escalated', justification: 'Asked for by a test?' };
    return { cmd: command, ...(escalate ? permission : {}) };
  }
  if (tool === 'shell') return { command: ['bash', '-lc', command] };
  return { command, description: 'asked for by a test' };
}

/** The tools with which a model asks its human, and what each wants beside the question. */
const QUESTION_TOOLS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  AskUserQuestion: { multiSelect: false },
  ask_user: { type: 'choice' },
  request_user_input: { id: 'which' },
  question: {},
};

function questionInput(tool: string, question: string): Readonly<Record<string, unknown>> {
  const options = ['First', 'Second'].map((label) => ({ label, description: `the ${label} of two` }));
  const questions = question.split('|').map((one, index) => ({
    ...{ question: one.trim(), header: `Which ${index + 1}`, options },
    ...QUESTION_TOOLS[tool],
  }));
  return { questions };
}

/** Longest part of the user's words that is said back. */
const ECHO = 2000;

/** The tool that the user's last words ask for. */
function toolOf({ last, tools }: Turn): Answer['tool'] {
  const word = (name: string): string | undefined => new RegExp(`\\b${name}=(.+)`).exec(last)?.[1]?.trim();
  const use = (
    known: (tool: string) => boolean,
    input: (tool: string) => Readonly<Record<string, unknown>>,
  ): Answer['tool'] => {
    const name = tools.find(known);
    return name === undefined ? null : { name, input: input(name) };
  };
  const command = word('TOOL');
  if (command !== undefined)
    return use(
      (tool) => SHELL_TOOLS.test(tool),
      (tool) => shellInput(tool, command, /\bESCALATE\b/.test(last)),
    );
  const task = word('SUBAGENT');
  const namespace = 'multi_agent_v1';
  if (task !== undefined)
    return tools.includes(namespace) ? { namespace, name: 'spawn_agent', input: { message: task } } : null;
  const question = word('QUESTION');
  if (question !== undefined)
    return use(
      (tool) => tool in QUESTION_TOOLS,
      (tool) => questionInput(tool, question),
    );
  if (/\bPLAN\b/.test(last))
    return use(
      (tool) => tool === 'ExitPlanMode',
      () => ({ plan: 'one step' }),
    );
  return null;
}

/**
 * `PONG` and the user's last words, unless these hold directives: SLEEP=ms before the first word, GATE=name until the test opens
 * it, DRIP=ms between words, WORDS=n at least so many, ERR=status, HANG, TOOL=command (to the end of the line; once),
 * QUESTION=words (to the end of the line; once; several between `|`): asked with the agent's own tool for that; PLAN: a plan to approve, likewise.
 * SUBAGENT=words (to the end of the line; once): codex gives them to a sub-agent.
 * ESCALATE: the command asks codex to leave its sandbox.
 * Background requests are answered at once.
 */
export function answer(turn: Turn): Answer {
  const number = (name: string): number | null => {
    const found = turn.main ? new RegExp(`\\b${name}=(\\d+)`).exec(turn.last)?.[1] : undefined;
    return found === undefined ? null : Number(found);
  };
  const words = `PONG ${turn.last.slice(0, ECHO)}`.split(/(?<= )/);
  for (let count = words.length; count < (number('WORDS') ?? 0); count += 1) words.push(`word${count} `);
  return {
    text: words.join(''),
    words,
    tool: turn.main && !turn.afterTool ? toolOf(turn) : null,
    error: number('ERR'),
    hang: turn.main && /\bHANG\b/.test(turn.last),
    gate: turn.main && !turn.afterTool ? (/\bGATE=(\w+)/.exec(turn.last)?.[1] ?? null) : null,
    sleepMs: turn.afterTool ? 0 : (number('SLEEP') ?? 0),
    dripMs: number('DRIP') ?? 0,
  };
}
