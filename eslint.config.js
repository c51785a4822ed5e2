import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The doors of the house: which room may import which. Imports run downwards only.
 * A room not listed for a folder is closed to it; `types` rooms may be imported with `import type` alone.
 */
const rooms = ['roster', 'controller', 'observers', 'actuators', 'host', 'cli'];
const outsideWorld = [
  'node:fs',
  'node:fs/*',
  'node:process',
  'node:child_process',
  'node:os',
  'execa',
  'chokidar',
];
const doors = {
  roster: { open: [], types: [], closed: ['node:path', ...outsideWorld] },
  controller: { open: ['roster'], types: [], closed: ['node:path', ...outsideWorld] },
  host: { open: [], types: [], closed: [] },
  observers: { open: ['host'], types: ['controller', 'roster'], closed: ['node:child_process', 'execa'] },
  actuators: { open: ['host'], types: ['controller', 'roster'], closed: ['node:child_process', 'execa'] },
  cli: {
    open: ['controller', 'observers', 'actuators', 'host', 'roster'],
    types: [],
    closed: ['node:child_process', 'execa'],
  },
};

const inside = (room) => [`../${room}/*`, `../../${room}/*`, `../${room}/**`, `../../${room}/**`];

const doorRules = Object.entries(doors).map(([room, { open, types, closed }]) => ({
  files: [`src/${room}/**/*.ts`],
  rules: {
    'no-restricted-imports': 'off',
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        paths: closed
          .filter((name) => !name.includes('*'))
          .map((name) => ({
            name,
            message: `src/${room} does not touch the outside world (CONTRIBUTING.md, doors).`,
          })),
        patterns: rooms
          .filter((other) => other !== room && !open.includes(other))
          .map((other) => ({
            group: inside(other),
            message: `src/${room} may not import src/${other} (CONTRIBUTING.md, doors).`,
            allowTypeImports: types.includes(other),
          })),
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['dist', 'build', 'coverage', 'src/roster/validator.generated.*'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      // Where a library hands out untyped values, a type parameter is how the caller names them.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  ...doorRules,
  {
    files: ['src/controller/**/*.ts', 'src/roster/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time is an argument here.' },
        { object: 'Math', property: 'random', message: 'Randomness is an argument here.' },
      ],
      'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval'],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/host/exec.ts', 'src/host/attached.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportDeclaration[source.value=/^(execa|node:child_process)$/]',
          message: 'Only src/host/exec.ts and attached.ts start programs.',
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', 'demo/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['**/*.mjs', '**/*.js', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        process: 'readonly',
        require: 'readonly',
        module: 'readonly',
        exports: 'readonly',
        __dirname: 'readonly',
        console: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        URL: 'readonly',
      },
    },
  },
);
