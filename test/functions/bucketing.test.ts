import { afterEach, describe, expect, test } from 'vitest';
import type { Batch } from '../../core/batch.ts';
import { labelSetOf } from '../../core/labels.ts';
import { limits } from '../../core/limits.ts';
import type { PlannedRead } from '../../core/promql/query.ts';
import { usualRetention } from '../../core/retention.ts';
import { Column } from '../../core/sample.ts';
import { encodeBatch } from '../../core/segment/batch-message.ts';
import { bucketsFor } from '../../functions/bucketing.ts';
import { compact } from '../../functions/compact.ts';
import { ingest } from '../../functions/ingest.ts';
import { query } from '../../functions/query.ts';
import { memoryPorts } from '../../io/memory/ports.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const startMs = Date.UTC(2026, 5, 1);
const usual = { ...limits };
afterEach(() => Object.assign(limits, usual));

const instances = ['a', 'b', 'c'];

/** A counter that starts anew now and then, and a gauge: at half past each minute, so that no sample stands where buckets end. */
const valuesAt = (instance: string, timeMs: number): readonly number[] => {
  const at = Math.floor((timeMs - startMs) / minute) + instances.indexOf(instance) * 100;
  const up = at % (700 + 13 * instances.indexOf(instance));
  return [up * 3 + (up >> 2), Math.sin(at / 50) * 10];
};

const batchOf = (instance: string, fromMs: number): Batch => {
  const timestampsMs = Array.from({ length: 60 }, (_, at) => fromMs + at * minute + minute / 2);
  const series = ['requests_total', 'warmth'].map((name, which) => {
    const column = new Column(60);
    for (const [slot, timeMs] of timestampsMs.entries()) column.set(slot, valuesAt(instance, timeMs)[which]!);
    return { labels: labelSetOf([['__name__', name]]), column };
  });
  const source = labelSetOf([
    ['instance', instance],
    ['job', 'shop'],
  ]) as unknown as Batch['source'];
  return {
    id: `${instance}@${fromMs}`,
    via: 'push',
    source,
    acceptedAtMs: fromMs,
    columns: { timestampsMs, pages: new Set(), series },
  };
};

/** So many hours of samples, stored and merged as they come. */
const house = async (hours: number, retention = usualRetention) => {
  const ports = { ...memoryPorts({ startMs }), retention };
  const [store, merge, ask] = [ingest(ports), compact(ports), query(ports)];
  for (let at = 0; at < hours; at += 1) {
    await ports.clock.moveTo(startMs + (at + 1) * hour);
    const batches = instances.map(instance => batchOf(instance, startMs + at * hour));
    const Records = batches.flatMap(encodeBatch).map((body, place) => ({ messageId: `${at}-${place}`, body }));
    await store({ Records } as never, {} as never);
    await merge({} as never, {} as never);
  }
  const range = async (text: string, fromMs: number, toMs: number, stepMs: number) => {
    const [start, end, step] = [fromMs, toMs, stepMs].map(ms => String(ms / 1_000)) as [string, string, string];
    const rawQueryString = String(new URLSearchParams({ query: text, start, end, step }));
    const requestContext = { authorizer: { iam: {} } };
    const event = { rawPath: '/api/v1/query_range', rawQueryString, headers: {}, requestContext };
    const answer = (await ask(event as never, { getRemainingTimeInMillis: () => 20_000 } as never)) as {
      readonly statusCode: number;
      readonly body: string;
      readonly headers: Readonly<Record<string, number>>;
    };
    const body = JSON.parse(answer.body) as {
      readonly data: { readonly result: { readonly metric: object; readonly values: [number, string][] }[] };
      readonly infos?: readonly string[];
      readonly warnings?: readonly string[];
      readonly error?: string;
    };
    return { ...body, gets: answer.headers['x-sluice-object-reads']!, series: body.data?.result ?? [] };
  };
  return { ports, range };
};

const bucketed = /was answered from buckets of/;

describe('a range of days', () => {
  test('is answered from buckets as samples answer it, the days that are not over included', {
    timeout: 60_000,
  }, async () => {
    // Five days and nine hours: the fifth is over, the sixth is not.
    const { range } = await house(5 * 24 + 9);
    const [fromMs, toMs] = [startMs + 6 * hour, startMs + 5 * day + 8 * hour];
    for (const [rangeText, stepMs, resolution] of [
      ['1h', hour, '1h'],
      ['3h', 2 * hour, '1h'],
      ['10m', 10 * minute, '5m'],
    ] as const) {
      const both = async (text: string) => {
        const rolled = await range(text, fromMs, toMs, stepMs);
        Object.assign(limits, { bucketsFromMs: Number.POSITIVE_INFINITY });
        const raw = await range(text, fromMs, toMs, stepMs);
        Object.assign(limits, usual);
        expect(rolled.infos?.some(info => info.endsWith(`buckets of ${resolution}, see docs/promql.md`))).toBe(true);
        expect(raw.infos?.some(info => bucketed.test(info)) ?? false).toBe(false);
        expect([rolled.warnings, raw.warnings]).toEqual([undefined, undefined]);
        expect(rolled.series.map(({ metric }) => metric)).toEqual(raw.series.map(({ metric }) => metric));
        expect(raw.series.length).toBe(instances.length);
        return rolled.series.map(({ values }, at) => ({ values, others: raw.series[at]!.values }));
      };
      for (const name of ['sum_over_time', 'count_over_time', 'avg_over_time', 'min_over_time', 'max_over_time']) {
        for (const { values, others } of await both(`${name}(warmth[${rangeText}])`)) {
          expect(values.map(([time]) => time)).toEqual(others.map(([time]) => time));
          for (const [at, [, value]] of values.entries()) expect(Number(value)).toBeCloseTo(Number(others[at]![1]), 9);
        }
      }
      // Growth is that of whole buckets, and is not extended: a minute's growth more or less at either end.
      for (const { values, others } of await both(`increase(requests_total[${rangeText}])`))
        for (const [at, [, value]] of values.entries())
          expect(Math.abs(Number(value) - Number(others[at]![1]))).toBeLessThan(10);
    }
  });

  test('adds up: what grew in each hour is what grew in all of them, over midnights and up to now', async () => {
    const { range } = await house(3 * 24 + 5);
    const [fromMs, toMs] = [startMs + 2 * hour, startMs + 3 * day + 4 * hour];
    const { series } = await range('increase(requests_total[1h])', fromMs, toMs, hour);
    for (const { metric, values } of series) {
      const { instance } = metric as { instance: string };
      let grown = 0;
      for (let timeMs = fromMs - hour + minute / 2; timeMs < toMs; timeMs += minute) {
        const [before, now] = [valuesAt(instance, timeMs - minute)[0]!, valuesAt(instance, timeMs)[0]!];
        grown += now < before ? now : now - before;
      }
      expect(values.reduce((sum, [, value]) => sum + Number(value), 0)).toBe(grown);
    }
  });

  test('goes further back than samples are kept, and says where it does not', async () => {
    // Samples of the first day are past their retention, their buckets are not.
    const { range } = await house(30, { ...usualRetention, rawMs: 8 * hour });
    const [fromMs, toMs] = [startMs + 3 * hour, startMs + 29 * hour];
    const rolled = await range('count_over_time(warmth[1h])', fromMs, toMs, hour);
    expect(rolled.series.map(({ values }) => values.length)).toEqual([27, 27, 27]);
    const plain = await range('warmth', fromMs, toMs, hour);
    expect(plain.series[0]!.values.length).toBeLessThan(10);
    expect(plain.infos).toEqual([expect.stringMatching(/^samples before .* are no longer kept/)]);
  });

  test('is refused beyond what buckets of its length may cover', async () => {
    const { range } = await house(1);
    const covering = (days: number, step: number) =>
      range(`rate(x_total[${step / minute}m])`, startMs - days * day, startMs, step);
    expect((await covering(399, hour)).error).toBeUndefined();
    expect((await covering(401, hour)).error).toBe('the query covers 402 days of buckets of 1h, the limit is 400');
    expect((await range('x', startMs - 33 * day, startMs, hour)).error).toBe(
      'the query covers 34 days of samples, the limit is 32',
    );
  });
});

test.each<[string, Partial<PlannedRead>, string | undefined]>([
  ['a rate over whole hours of more than two days', {}, '1h'],
  ['the same of two days', { fromMs: 48 * hour }, undefined],
  ['the same of two days and a millisecond', { fromMs: 48 * hour - 1 }, '1h'],
  ['a step of ten minutes', { stepMs: 10 * minute }, '5m'],
  ['a step of seven minutes', { stepMs: 7 * minute }, undefined],
  ['a function that needs each sample', { call: 'quantile_over_time' }, undefined],
  ['no function', { call: '', rangeMs: 0 }, undefined],
])('%s', (_, changed, resolution) => {
  const read = { matchers: [], fromMs: 1, toMs: 96 * hour, rangeMs: hour, stepMs: hour, call: 'rate', ...changed };
  expect(bucketsFor(read, 96 * hour, usualRetention)).toBe(resolution);
});
