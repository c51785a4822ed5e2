/** A count of bytes as people read it; null: not accounted for. */
export function bytes(count: number | null): string {
  if (count === null) return '-';
  const mebibytes = count / 2 ** 20;
  return mebibytes < 1024 ? `${mebibytes.toFixed(0)}M` : `${(mebibytes / 1024).toFixed(1)}G`;
}
