import { displayPath } from '../host/paths.js';
import { observeUnitSettings, type ChangedSetting } from '../observers/unit-settings.js';
import type { Context } from './context.js';
import type { Check } from './render/check-text.js';

const subject = 'units';

/** What it does to a fleet; the value is systemd's. */
const consequence: Readonly<Record<ChangedSetting['setting'], (value: string) => string>> = {
  KillMode: () => 'processes outlive their agent',
  RemainAfterExit: () => 'who has ended counts as running',
  Restart: () => 'systemd restarts, without the delays and gates of fleet',
  RuntimeMaxSec: (value) => `systemd ends what has run for ${value}`,
};

/** An operator's drop-in for every service of his (`service.d`) is one for these, too; one that only sets limits is none of fleet's business. */
export async function unitChecks(
  { exec, paths }: Context,
  agents: readonly string[],
): Promise<readonly Check[]> {
  const changed = await observeUnitSettings(exec, agents);
  if (!changed.known) return [{ result: 'warning', subject, message: changed.message }];
  const alike = new Map<string, { readonly first: ChangedSetting; more: number }>();
  for (const one of changed.value) {
    const key = `${one.setting} ${one.value} ${one.dropIns.join(' ')}`;
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { first: one, more: 0 });
    else known.more += 1;
  }
  return [...alike.values()].map(({ first: { unit, setting, value, dropIns }, more }): Check => {
    const units = more === 0 ? unit : `${unit} and ${more} more`;
    return {
      result: setting === 'RuntimeMaxSec' ? 'failed' : 'warning',
      subject,
      message: `${setting}=${value} for ${units}: ${consequence[setting](value)}`,
      hint:
        dropIns.length === 0
          ? `systemctl --user cat ${unit}`
          : `take it out of ${dropIns.map((file) => displayPath(file, paths.userHome)).join(' or ')}; then systemctl --user daemon-reload`,
    };
  });
}
