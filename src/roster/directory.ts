import { type Result, fail, ok } from './result.js';

/**
 * A directory in canonical form: absolute, or `~`/`~/…` where it lies below `home`, without `.`, `//` or a trailing
 * slash. Fails with a sentence on a relative path, `~user`, and on `..`, which cannot be resolved on paper: where a
 * part of the path is a symbolic link, `a/../b` is not `b`.
 */
export const canonicalDirectory = (text: string, home: string): Result<string, string> => {
  const below = text === '~' || text.startsWith('~/');
  if (!below && !text.startsWith('/')) {
    return fail(
      text.startsWith('~')
        ? 'must be absolute, `~` or `~/…`; another user’s home is written out in full'
        : 'must be absolute, `~` or `~/…`: there is no directory it could be relative to',
    );
  }
  const parts = segments(below ? text.slice(1) : text);
  if (parts.includes('..')) {
    return fail(
      'must not contain `..`: with symbolic links it does not name what it seems to; write the path out',
    );
  }
  if (below) return ok(['~', ...parts].join('/'));
  const homeParts = segments(home);
  const isBelowHome = homeParts.length > 0 && homeParts.every((part, index) => parts[index] === part);
  return ok(isBelowHome ? ['~', ...parts.slice(homeParts.length)].join('/') : `/${parts.join('/')}`);
};

/** A canonical directory as an absolute path: `~/src` → `/home/me/src`. */
export const expandHome = (directory: string, home: string): string => {
  if (directory !== '~' && !directory.startsWith('~/')) return directory;
  return directory === '~' ? home : home.replace(/\/+$/, '') + directory.slice(1);
};

const segments = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');
