// The public API (types: index.d.ts), out of the program's own chunks.
import { createRequire } from 'node:module';

export const { registerAgentCommand, registerFleetCommand, compileRoster, formatDiagnostic } = createRequire(
  import.meta.url,
)('./fleet.js');
