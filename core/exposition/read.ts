import type { ReadPage } from './exposition.ts';
import { readOpenMetrics } from './openmetrics.ts';
import { readText } from './text.ts';

/** `text/plain` of `Text/Plain; version=0.0.4; charset=utf-8`. */
export const mediaTypeOf = (contentType: string): string => (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();

const readers: ReadonlyMap<string, ReadPage> = new Map([
  ['text/plain', readText],
  ['application/openmetrics-text', readOpenMetrics],
]);

/** The reader for a Content-Type; undefined where it names no exposition, an empty one included, as in Prometheus 3. */
export const expositionOf = (contentType: string): ReadPage | undefined => readers.get(mediaTypeOf(contentType));
