/** Root, or an ordinary user, who can neither mount for everybody nor read what is closed to him. */
export const isRoot = process.getuid?.() === 0;

/** Before a command that mounts what nobody else is to see. An ordinary user may do so in a user namespace. */
export const withOwnMounts: readonly [string, ...string[]] = [
  'unshare',
  ...(isRoot ? [] : ['--user', '--map-current-user', '--keep-caps']),
  ...['--mount', '--propagation', 'private'],
];
