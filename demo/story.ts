// `npm run demo [-- --keep]`: fleet's main job, from a roster to a running and healing fleet, on real systemd and tmux,
// where nothing of the operator's can be touched. The same file runs twice: outside, and again inside the private manager.
import { parseArgs } from 'node:util';
import { tellStory } from './inside.js';
import { prerequisiteProblem, reportVariable, runOutside } from './outside.js';

const usage = `usage: npm run demo [-- --keep]

  --keep    leave the fleet running at the end, and say how to attach to it
`;

async function main(): Promise<number> {
  let options: { keep?: boolean | undefined; help?: boolean | undefined };
  try {
    options = parseArgs({ options: { keep: { type: 'boolean' }, help: { type: 'boolean' } } }).values;
  } catch (error) {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 64;
  }
  if (options.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  // A reader that has seen enough (`| head`) does not change what holds.
  process.stdout.on('error', () => undefined);
  const keep = options.keep === true;
  const reportFile = process.env[reportVariable];
  if (reportFile !== undefined) return tellStory(reportFile, keep);
  const problem = prerequisiteProblem();
  if (problem === null) return runOutside(keep);
  process.stderr.write(`demo: ${problem}\n`);
  return 69;
}

// Not by exitCode: what is left open, a pipe that tells of our parent's life among it, must not keep us here.
process.exit(await main());
