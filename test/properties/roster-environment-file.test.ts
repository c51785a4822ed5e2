import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEnvironmentFile, renderEnvironmentFile } from '../../src/roster/environment-file.js';

const value = fc.string({
  unit: fc.constantFrom('a', ' ', '\n', '\t', '"', "'", '\\', '$', '`', '#', ';', '=', '%', 'ü', '~'),
  maxLength: 12,
});
const managed = fc.dictionary(fc.constantFrom('KEY', 'OTHER', 'MOSAIC_HOME', 'MOSAIC_AGENT_NAME'), value);
const block = renderEnvironmentFile(null, { KEY: 'old' });
const [begin, , end] = block.split('\n');
const text = fc
  .array(
    fc.constantFrom(
      'A=1',
      'KEY=site',
      'MOSAIC_AGENT_COMMAND=x y',
      '# c',
      '# c \\',
      'B="open',
      'C=\\',
      '"',
      '\n',
      '\n',
      '\r\n',
      ' ',
      block,
      begin ?? '',
      end ?? '',
      'MOSAIC_HOME=/x',
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(''));

describe('an env file', () => {
  it('renders to the same again, and reads back what was written', () => {
    fc.assert(
      fc.property(fc.option(text), managed, (before, variables) => {
        const rendered = renderEnvironmentFile(before, variables);
        expect(renderEnvironmentFile(rendered, variables)).toBe(rendered);
        const parsed = parseEnvironmentFile(rendered);
        expect(parsed.owned).toBe(true);
        expect(parsed.managed).toEqual(variables);
      }),
      { numRuns: 5000 },
    );
  });

  it('keeps what the site says', () => {
    fc.assert(
      fc.property(text, managed, (before, variables) => {
        const { site } = parseEnvironmentFile(before);
        expect(parseEnvironmentFile(renderEnvironmentFile(before, variables)).site).toEqual(site);
      }),
      { numRuns: 5000 },
    );
  });
});
