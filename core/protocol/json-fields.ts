import { decodeUtf8 } from '../exposition/words.ts';
import { limits } from '../limits.ts';
import type { Reject } from '../reject.ts';
import { hasMoreParts, isDeeper } from './json-depth.ts';

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON of bounded depth in valid UTF-8, or why it is none. */
export const parsedJson = (bytes: Uint8Array): { readonly value: unknown } | { readonly reject: Reject } => {
  const refused = (code: string, reason: string) => ({ reject: { code, reason } });
  if (isDeeper(bytes, limits.jsonDepth))
    return refused('json_depth', `nested deeper than the limit of ${limits.jsonDepth}`);
  if (hasMoreParts(bytes, limits.pushParts))
    return refused('json_parts', `more than ${limits.pushParts} lists and objects`);
  const text = decodeUtf8(bytes);
  if (text === undefined) return refused('bad_utf8', 'the text is not valid UTF-8');
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return refused('bad_json', (error as Error).message);
  }
};

/** A text without half a surrogate pair, which has no UTF-8. */
export const isText = (value: unknown): value is string => typeof value === 'string' && value.isWellFormed();

export const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

export const shown = (value: unknown): string =>
  value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value).slice(0, 60);

/** A field of its own: what every object has is no field. */
export const fieldOf = (fields: Fields, name: string): unknown =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;
