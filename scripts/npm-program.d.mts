export interface NpmProgram {
  readonly name: string;
  readonly version: string;
  readonly program: string;
}
export function cacheDirectory(kind: string, chosen?: string): string;
export function installProgram(what: NpmProgram, target: string): string | null;
