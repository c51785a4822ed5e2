import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '../chaos/random.js';
import { until } from '../support/fleet-sandbox.js';
import type { ModelRequest } from '../support/model-server.js';
import type { Runtime } from '../support/real-agents.js';
import { CampaignFleet } from './campaign-fleet.js';
import { befall, controllerRuns, hit } from './campaign-hands.js';
import { Histories } from './campaign-histories.js';
import { described, drawSteps, NAMES, type Moment, type Name, type Step } from './campaign-step.js';
import { takeTimes, type Times } from './campaign-time.js';

export interface CampaignResult {
  readonly faults: number;
  readonly lost: number;
  readonly mixed: number;
  readonly repeated: number;
  /** Agents that did not come back, or could not be talked to. */
  readonly stuck: number;
  readonly findings: readonly string[];
  readonly times: Times | null;
}

/** What the model does so that there is time to die in a turn, and ends soon where nobody does. */
const WORK: Readonly<Record<Moment, string>> = {
  idle: '',
  'before the first word': ' SLEEP=4000',
  'in the middle of the answer': ' WORDS=80 DRIP=50',
};

class Campaign {
  readonly histories = new Histories();
  readonly findings: string[] = [];
  /** Messages that arrived although no receipt said so. */
  unproven = 0;
  readonly counts = { lost: 0, mixed: 0, repeated: 0, stuck: 0 };

  constructor(readonly fleet: CampaignFleet) {}

  find(kind: keyof Campaign['counts'], what: string): void {
    this.counts[kind] += 1;
    this.findings.push(`${kind}: ${what}`);
  }

  /** The first request of a turn that holds the mark. */
  private asked(mark: string): ModelRequest | undefined {
    return this.fleet.server
      .requests()
      .find(({ main, texts }) => main && texts.some((text) => text.includes(mark)));
  }

  /** Sends a fresh mark. @returns it, and the request by which it reached the model */
  private async send(name: Name, work: string): Promise<{ mark: string; request: ModelRequest }> {
    const mark = this.histories.mark(name);
    const words = ['--when-idle', '--timeout', '120s', '--message', `${mark}${work}`];
    // The model is the judge: a receipt may be `unknown` on a machine with other work.
    const sent = await this.fleet.must([0, 4], 'agent', 'send', name, ...words);
    const what = `the model to get ${mark} (${sent.stdout.trim()}${sent.stderr.trim()})`;
    const request = await until(what, () => this.asked(mark), 60_000);
    if (sent.code !== 0) this.unproven += 1;
    return { mark, request };
  }

  /** Says something in peace and judges what the model was told with it. */
  async say(name: Name, when: string): Promise<void> {
    const { mark, request } = await this.send(name, '');
    const { lost, mixed, repeated } = this.histories.judge(name, request);
    if (lost.length > 0) this.find('lost', `${when}: ${name} lost ${lost.join()}`);
    if (mixed.length > 0) this.find('mixed', `${when}: ${name} has ${mixed.join()}`);
    if (repeated.length > 0) this.find('repeated', `${when}: ${name} has ${repeated.join()} more than once`);
    await until(`${mark} to be answered`, () => this.asked(mark)?.state === 'answered', 60_000);
    this.histories.answered(name, mark);
  }

  /** Lives through one fault, from the moment before it until both have been spoken to. @returns ms until both were ready */
  async live(step: Step, when: string): Promise<number> {
    const { fleet } = this;
    await controllerRuns(fleet, step.healer === 'controller');
    await fleet.idle();
    const pids = await fleet.sandbox.pids();
    const begun: { name: Name; mark: string }[] = [];
    if (step.moment !== 'idle') {
      for (const name of step.victims) {
        const { mark } = await this.send(name, WORK[step.moment]);
        begun.push({ name, mark });
      }
      await pause(step.afterMs);
    }
    const began = await befall(fleet, step);
    const ready = await Promise.all(hit(step).map((name) => fleet.readyAgain(name, pids[name])));
    for (const { name, mark } of begun) {
      // What was answered just before the end may be written down or not; an edit waits for the end of the turn.
      if (step.fault === 'setting edited') {
        if (this.asked(mark)?.state === 'answered') this.histories.answered(name, mark);
        else this.find('lost', `${when}: the turn of ${mark} was cut off by an edit`);
      } else this.histories.cutOff(name, mark);
    }
    for (const name of step.order) await this.say(name, when);
    return Math.max(...ready) - began;
  }

  /** After something that did not go on: what an operator would do. */
  async helped(): Promise<boolean> {
    await this.fleet.sandbox.fleet('start');
    const waited = await this.fleet.sandbox.fleet('wait', '--for', 'ready', ...NAMES, '--timeout', '120s');
    return waited.code === 0;
  }
}

/** So many faults of a seed on two agents of a runtime, then the times from a kill until ready. */
export async function campaign(
  runtime: Runtime,
  { faults, seed, rounds }: { readonly faults: number; readonly seed: number; readonly rounds: number },
  say: (line: string) => void,
): Promise<CampaignResult> {
  const fleet = await CampaignFleet.start(runtime);
  const all = new Campaign(fleet);
  const { histories, findings, counts } = all;
  let lived = 0;
  try {
    for (const name of NAMES) await all.say(name, 'at first');
    for (const step of drawSteps(new Random(seed), faults)) {
      const when = `${lived + 1} ${described(step)}`;
      const before = findings.length;
      let told: string;
      try {
        told = `ready after ${Math.round(await all.live(step, when))} ms`;
      } catch (error) {
        all.find('stuck', `${when}: ${String(error)}\n${await fleet.sight()}`);
        told = 'STUCK';
      }
      lived += 1;
      say(`${when}: ${told}; ${NAMES.map((name) => `${name} knows ${histories.known(name)}`).join(', ')}`);
      for (const finding of findings.slice(before)) say(`  WRONG ${finding}`);
      if (told === 'STUCK' && !(await all.helped())) break;
      if (findings.length > 10) break;
    }
    const { cut, remembered } = histories;
    say(
      `${runtime}, seed ${seed}: ${lived} faults, ${counts.lost} lost, ${counts.mixed} mixed, ` +
        `${counts.repeated} repeated, ${counts.stuck} stuck; ${remembered} of ${cut} turns that were cut off are remembered; ${all.unproven} arrived unproven`,
    );
    const times = findings.length === 0 && rounds > 0 ? await takeTimes(fleet, rounds) : null;
    if (times !== null) say(`${runtime}: ${times.told}`);
    return { faults: lived, ...counts, findings, times };
  } finally {
    await fleet.dispose();
  }
}
