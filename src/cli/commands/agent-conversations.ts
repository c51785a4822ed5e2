import type { Plan } from '../../controller/action.js';
import type { World } from '../../controller/assess.js';
import type { Conversation, FormerConversation } from '../../controller/conversation.js';
import { chooseConversation, resumePlan } from '../../controller/resume-plan.js';
import { displayPath } from '../../host/paths.js';
import { evidenceOf, type EnvironmentOf } from '../../observers/conversation-evidence.js';
import { observeInstallation } from '../../observers/installation.js';
import { showManagerEnvironment } from '../../observers/systemd.js';
import { parseEnvironmentFile } from '../../roster/environment-file.js';
import { profileOf } from '../../roster/profile.js';
import { visible } from '../../roster/visible.js';
import { agentEnvironment, inheritedEnvironment } from '../agent-environment.js';
import { requireAgents } from '../agent-names.js';
import type { Context } from '../context.js';
import { carryOutTold } from '../carry-out-told.js';
import { withLock } from '../execute.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { requireInstallation } from '../guard.js';
import { observe, type Pass } from '../pass.js';
import { continuedText, endedText } from '../render/conversation-text.js';
import { formatVersion } from '../render/plan-json.js';
import { ago } from '../render/reason-text.js';
import { loadRoster } from '../roster-source.js';
import { textReporter } from '../reporter.js';
import { jsonText } from '../render/json-text.js';

/** Which conversations an agent is, and was, in. Nothing of what was said. */
export async function conversationsCommand(
  context: Context,
  name: string,
  options: { readonly json?: true },
): Promise<ExitCode> {
  const roster = await loadRoster(context);
  requireAgents(roster, [name]);
  const { world } = await observe(context, { roster });
  const sight = world.observed.conversations.get(name);
  if (sight?.record.known === false) throw new CommandFailure(ExitCode.error, sight.record.message);
  const { current, former } = sight?.record.value ?? { current: null, former: [] };
  const named = current === null || current.id === '' ? null : current;
  if (options.json === true) {
    const document = {
      ...{ formatVersion, agent: name, current: named === null ? null : json(named) },
      former: former.map((one) => ({ ...json(one), endedAt: iso(one.endedAt), ended: one.ended })),
    };
    context.print(jsonText(document, 2));
    return ExitCode.done;
  }
  if (named === null && former.length === 0) context.print(`${name} has no conversation on record.`);
  if (named !== null) context.print(`* ${line(named, context.now())}`);
  for (const one of former)
    context.print(
      `  ${line(one, context.now())}; ${endedText(one.ended)} ${ago(context.now() - one.endedAt)} ago`,
    );
  return ExitCode.done;
}

function line({ id, runtime, directory, createdAt, resumed }: Conversation, now: number): string {
  const begun = createdAt > 0 ? `, begun ${ago(now - createdAt)} ago` : '';
  const again =
    resumed === null ? '' : `, continued ${ago(now - resumed.at)} ago (${continuedText(resumed.how)})`;
  return `${visible(id)}  ${visible(runtime)} in ${visible(directory)}${begun}${again}`;
}

const iso = (ms: number): string => new Date(ms).toISOString();

const json = ({
  id,
  runtime,
  directory,
  origin,
  createdAt,
  accepted,
  resumed,
}: Conversation | FormerConversation): object => ({
  ...{ id, runtime, directory, origin, accepted, startedAt: createdAt > 0 ? iso(createdAt) : null },
  ...{ resumedAt: resumed === null ? null : iso(resumed.at), resumedBy: resumed?.how ?? null },
});

/** Whether its next process would find something by this id. */
function isHeld(
  context: Context,
  { world: { desired }, installation }: Pass,
  manager: EnvironmentOf,
  { name, id }: { readonly name: string; readonly id: string },
): boolean {
  const wanted = desired.get(name);
  if (wanted?.kind !== 'resolved') return false;
  const place = profileOf(wanted.spec).conversation?.evidence ?? null;
  const inherited = inheritedEnvironment(installation, manager);
  const environment = agentEnvironment(context, inherited, wanted.effective.env);
  return evidenceOf(place, id, environment, null).state === 'holds';
}

/**
 * Starts or restarts an agent in a conversation that it was in before, or that a human began without fleet. The current
 * one is kept.
 */
export async function resumeCommand(context: Context, name: string, id: string): Promise<ExitCode> {
  const roster = await loadRoster(context);
  requireAgents(roster, [name]);
  // It is the beginning of every id: "$ID" of a script that has not set it would choose one.
  if (id === '')
    throw new CommandFailure(
      ExitCode.usage,
      `say which conversation; see: fleet agent conversations ${name}`,
    );
  requireInstallation(context, roster, observeInstallation(context.paths, parseEnvironmentFile));
  return withLock(context, 'fleet agent resume', async () => {
    const pass = await observe(context);
    const manager = (await showManagerEnvironment(context.exec)) ?? {};
    const chosen = chooseConversation(pass.world, name, id, (whole) =>
      isHeld(context, pass, manager, { name, id: whole }),
    );
    if (!chosen.ok)
      throw new CommandFailure(ExitCode.error, `${name} was left as it is: ${visible(chosen.message)}`);
    const planOf = (world: World): Plan => resumePlan(world, name, chosen.conversation, context.now());
    const plan = planOf(pass.world);
    const [action] = plan.actions;
    if (
      action?.live != null &&
      action.conversation.now.kind === 'known' &&
      action.conversation.now.conversation.id === chosen.conversation.id
    ) {
      context.print(`${name} is in that conversation.`);
      return ExitCode.done;
    }
    if (action === undefined && plan.unknownAgents.length === 0)
      throw new CommandFailure(
        ExitCode.error,
        `${name} was left as it is: it is suspended in the roster; take suspend out of it first`,
      );
    const reporter = textReporter(context);
    reporter.planned(plan, displayPath(context.paths.roster, context.paths.userHome));
    const code = await carryOutTold(context, reporter, plan, pass, ({ world }) => planOf(world));
    // Whoever lifts the gate as he is told has it go on in the conversation that it was in.
    if (code === ExitCode.gated)
      context.say(
        `Which conversation is not taken note of: after that say again: fleet agent resume ${name} ${visible(id)}`,
      );
    return code;
  });
}
