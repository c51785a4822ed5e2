const UNITS: readonly (readonly [string, number])[] = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

const PATTERN = /^(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/;

/**
 * `500ms`, `10s`, `2m`, `1h30m`, `0s` → milliseconds. Units in falling order, whole numbers, no spaces.
 * Null for anything else, a plain number included: 30 could be seconds or milliseconds.
 */
export const parseDuration = (text: string): number | null => {
  const match = PATTERN.exec(text);
  if (match === null || text === '') return null;
  return UNITS.reduce((sum, [, size], index) => sum + Number(match[index + 1] ?? 0) * size, 0);
};

/** Milliseconds → the shortest text that {@link parseDuration} reads back: `90000` → `1m30s`, `0` → `0s`. */
export const formatDuration = (ms: number): string => {
  let rest = Math.max(0, Math.round(ms));
  if (rest === 0) return '0s';
  let text = '';
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
};
