import type { EarlierDesired } from '../controller/desired.js';
import type { Known, Memory, Observed } from '../controller/observed.js';
import { noFilesSeen, type AgentFilesMemory } from '../observers/agent-files.js';
import { emptyMemory, type ConversationMemory } from '../observers/conversations.js';
import { rememberedInstallation, type Installation } from '../observers/installation.js';
import { rememberedMemory } from '../observers/memory.js';
import { parseEnvironmentFile } from '../roster/environment-file.js';
import type { Context } from './context.js';

/**
 * What was seen before, by who looks again and again: what has not changed is not read again, and is the same value, by
 * identity, so that whoever compares two looks need not look inside.
 */
export interface Earlier {
  readonly files: AgentFilesMemory;
  readonly conversations: ConversationMemory;
  readonly installation: () => Installation;
  readonly memory: () => Known<Memory>;
  desired: EarlierDesired | null;
  /** The last look, and what named the records of ends then; null stamp: these may have changed unnoticed. */
  last: {
    readonly observed: Observed;
    readonly stored: Known<Memory>;
    readonly endsStamp: string | null;
  } | null;
  /** Whether the last look showed nothing to do. */
  quiet: boolean;
}

export const nothingSeen = ({ paths }: Context): Earlier => ({
  files: noFilesSeen(),
  conversations: emptyMemory(),
  installation: rememberedInstallation(paths, parseEnvironmentFile),
  memory: rememberedMemory(paths.state),
  desired: null,
  last: null,
  quiet: false,
});
