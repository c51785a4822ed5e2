import { describe, expect, test } from 'vitest';
import { actionJson } from '../../src/cli/render/plan-json.js';
import { planText } from '../../src/cli/render/plan-text.js';
import { outlookText } from '../../src/cli/render/reason-text.js';
import { styleFor } from '../../src/cli/render/style.js';
import { Scene } from '../support/scene.js';

describe('a start without a resumable conversation says so', () => {
  const own = { command: ['claude', '{model_hint}'], model_hint: 'm' };
  const site = 'has no resumable conversation: MOSAIC_AGENT_COMMAND in its env file cannot be given one';
  const agent = 'has no resumable conversation: put the word {conversation} into its command';
  test.each<
    readonly [string, Readonly<Record<string, unknown>>, Readonly<Record<string, string>>, string | null]
  >([
    ['a command of its own', own, {}, agent],
    ["the site's command", {}, { MOSAIC_AGENT_COMMAND: 'claude' }, site],
    ['the word in it', { command: ['claude', '{conversation}'] }, {}, null],
    ["the runtime's command", {}, {}, null],
    ["the operator's own word", { ...own, resume: false }, {}, null],
    ['a runtime that has none', { ...own, runtime: 'other' }, {}, null],
  ])('%s', (_, doc, siteLines, expected) => {
    const scene = new Scene([{ name: 'a', runtime: 'claude', ...doc }]);
    const files = { owned: true, applied: null, siteEnvironment: { known: true, value: siteLines } } as const;
    scene.files.set('a', files);
    const action = scene.actionOn('a');
    if (action === undefined) throw new Error('nothing is planned');
    expect(action).toMatchObject({ action: 'start', cost: { kind: 'none' } });
    expect(outlookText(action)).toBe(expected);
    const { costMessage = null } = actionJson(action) as { readonly costMessage?: string };
    expect(costMessage).toBe(expected);
    const text = planText(scene.plan(), 'r', styleFor(false));
    expect(text.some((line) => line.trim() === expected)).toBe(expected !== null);
  });
});
