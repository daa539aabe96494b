import { keyOf, type LabelSet, labelSetOf } from '../../core/labels.ts';
import { limits } from '../../core/limits.ts';
import type { SeriesSamples } from '../../core/segment/read.ts';
import type { BookedSeries, Breach, Said } from './books.ts';
import { areSame, numberOfBits, staleBits } from './values.ts';

/** The answer of /api/v1/query_range, read. */
export type Matrix = {
  readonly status: string;
  readonly warnings?: readonly string[];
  readonly data: {
    readonly result: readonly {
      readonly metric: Record<string, string>;
      readonly values: readonly [number, string][];
    }[];
  };
};

const numberOf = (text: string): number =>
  text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);

const isSame = (text: string, value: number): boolean => Object.is(numberOf(text), value);

/**
 * The breaches in a range query's answer over what the store holds: at each step the newest sample of the last five
 * minutes, none where that is a staleness marker. Written from Prometheus's words, not from core/promql.
 */
export const auditMatrix = (
  { status, warnings = [], data }: Matrix,
  held: readonly SeriesSamples[],
  range: { readonly startMs: number; readonly endMs: number; readonly stepMs: number },
): Breach[] => {
  if (status !== 'success') return [{ kind: 'unreadable', what: `query_range answers ${status} in calm weather` }];
  if (warnings.length > 0) return [{ kind: 'unreadable', what: `query_range warns: ${warnings[0]}` }];
  const answered = new Map(
    data.result.map(({ metric, values }) => [keyOf(labelSetOf(Object.entries(metric))), values]),
  );
  const breaches: Breach[] = [];
  let matched = 0;
  for (const { labels, samples } of held) {
    const values = answered.get(keyOf(labels)) ?? [];
    const wanted: [number, number][] = [];
    let next = 0;
    for (let atMs = range.startMs; atMs <= range.endMs; atMs += range.stepMs) {
      while (next < samples.length && samples[next]!.timestampMs <= atMs) next += 1;
      const newest = samples[next - 1];
      if (newest !== undefined && !newest.stale && newest.timestampMs > atMs - limits.lookbackMs)
        wanted.push([atMs, newest.value]);
    }
    if (wanted.length > 0) matched += 1;
    const differs = wanted.findIndex(([atMs, value], index) => {
      const [seconds, text] = values[index] ?? [Number.NaN, ''];
      return seconds !== atMs / 1_000 || !isSame(text, value);
    });
    if (differs !== -1 || values.length !== wanted.length) {
      const at = Math.max(differs, 0);
      const what = `query_range of ${JSON.stringify(labels)} answers ${values[at]} and ${values.length} values, not ${wanted[at]} and ${wanted.length}`;
      breaches.push({ kind: 'corrupt', what });
    }
  }
  if (answered.size !== matched)
    breaches.push({ kind: 'invented', what: `query_range answers ${answered.size} series, not ${matched}` });
  return breaches;
};

/**
 * The breaches in an instant's answer given while the world goes on: nothing that was never said, and nothing older than
 * what was on disk before the question was asked.
 */
export const auditInstant = (
  { warnings = [], data }: Matrix,
  booked: Iterable<BookedSeries>,
  pagesOf: (labels: LabelSet) => ReadonlySet<number>,
  atMs: number,
  storedBeforeMs: number,
): Breach[] => {
  const breaches: Breach[] = warnings.map(warning => ({ kind: 'unreadable', what: `a query warns: ${warning}` }));
  const answered = new Map(
    data.result.map(({ metric, values }) => [keyOf(labelSetOf(Object.entries(metric))), values.at(-1)?.[1]]),
  );
  let known = 0;
  for (const { labels, at } of booked) {
    const text = answered.get(keyOf(labels));
    if (text !== undefined) known += 1;
    const recent = [...at].filter(([timestampMs]) => timestampMs <= atMs && timestampMs > atMs - limits.lookbackMs);
    const isStored = ({ must, storedAtMs }: Said): boolean => must && storedAtMs < storedBeforeMs;
    const leastMs = Math.max(...recent.filter(([, said]) => said.some(isStored)).map(([timestampMs]) => timestampMs));
    const may = recent.filter(([timestampMs]) => timestampMs >= leastMs).flatMap(([, said]) => said);
    if (text === undefined) {
      // A series may have ended: somebody said so, or a page came without it.
      const mayEnd =
        may.some(({ bits }) => bits !== undefined && areSame(bits, staleBits)) ||
        [...pagesOf(labels)].some(pageMs => pageMs > leastMs && pageMs <= atMs);
      if (leastMs > 0 && !mayEnd)
        breaches.push({
          kind: 'lost',
          what: `${JSON.stringify(labels)} is on disk and a query at ${atMs} does not see it`,
        });
    } else if (!may.some(({ bits }) => bits === undefined || isSame(text, numberOfBits(bits)))) {
      breaches.push({
        kind: 'lost',
        what: `a query at ${atMs} answers ${text} for ${JSON.stringify(labels)}: never sent, or older than what is on disk`,
      });
    }
  }
  if (known !== answered.size)
    breaches.push({ kind: 'invented', what: `a query answers ${answered.size - known} series that were never sent` });
  return breaches;
};
