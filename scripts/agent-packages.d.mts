export type Runtime = 'pi' | 'gemini' | 'claude' | 'codex' | 'opencode';
export interface AgentPackage {
  readonly name: string;
  readonly version: string;
  readonly program: string;
}
export const AGENTS: Readonly<Record<Runtime, AgentPackage>>;
export function agentsCache(): string;
export function agentDirectory(runtime: Runtime): string;
export function agentProgram(runtime: Runtime): string;
export function isInstalled(runtime: Runtime): boolean;
