import * as fs from 'node:fs';
import * as path from 'node:path';
import { AGENTS, agentProgram, isInstalled, type Runtime } from '../../scripts/agent-packages.mjs';

export type { Runtime } from '../../scripts/agent-packages.mjs';

export const RUNTIMES = Object.keys(AGENTS) as readonly Runtime[];

/** FLEET_TEST_AGENTS=pi,gemini narrows a run; without it all five are wanted. */
export const wanted = (): readonly Runtime[] => {
  const named = process.env['FLEET_TEST_AGENTS']?.split(',');
  return RUNTIMES.filter((runtime) => named?.includes(runtime) ?? true);
};

export const missing = (): readonly Runtime[] => wanted().filter((runtime) => !isInstalled(runtime));

export const versionOf = (runtime: Runtime): string => AGENTS[runtime].version;

/** The roster's words for an agent whose model is the fake one. */
export interface RealAgent {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface Place {
  /** One per agent: several keep state there that they share between all agents of a home. */
  readonly home: string;
  readonly work: string;
  /** The model server's, on loopback. */
  readonly port: number;
  /** Ask a human before a command is run. pi cannot. */
  readonly approvals?: boolean;
}

const writeJson = (file: string, value: unknown): void => {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
};

function pi({ home, port }: Place): RealAgent {
  const model = {
    id: 'fake-model',
    name: 'Fake',
    reasoning: false,
    input: ['text'],
    contextWindow: 128_000,
    maxTokens: 8000,
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  };
  const fake = {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    api: 'openai-completions',
    apiKey: 'dummy',
    compat: { supportsDeveloperRole: false, supportsReasoningEffort: false },
    models: [model],
  };
  writeJson(path.join(home, '.pi/agent/models.json'), { providers: { fake } });
  writeJson(path.join(home, '.pi/agent/settings.json'), {
    defaultProvider: 'fake',
    defaultModel: 'fake-model',
    enableInstallTelemetry: false,
  });
  return { command: [agentProgram('pi')], env: { HOME: home, PI_OFFLINE: '1' } };
}

function codex({ home, work, port, approvals }: Place): RealAgent {
  const lines = [
    'model = "fake-model"',
    'model_provider = "fake"',
    // With "on-request" it asks when the model wants to leave the sandbox: the directive ESCALATE. 0.169 refuses "untrusted".
    `approval_policy = "${approvals === true ? 'on-request' : 'never'}"`,
    `sandbox_mode = "${approvals === true ? 'workspace-write' : 'danger-full-access'}"`,
    'check_for_update_on_startup = false',
    '[model_providers.fake]',
    'name = "Fake"',
    `base_url = "http://127.0.0.1:${port}/v1"`,
    'env_key = "FAKE_KEY"',
    'wire_api = "responses"',
    'request_max_retries = 0',
    'stream_max_retries = 0',
    `[projects.${JSON.stringify(work)}]`,
    'trust_level = "trusted"',
    '[analytics]',
    'enabled = false',
    // Otherwise a 350 MB daemon per home outlives the session and serves every agent of that home.
    '[features]',
    'daemon_auto_start = false',
  ];
  fs.mkdirSync(path.join(home, '.codex'), { recursive: true });
  fs.writeFileSync(path.join(home, '.codex/config.toml'), `${lines.join('\n')}\n`, { mode: 0o600 });
  return { command: [agentProgram('codex')], env: { HOME: home, FAKE_KEY: 'dummy' } };
}

function opencode({ home, port, approvals }: Place): RealAgent {
  writeJson(path.join(home, '.config/opencode/opencode.json'), {
    autoupdate: false,
    share: 'disabled',
    model: 'fake/fake-model',
    small_model: 'fake/fake-model',
    enabled_providers: ['fake'],
    ...(approvals === true ? { permission: { bash: 'ask' } } : {}),
    provider: {
      fake: {
        npm: '@ai-sdk/openai-compatible',
        name: 'Fake',
        options: { baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'dummy' },
        models: { 'fake-model': { name: 'Fake', limit: { context: 128_000, output: 8000 } } },
      },
    },
  });
  const off = [
    'OPENCODE_DISABLE_AUTOUPDATE',
    'OPENCODE_DISABLE_MODELS_FETCH',
    'OPENCODE_DISABLE_LSP_DOWNLOAD',
  ];
  return {
    command: [agentProgram('opencode')],
    env: { HOME: home, ...Object.fromEntries(off.map((name) => [name, '1'])) },
  };
}

function claude({ home, work, port, approvals }: Place): RealAgent {
  // Without these two it goes online at its first start, and ends when it cannot.
  writeJson(path.join(home, '.claude.json'), {
    hasCompletedOnboarding: true,
    bypassPermissionsModeAccepted: true,
    projects: { [work]: { hasTrustDialogAccepted: true } },
  });
  return {
    // By itself a model judges what needs no approval, since 2.1.332.
    command: [
      agentProgram('claude'),
      ...(approvals === true ? ['--permission-mode', 'default'] : ['--dangerously-skip-permissions']),
    ],
    env: {
      HOME: home,
      // Otherwise root may not skip them; and with it fewer commands are asked for.
      ...(approvals === true ? {} : { IS_SANDBOX: '1' }),
      ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`,
      ANTHROPIC_AUTH_TOKEN: 'dummy',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
    },
  };
}

function gemini({ home, port }: Place): RealAgent {
  writeJson(path.join(home, '.gemini/settings.json'), {
    security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
    // Its retention removes another agent's conversation that holds no message yet, at start.
    general: {
      enableAutoUpdate: false,
      enableAutoUpdateNotification: false,
      sessionRetention: { enabled: false },
    },
    privacy: { usageStatisticsEnabled: false },
    telemetry: { enabled: false },
    model: { name: 'gemini-2.5-flash', disableLoopDetection: true, skipNextSpeakerCheck: true },
  });
  return {
    command: [agentProgram('gemini')],
    env: {
      HOME: home,
      GEMINI_API_KEY: 'dummy',
      GOOGLE_GEMINI_BASE_URL: `http://127.0.0.1:${port}`,
    },
  };
}

const PREPARE: Readonly<Record<Runtime, (place: Place) => RealAgent>> = {
  pi,
  gemini,
  claude,
  codex,
  opencode,
};

/** Writes the configuration of one agent that works offline, before its first start. */
export function prepareAgent(runtime: Runtime, place: Place): RealAgent {
  fs.mkdirSync(place.work, { recursive: true });
  return PREPARE[runtime](place);
}
