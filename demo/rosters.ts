/** The fleet as the operator first writes it. `scout` does not go willingly: see framework/demo/agent.mjs. */
export const firstRoster = (agent: string): string => `version: 1
transport: tmux
tmux: { socket_name: ${socket} }
defaults: { idle_after: 2s, stop_grace: 1s }
runtimes:
  demo:
    command: [node, ${agent}]
agents:
  - name: lead
    runtime: demo
    class: orchestrator
  - name: coder0
    runtime: demo
    class: implementer
  - name: coder1
    runtime: demo
    class: implementer
  - name: reviewer0
    runtime: demo
    class: reviewer
  - name: scout
    runtime: demo
    command: [node, ${agent}, --ignore-signals, --fork]
`;

/** One added, one removed, one changed. Order, comments, spelling and defaults written out are all that differs besides. */
export const editedRoster = (agent: string): string => `# Reviewers first. scout has done its job.
version: 1
transport: tmux
tmux: { socketName: ${socket} }
defaults: { stopGrace: 1s, idleAfter: 2s }
runtimes:
  demo: { command: [node, ${agent}] }
agents:
  - { name: reviewer1, runtime: demo, class: reviewer }
  - { name: reviewer0, runtime: demo, class: reviewer, suspend: false }
  - { name: coder1, runtime: demo, class: implementer, workingDirectory: ~/app }
  - { name: coder0, runtime: demo, class: implementer, workingDirectory: ~/src }
  - { class: orchestrator, runtime: demo, name: lead }
`;

/** Another edit, for which nobody types a command: one leaves, one joins. */
export const laterRoster = (agent: string): string =>
  editedRoster(agent)
    .split('\n')
    .filter((line) => !line.includes(`name: ${added}`))
    .join('\n')
    .replace(/^agents:\n/m, `agents:\n  - { name: ${joined}, runtime: demo, class: implementer }\n`);

export const socket = 'fleet-demo';
export const added = 'reviewer1';
export const removed = 'scout';
export const changed = 'coder1';
export const joined = 'coder2';
export const killed = 'reviewer0';
export const untouched: readonly string[] = ['lead', 'coder0', 'reviewer0'];
