/** Reading JSON of unknown shape: what is not there reads as empty. */
export type Json = Readonly<Record<string, unknown>>;

export const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const string = (value: unknown): string => (typeof value === 'string' ? value : '');

export function parseJson(text: string): Json {
  try {
    return object(JSON.parse(text));
  } catch {
    return {};
  }
}
