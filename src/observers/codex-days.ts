const dayMs = 86_400_000;
/** So far back a time is believed that an id begins with. */
const mostDays = 4000;

/**
 * The directories, `YEAR/MONTH/DAY`, in which the file of a codex thread may lie: the day of its id, which is a UUID of version 7 and
 * begins with its time, in whatever time zone; then the later ones, up to tomorrow.
 *
 * @param now epoch milliseconds
 * @returns none where the id does not tell
 */
export function daysOf(id: string, now: number): readonly string[] {
  const [, high, low] = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-/.exec(id) ?? [];
  if (high === undefined || low === undefined) return [];
  const begunAt = Number.parseInt(high + low, 16);
  const later = Math.ceil((now - begunAt) / dayMs);
  if (later > mostDays) return [];
  const days = [0, -1, 1, ...Array.from({ length: Math.max(0, later - 1) }, (_, index) => index + 2)];
  return days.flatMap((days) => {
    const day = new Date(begunAt + days * dayMs);
    return Number.isNaN(day.getTime()) ? [] : [day.toISOString().slice(0, 10).replaceAll('-', '/')];
  });
}
