import type { Plan } from '../controller/action.js';
import type { ActionResult } from '../controller/apply.js';
import { ExitCode } from './exit-code.js';

/** The exit code of what was carried out. */
export function exitCodeOf(results: readonly ActionResult[], plan: Plan): ExitCode {
  if (plan.unknownSources.length > 0) return sourceExitCode(plan);
  if (results.some(({ kind }) => kind === 'interrupted')) return ExitCode.interrupted;
  const missed = results.some(({ kind }) => kind === 'failed' || kind === 'unknown');
  if (missed || plan.unknownAgents.length > 0) return ExitCode.actionFailed;
  if (results.some(({ kind }) => kind === 'gated')) return ExitCode.gated;
  return ExitCode.done;
}

/** Unknown systemd or tmux is an unavailable service; fleet's own unreadable state is an error. */
export const sourceExitCode = ({ unknownSources }: Pick<Plan, 'unknownSources'>): ExitCode =>
  unknownSources.length === 0
    ? ExitCode.done
    : unknownSources.some(({ source }) => source !== 'state')
      ? ExitCode.unavailable
      : ExitCode.error;
