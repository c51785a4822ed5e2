import { describe, expect, test } from 'vitest';
import { conceal } from '../../src/roster/conceal.js';

const lines = (...text: readonly string[]): string => text.join('\n');

describe('values of env are never shown', () => {
  test.each([
    [
      'a block',
      lines('agents:', '  - name: a', '    env:', '      TOKEN: s3cret', '      B: "s3cret"', '    class: x'),
    ],
    ['a flow map', lines('agents:', '  - { name: a, env: { TOKEN: s3cret, B: [s3cret] }, class: x }')],
    ['JSON', '{"agents":[{"name":"a","env":{"TOKEN":"s3cret"},"class":"x"}]}'],
    ['an alias', lines('env: &shared', '  TOKEN: s3cret', 'agents:', '  - name: a', '    env: *shared')],
    [
      'an anchored value elsewhere',
      lines('x: &t s3cret', 'agents:', '  - name: a', '    env: { TOKEN: *t }'),
    ],
    [
      'a block scalar',
      lines('agents:', '  - env:', '      TOKEN: |', '        s3cret', '        s3cret', '    name: a'),
    ],
    ['a comment', lines('agents:', '  # - name: b', '  #   env:', '  #     TOKEN: s3cret', '  - name: a')],
    ['a comment on one line', lines('agents:', '  # - { name: b, env: { TOKEN: s3cret } }', '  - name: a')],
    [
      'broken block',
      lines('agents:', '  - name: a', '    env:', '      TOKEN: s3cret', '      MORE', '   oops: ['),
    ],
    [
      'broken flow',
      lines('agents:', '  - { name: a, env: { TOKEN: s3cret, ', '    B: s3cret }, class: x', 'oops: ['),
    ],
    [
      'a remark behind a value',
      lines('agents:', '  - name: a', '    env:', '      TOKEN: x # was s3cret', '    class: x'),
    ],
    ['a remark behind a flow map', lines('agents:', '  - { name: a, env: { T: x } } # was s3cret')],
    [
      'a variable that was taken out',
      lines('agents:', '  - name: a', '    env:', '      A: b', '#     TOKEN: s3cret'),
    ],
    [
      'a remark on a line of its own',
      lines('agents:', '  - name: a', '    env:', '      A: b', ' # was s3cret'),
    ],
    [
      'the same where the syntax is wrong',
      lines('oops: [', 'agents:', '  - name: a', '    env:', '      A: ', '# was s3cret'),
    ],
    ['a variable on the level of its map', lines('agents:', '  - name: a', '    env:', '    TOKEN: s3cret')],
    ['a mistyped field', lines('agents:', '  - name: a', '    environment:', '      - TOKEN=s3cret')],
    ['an anchor without a value', lines('agents:', '  - name: a', '    env: { TOKEN, &s3cret }')],
    ['a tag without a value', lines('agents:', '  - name: a', '    env: { TOKEN, !s3cret , B: x }')],
    ['both', lines('agents:', '  - name: a', '    env: { T, &s3cret', '      !s3cret', '      , B: x }')],
    ['a word without a colon', lines('agents:', '  - name: a', '    env: { TOKEN, s3cret, A=s3cret: }')],
  ])('%s', (_, text) => {
    const shown = conceal(text);
    expect(shown.join('\n')).not.toContain('s3cret');
    expect(shown).toHaveLength(text.split('\n').length);
    expect(shown.join('\n')).toContain('name');
  });

  test('everything else is shown as it is', () => {
    const head = ['# a comment: b', 'agents:', '  - name: a # env', '    command: [env, "A=b"]', '    env:'];
    const text = lines(...head, '', '# the others', '  - name: b', '');
    expect(conceal(text).join('\n')).toBe(text);
  });

  test('a long word is looked through at once', () => {
    const text = lines('oops: [', 'agents:', `  - name: ${'x'.repeat(200_000)}`);
    const begun = performance.now();
    expect(conceal(text).at(-1) === text.split('\n').at(-1)).toBe(true);
    expect(performance.now() - begun).toBeLessThan(2000);
  });
});
