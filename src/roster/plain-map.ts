/** A map without a prototype's surprises: a key such as `__proto__` is only a key. */
export type PlainMap = Readonly<Record<string, unknown>>;

export const isPlainMap = (value: unknown): value is PlainMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A member of a map, `undefined` where it has none of its own. */
export const member = (map: PlainMap, key: string): unknown =>
  Object.hasOwn(map, key) ? map[key] : undefined;
