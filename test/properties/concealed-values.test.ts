import fc from 'fast-check';
import { expect, test } from 'vitest';
import { conceal } from '../../src/roster/conceal.js';
import { compileRoster } from '../../src/roster/compile.js';
import { formatDiagnostic } from '../../src/roster/diagnostic.js';

/** Stands in every value of `env`, and nowhere else. */
const MARK = 'zq7jx';

/** What operators write there, wrongly quoted as often as not. */
const values = fc.constantFrom(
  ...[MARK, `"${MARK}"`, `'${MARK}'`, `"a ${MARK} b"`, `a${MARK}=`, `@${MARK}`, `*${MARK}`, `&${MARK}`],
  ...[`!${MARK}`, `a: ${MARK}`, `"${MARK}`, `'it's ${MARK}'`, `|${MARK}`, `>${MARK} x`, `{${MARK}}`],
  ...[
    `[${MARK}, b]`,
    `"\\q${MARK}"`,
    `%${MARK}`,
    `\`${MARK}\``,
    `x # was ${MARK}`,
    `&t ${MARK}`,
    `- ${MARK}`,
  ],
);
const block = fc.constantFrom(`|\n        a\n        ${MARK}`, `"a\n        ${MARK}"`, `a\n        ${MARK}`);
const names = fc.constantFrom('TOKEN', 'API_KEY', 'fooBar', 'B');

const blockEnvironment = fc
  .array(fc.tuple(names, fc.oneof(values, block)), { minLength: 1, maxLength: 3 })
  .map((pairs) => ['    env:', ...pairs.map(([name, value]) => `      ${name}: ${value}`)].join('\n'));
const flowEnvironment = fc
  .array(fc.tuple(names, values), { minLength: 1, maxLength: 3 })
  .map((pairs) => `env: { ${pairs.map(([name, value]) => `${name}: ${value}`).join(', ')} }`);
const jsonEnvironment = fc
  .array(names, { minLength: 1, maxLength: 2 })
  .map((keys) => `"env": {${keys.map((name) => `"${name}": "${MARK}"`).join(', ')}}`);

const agentTexts = fc.oneof(
  fc
    .tuple(blockEnvironment, fc.constantFrom('', '      # OLD: x', '    # the end'))
    .map(([env, comment]) => `  - name: lead\n    runtime: pi\n${env}\n${comment}\n    class: worker\n`),
  flowEnvironment.map(
    (env) => `  - name: lead\n    ${env}\n    runtime: pi\n    command: [pi, "--x", 'y']\n`,
  ),
  flowEnvironment.map((env) => `  - { name: lead, ${env}, runtime: pi, class: "a b" }\n`),
  flowEnvironment.map((env) => `  - { name: "lead", runtime: pi, ${env} } # the lead\n`),
  jsonEnvironment.map((env) => `  - {"name": "lead", ${env},\n "runtime": "pi"}\n`),
  jsonEnvironment.map((env) => `  - {"name": "lead", "runtime": "pi",\n  ${env}\n }\n`),
);

const faults = fc.constantFrom(
  '',
  'clas: x\n',
  'tmux: 5\n',
  'tmux: { socket_name: "" }\n',
  'oops: [\n',
  '\tx: 1\n',
);

const texts = fc
  .tuple(fc.array(agentTexts, { minLength: 1, maxLength: 2 }), faults, fc.boolean())
  .map(([agents, fault, last]) =>
    [
      `version: 1\ntransport: tmux\n`,
      last ? '' : fault,
      `agents:\n${agents.join('')}`,
      last ? fault : '',
    ].join(''),
  );

const check = (text: string): void => {
  const compiled = compileRoster(
    { file: 'roster.yaml', text },
    { home: '/home/me', readTemplate: () => ({ ok: false, message: 'none' }) },
  );
  if (!compiled.ok) {
    for (const diagnostic of compiled.failure) {
      if (JSON.stringify(diagnostic).includes(MARK))
        expect.fail(`${formatDiagnostic(diagnostic)}\n\nof:\n${text}`);
    }
    const lines = text.split('\n');
    // Not by expect: for so many places that takes a third of the time.
    for (const { line, column, frame } of compiled.failure) {
      const framed = frame.split('\n').at(-2)?.startsWith(`> ${line} |`) === true;
      if (!framed || column - 1 > (lines[line - 1]?.length ?? 0))
        expect.fail(`${line}:${column} is not in\n${frame}\n\nof:\n${text}`);
    }
  }
  const shown = conceal(text);
  if (shown.length !== text.split('\n').length) expect.fail(`${shown.join('\n')}\n\nof:\n${text}`);
  if (shown.join('\n').includes(MARK)) expect.fail(`${shown.join('\n')}\n\nof:\n${text}`);
};

test('no value of env stands in a diagnostic or in what a diff shows', () => {
  fc.assert(
    fc.property(texts, (text) => check(text)),
    { numRuns: 3000 },
  );
});

test('nor where the text is cut off anywhere', () => {
  fc.assert(
    fc.property(texts, (text) => {
      for (let end = 0; end < text.length; end++) check(text.slice(0, end));
    }),
    { numRuns: 40 },
  );
});

const bytes = fc.constantFrom(...Array.from(' \n\t#:,-{}[]\'"\\|>&*!%@`?=x0;~é\u0000'));

test('nor where a character is another one, is lost or is one too many', () => {
  fc.assert(
    fc.property(texts, fc.nat(), bytes, fc.nat(2), (text, place, byte, kind) => {
      const at = place % text.length;
      // A comment is judged by how it looks, and this one does not look like an `env` any more.
      fc.pre(byte !== '#' || !text.startsWith('env', at));
      check(text.slice(0, at) + (kind === 0 ? '' : byte) + text.slice(at + (kind === 2 ? 0 : 1)));
    }),
    { numRuns: 10_000 },
  );
});
