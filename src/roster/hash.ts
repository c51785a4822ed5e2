import { hash as digestOf } from 'node:crypto';
import { type Json, canonicalJson } from './canonical-json.js';
import { type EffectiveSpec, usesInForce } from './effective.js';
import type { AgentSpec, Kickstart } from './types.js';

/** SHA-256 of a text, in hex. */
export const sha256 = (text: string): string => digestOf('sha256', text, 'hex');

const hash = (value: Json): string => `v1:${sha256(canonicalJson(value)).slice(0, 32)}`;

const digests = new WeakMap<Kickstart, string>();

/** SHA-256 of a template's content. Agents share templates, and these are long: each is digested once. */
export const kickstartDigest = (kickstart: Kickstart): string => {
  const digest = digests.get(kickstart) ?? sha256(kickstart.content);
  digests.set(kickstart, digest);
  return digest;
};

/**
 * What a running agent was started with: declared values only. Nothing probed and no home directory, or a whole fleet
 * would restart because the machine changed.
 */
export const specHash = ({ runtime, argv, env, workingDirectory }: EffectiveSpec): string =>
  hash({ runtime, argv, env, workingDirectory });

/**
 * What is in force with an agent's next fresh conversation. The model hint counts only where the command in force does
 * not hold it, for then a changed one is a changed spec. `siteEnvironment` tells which command that is.
 */
export const contextHash = (
  agent: AgentSpec,
  siteEnvironment: Readonly<Record<string, string>> = {},
): string =>
  hash({
    class: agent.class,
    persona: agent.persona,
    kickstart: agent.kickstart && kickstartDigest(agent.kickstart),
    modelHint: usesInForce(agent, siteEnvironment, 'model_hint') ? null : agent.modelHint,
  });
