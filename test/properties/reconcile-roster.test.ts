import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { noWords } from '../../src/controller/gate.js';
import { plan } from '../../src/controller/plan.js';
import { stringify } from 'yaml';
import { Story, history } from '../support/history.js';
import { edit, edited, type RosterDoc } from '../support/roster-edits.js';
import { compileText } from '../support/scene.js';

/** Ways to write the same roster down. */
interface Manner {
  readonly reversed: boolean;
  readonly camelCase: boolean;
  readonly sortedKeys: boolean;
  readonly defaultsWritten: boolean;
  readonly format: 'json' | 'json-indented' | 'yaml' | 'yaml-flow' | 'yaml-commented';
}

const manner: fc.Arbitrary<Manner> = fc.record({
  reversed: fc.boolean(),
  camelCase: fc.boolean(),
  sortedKeys: fc.boolean(),
  defaultsWritten: fc.boolean(),
  format: fc.constantFrom('json', 'json-indented', 'yaml', 'yaml-flow', 'yaml-commented'),
});

const camel = (key: string): string => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Keys of the schema only: names of variables and runtimes are the operator's. */
function respelled(value: unknown, how: Manner, parent = ''): unknown {
  if (Array.isArray(value)) return value.map((entry) => respelled(entry, how, parent));
  if (typeof value !== 'object' || value === null || parent === 'env') return value;
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  if (how.sortedKeys) entries.sort(([a], [b]) => (a < b ? 1 : -1));
  return Object.fromEntries(
    entries.map(([key, entry]) => [how.camelCase ? camel(key) : key, respelled(entry, how, key)]),
  );
}

const written = {
  working_directory: '~/src',
  launcher: ['mosaic', 'yolo'],
  disruption: 'when-idle',
  idle_after: '30s',
  stop_grace: '10s',
  max_disruption: '50%',
};

function textOf(doc: RosterDoc, how: Manner): string {
  const agents = how.reversed ? doc.agents.toReversed() : doc.agents;
  const document = respelled(
    {
      version: 1,
      transport: 'tmux',
      tmux: how.defaultsWritten ? { socket_name: 'mosaic-factory', holder_session: '_holder' } : {},
      defaults: how.defaultsWritten ? { ...written, ...doc.defaults } : doc.defaults,
      agents: how.defaultsWritten
        ? agents.map((agent) => ({ class: 'worker', suspend: false, resume: true, ...withoutNothing(agent) }))
        : agents,
    },
    how,
  );
  switch (how.format) {
    case 'json':
      return JSON.stringify(document);
    case 'json-indented':
      return JSON.stringify(document, null, 3);
    case 'yaml':
      return stringify(document);
    case 'yaml-flow':
      return stringify(document, { collectionStyle: 'flow' });
    case 'yaml-commented':
      return `# the fleet\n${stringify(document, { indent: 4 }).replaceAll('\n', ' # so\n')}\n# end\n`;
  }
}

const withoutNothing = (agent: object): object =>
  Object.fromEntries(Object.entries(agent).filter(([, value]) => value !== undefined));

test('order, format, spelling and written-out defaults of a roster change neither plan nor revision', async () => {
  const lively = { count: 0 };
  await fc.assert(
    fc.asyncProperty(
      history,
      fc.array(edit, { maxLength: 4 }),
      manner,
      manner,
      async (past, edits, one, other) => {
        const story = new Story();
        await story.pass(noWords);
        await story.live(past.slice(0, 12));
        for (const change of edits) story.setRoster(edited(story.doc, change));
        const { host, doc } = story;
        const [first, second] = [one, other].map((how) => compileText(textOf(doc, how), doc.templates));
        if (first === undefined || second === undefined) throw new Error('no roster');
        expect(second.revision).toBe(first.revision);
        const planned = plan(host.observe(first), noWords, host.now);
        expect(plan(host.observe(second), noWords, host.now)).toStrictEqual(planned);
        expect(planned.rosterRevision).toBe(first.revision);
        lively.count += planned.actions.length > 0 ? 1 : 0;
      },
    ),
    { numRuns: 500 },
  );
  expect(lively.count).toBeGreaterThan(50);
});
