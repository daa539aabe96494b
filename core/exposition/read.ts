import type { Dialect } from './dialect.ts';
import type { ReadPage } from './exposition.ts';
import { lenientOpenMetrics, readOpenMetrics } from './openmetrics.ts';
import { readProtobuf } from './protobuf.ts';
import { readText, textDialect } from './text.ts';

/** `text/plain` of `Text/Plain; version=0.0.4; charset=utf-8`. */
export const mediaTypeOf = (contentType: string): string => (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();

const readers: ReadonlyMap<string, ReadPage> = new Map([
  ['text/plain', readText],
  ['application/openmetrics-text', readOpenMetrics],
  ['application/vnd.google.protobuf', readProtobuf],
]);

const dialects: ReadonlyMap<string, Dialect> = new Map([
  ['text/plain', textDialect],
  ['application/openmetrics-text', lenientOpenMetrics],
]);

/** The text format that a Content-Type names; undefined where it names none. */
export const dialectOf = (contentType: string): Dialect | undefined => dialects.get(mediaTypeOf(contentType));

/** What a protobuf's parameters must say where they say anything: there are other messages and other encodings. */
const wanted: ReadonlyMap<string, string> = new Map([
  ['proto', 'io.prometheus.client.MetricFamily'],
  ['encoding', 'delimited'],
]);

/** The reader for a Content-Type; undefined where it names no exposition, an empty one included, as in Prometheus 3. */
export const expositionOf = (contentType: string): ReadPage | undefined => {
  const reader = readers.get(mediaTypeOf(contentType));
  return reader === readProtobuf && !isDelimited(contentType) ? undefined : reader;
};

const isDelimited = (contentType: string): boolean =>
  contentType
    .split(';')
    .slice(1)
    .every(parameter => {
      const [name = '', value = ''] = parameter.split('=');
      const expected = wanted.get(name.trim().toLowerCase());
      return expected === undefined || value.trim().replaceAll('"', '') === expected;
    });
