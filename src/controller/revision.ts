import { hash } from 'node:crypto';
import type { Observed } from './observed.js';

/**
 * Names a state of the world as far as plans depend on it: unit states, marks, pane pids. Activity, attachment and
 * figures are left out, so that a saved plan does not go stale by itself.
 */
export function observedRevision({ units, tmux }: Observed): string {
  const lines: string[] = [];
  if (units.known) {
    const { holder, agents } = units.value;
    lines.push(`holder ${holder?.active ?? 'inactive'}`);
    for (const [name, { active }] of agents) {
      if (active !== 'inactive') lines.push(`unit ${name} ${active}`);
    }
  } else lines.push('units unknown');
  if (!tmux.known) lines.push('tmux unknown');
  else if (tmux.value !== null) {
    lines.push(`server ${tmux.value.pid}`);
    for (const { id, name, marks, panes } of tmux.value.sessions) {
      const pids = panes.map(({ id: pane, pid, dead }) => `${pane}:${pid}:${dead}`).toSorted();
      lines.push(JSON.stringify(['session', id, name, marks, pids]));
    }
  }
  return hash('sha256', lines.toSorted().join('\n'), 'hex').slice(0, 40);
}
