// The public API (types: index.d.ts), out of the one bundled file.
import { createRequire } from 'node:module';

export const { registerAgentCommand, registerFleetCommand, compileRoster, formatDiagnostic } = createRequire(
  import.meta.url,
)('./fleet.bundle.js');
