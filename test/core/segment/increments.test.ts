import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { namedByMessage } from '../../../core/batch.ts';
import type { Columns } from '../../../core/columns.ts';
import { type LabelSet, labelSetOf, noLabels } from '../../../core/labels.ts';
import { limits } from '../../../core/limits.ts';
import { batchesOf, type GatheredSample } from '../../../core/protocol/gather.ts';
import type { Sample } from '../../../core/sample.ts';
import { decodeBatch, encodeBatch } from '../../../core/segment/batch-message.ts';
import { counterSamples, incrementSeries, movedSamples } from '../../../core/segment/counters.ts';
import { segmentsOf } from '../../../core/segment/gather.ts';
import { decodeIncrements, isIncrements, readIncrementsHeader } from '../../../core/segment/increments.ts';

const hourMs = limits.segmentSpanMs;
const startMs = Date.UTC(2026, 5, 1, 12);
const named = (name: string): LabelSet => labelSetOf([['__name__', name]]);

type Delivery = { readonly id: string; readonly acceptedAtMs: number; readonly samples: readonly GatheredSample[] };
const counts = (id: string, acceptedAtMs: number, ...values: readonly [name: string, value: number][]): Delivery => ({
  id,
  acceptedAtMs,
  samples: values.map(([name, value]) => ({ labels: named(name), value, increment: {} })),
});
const spans = (id: string, acceptedAtMs: number, span: string, timestampMs: number, value: number): Delivery => ({
  id,
  acceptedAtMs,
  samples: [{ labels: named('a'), value, timestampMs, increment: { span } }],
});

const messagesOf = ({ id, acceptedAtMs, samples }: Delivery): string[] =>
  batchesOf(samples, { id, via: 'push', acceptedAtMs }).flatMap(encodeBatch);

/** Each group of messages by one ingest, then all of it read. */
const stored = (groups: readonly (readonly string[])[]): Columns[] => {
  const chunks = new Map<string, readonly LabelSet[]>();
  const segments = new Map<string, Uint8Array>();
  for (const messages of groups) {
    const delivered = messages.map(message => {
      const read = decodeBatch(message);
      if (!read.ok) throw new Error(read.reject.reason);
      return { batch: namedByMessage(read.batch, message), part: read.part };
    });
    const writes = segmentsOf(delivered);
    for (const { id, sets } of writes.chunks) chunks.set(id, sets);
    for (const { hourMs: hour, key, bytes } of writes.segments) segments.set(`${hour} ${key}`, bytes);
  }
  return [...segments.values()].filter(isIncrements).map(bytes => {
    expect(readIncrementsHeader(bytes).ok).toBe(true);
    const read = decodeIncrements(bytes, id => chunks.get(id));
    if (!read.ok) throw new Error(read.reject.reason);
    return read.columns;
  });
};

const seriesOf = (groups: readonly (readonly string[])[]) => incrementSeries(stored(groups), noLabels, () => true);

/** The last value of each counter, `hours` after the start. */
const totals = (groups: readonly (readonly string[])[], atMs = startMs + hourMs - 1): Record<string, number> =>
  Object.fromEntries(
    seriesOf(groups).flatMap(({ labels, hours }) => {
      const last = counterSamples(hours, 0, atMs).at(-1);
      return last === undefined ? [] : [[labels[0]![1], last.value]];
    }),
  );

describe('an increment', () => {
  test('counts once, however often its message comes', () => {
    const messages = messagesOf(counts('d1', startMs + 5_000, ['a', 2], ['b', 0.5]));
    expect(totals([[...messages, ...messages], messages, messages])).toEqual({ a: 2, b: 0.5 });
  });

  test('of one delivery is added up', () => {
    expect(totals([messagesOf(counts('d1', startMs + 5_000, ['a', 2], ['a', 3], ['a', 3]))])).toEqual({ a: 8 });
  });

  test('of two deliveries in one millisecond counts twice, although they say the same', () => {
    const [one, other] = [counts('d1', startMs + 5, ['a', 2]), counts('d2', startMs + 5, ['a', 2])];
    expect(totals([messagesOf(one), messagesOf(other)])).toEqual({ a: 4 });
    expect(totals([[...messagesOf(one), ...messagesOf(other)]])).toEqual({ a: 4 });
  });

  test.each([
    ['a second', 1_000],
    ['a minute over the hour', hourMs],
  ])('that is pushed again under its key %s later counts once, where it came first', (_, laterMs) => {
    const first = counts('key', startMs + hourMs - 500, ['a', 2]);
    const again = { ...first, acceptedAtMs: first.acceptedAtMs + laterMs };
    const series = seriesOf([messagesOf(again), messagesOf(first)]);
    const samples = counterSamples(series[0]!.hours, 0, startMs + 3 * hourMs);
    expect(Math.max(...samples.map(({ value }) => value))).toBe(2);
    expect(samples.find(({ value }) => value > 0)?.timestampMs).toBe(first.acceptedAtMs);
    expect(samples.every(({ timestampMs }) => timestampMs < startMs + hourMs)).toBe(true);
  });

  test('of a producer that counts its keys as another one does is not lost', () => {
    const [one, other] = [counts('1', startMs + 5_000, ['a', 2]), counts('1', startMs + 6_000, ['a', 3])];
    expect(totals([messagesOf(one), messagesOf(other)])).toEqual({ a: 5 });
  });

  test('of a span is the same one, whoever brings it and under whatever key', () => {
    const one = spans('d1', startMs + 9_000, '1-2', startMs + 2_000, 7);
    const again = spans('d2', startMs + 60_000, '1-2', startMs + 2_000, 7);
    const next = spans('d3', startMs + 9_000, '2-3', startMs + 2_000, 1);
    expect(totals([messagesOf(one), messagesOf(again), messagesOf(next)])).toEqual({ a: 8 });
  });
});

describe('a counter', () => {
  const tell = (deliveries: readonly Delivery[], fromMs: number, toMs: number): string[] => {
    const [series] = seriesOf(deliveries.map(messagesOf));
    return counterSamples(series!.hours, fromMs, toMs).map(
      ({ timestampMs, value }) => `${(timestampMs - startMs) / 1_000}: ${value}`,
    );
  };
  const two = [counts('d1', startMs + 20_000, ['a', 2]), counts('d2', startMs + 50_000, ['a', 3])];

  test('is zero at the hour and tells its sum step by step, the newest at once', () => {
    expect(tell(two, startMs - hourMs, startMs + 52_000)).toEqual(['0: 0', '15: 0', '30: 2', '45: 2', '50: 5']);
    expect(tell(two, startMs + 30_000, startMs + 60_000)).toEqual(['30: 2', '45: 2', '60: 5']);
  });

  test('ends with its hour, and begins again at zero in the next one that has increments', () => {
    const later = counts('d3', startMs + 2 * hourMs, ['a', 1]);
    const told = tell([...two, later], startMs, startMs + 2 * hourMs + 15_000);
    expect(told.slice(-3)).toEqual(['3585: 5', '7200: 0', '7215: 1']);
    expect(told).toHaveLength(242);
  });

  test('says the same of an instant whatever else is asked', () => {
    const deliveries = fc.array(fc.tuple(fc.nat(3 * hourMs), fc.integer({ min: 1, max: 9 })), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(deliveries, fc.nat(3 * hourMs), fc.nat(hourMs), (list, fromMs, spanMs) => {
        const series = seriesOf(
          list.map(([atMs, value], index) => messagesOf(counts(`d${index}`, startMs + atMs, ['a', value]))),
        );
        const { hours } = series[0]!;
        const [from, to] = [startMs + fromMs, startMs + fromMs + spanMs];
        const whole = counterSamples(hours, 0, to).filter(({ timestampMs }) => timestampMs >= from);
        expect(counterSamples(hours, from, to)).toEqual(whole);
      }),
    );
  });
});

test('what is said in any order, again, in other parts and by other ingests is the same counter', () => {
  const value = fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.constantFrom(0.1, 0.2, 1 / 3));
  const one = fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    value,
    span: fc.option(fc.nat(3), { nil: undefined }),
  });
  const delivery = fc.record({ atMs: fc.nat(hourMs - 1), increments: fc.array(one, { minLength: 1, maxLength: 4 }) });
  const deliveries = fc.array(delivery, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(
      deliveries,
      fc.array(fc.tuple(fc.nat(), fc.nat(3)), { maxLength: 20 }),
      fc.infiniteStream(fc.nat()),
      (list, again, chance) => {
        const messages = list.flatMap(({ atMs, increments }, index) =>
          messagesOf({
            id: `d${index}`,
            acceptedAtMs: startMs + atMs,
            samples: increments.map(({ name, value: each, span }) => ({
              labels: named(name),
              value: each,
              ...(span === undefined
                ? { increment: {} }
                : { timestampMs: startMs + 1_000 * span, increment: { span: `${index} ${span}` } }),
            })),
          }),
        );
        const expected = totals([messages]);
        const tally = new Map<string, number>();
        for (const [index, { increments }] of list.entries()) {
          const bySpan = new Map<string, number>();
          for (const [place, { name, value: each, span }] of increments.entries()) {
            const key = span === undefined ? `${name} ${place}` : `${name} span ${span}`;
            bySpan.set(key, Math.max(bySpan.get(key) ?? 0, each));
          }
          for (const [key, each] of bySpan) tally.set(key.split(' ')[0]!, (tally.get(key.split(' ')[0]!) ?? 0) + each);
          expect(index).toBeLessThan(10);
        }
        for (const [name, sum] of tally) expect(expected[name]).toBeCloseTo(sum, 9);

        const all = [
          ...messages.map((message, index) => [message, index % 3] as const),
          ...again.map(([which, group]) => [messages[which % messages.length]!, group] as const),
        ];
        const shuffled = all.map(each => [chance.next().value, each] as const).sort(([a], [b]) => a - b);
        const groups: string[][] = [[], [], [], []];
        for (const [, [message, group]] of shuffled) groups[group]!.push(message);
        expect(totals(groups)).toEqual(expected);
      },
    ),
  );
});

test('a counter of fractions loses none of them and never falls', () => {
  const value = fc.oneof(fc.constantFrom(0.1, 0.7, 1e-9, 1e12), fc.double({ min: 0, max: 1e6, noNaN: true }));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), values => {
      const series = seriesOf(
        values.map((each, at) => messagesOf(counts(`d${at}`, startMs + 1_000 * at, ['a', each]))),
      );
      const told = counterSamples(series[0]!.hours, 0, startMs + hourMs - 1).map(sample => sample.value);
      for (const [at, each] of told.entries()) expect(each).toBeGreaterThanOrEqual(told[at - 1] ?? 0);
    }),
    { numRuns: 50 },
  );
  const tenths = Array.from({ length: 100 }, (_, at) => messagesOf(counts(`d${at}`, startMs + at, ['a', 0.1])));
  expect(totals(tenths)).toEqual({ a: 10 });
});

test('a gauge that is set and moved is what it was set to and moved by since', () => {
  const set = (atMs: number, value: number): Sample => ({ timestampMs: startMs + atMs, value, stale: false });
  const [series] = seriesOf(
    [
      counts('d1', startMs + 10, ['a', 5]),
      counts('d2', startMs + 40, ['a', -2]),
      counts('d3', startMs + 50, ['a', 1]),
    ].map(messagesOf),
  );
  const told = movedSamples([set(0, 10), set(30, 100), set(50, 7)], series!.hours, startMs + 5, startMs + 99);
  expect(told.map(({ timestampMs, value }) => [timestampMs - startMs, value])).toEqual([
    [10, 15],
    [30, 100],
    [40, 98],
    [50, 8],
  ]);
});

test('a moved gauge tells an hour from that hour and the one before, whatever else is asked', () => {
  const set = (atMs: number, value: number): Sample => ({ timestampMs: startMs + atMs, value, stale: false });
  const moves = [10, 50, hourMs + 10, 2 * hourMs + 10, 3 * hourMs + 10];
  const [series] = seriesOf(moves.map((atMs, index) => counts(`d${index}`, startMs + atMs, ['a', 1])).map(messagesOf));
  const told = (fromMs: number, toMs: number): [number, number][] =>
    movedSamples([set(0, 100)], series!.hours, startMs + fromMs, startMs + toMs)
      .filter(({ value }, at, all) => value !== all[at - 1]?.value)
      .map(({ timestampMs, value }) => [timestampMs - startMs, value]);
  const whole = told(0, 4 * hourMs - 1);
  expect(whole).toEqual([
    [0, 100],
    [10, 101],
    [50, 102],
    [hourMs + 10, 103],
    // Nobody knows any more what it was set to: a counter, from the hour on.
    [2 * hourMs, 0],
    [2 * hourMs + 15_000, 1],
    [3 * hourMs, 0],
    [3 * hourMs + 15_000, 1],
  ]);
  for (const hour of [0, 1, 2, 3]) {
    const [from, to] = [hour * hourMs, (hour + 1) * hourMs - 1];
    expect(told(from, to)).toEqual(whole.filter(([atMs]) => atMs >= from && atMs <= to));
  }
});

test('one series of more increments than an item holds is cut by its times', () => {
  const many = Array.from({ length: 60_000 }, (_, index) =>
    counts(`d${index}`, startMs + index, ['a', Math.PI * index]),
  );
  const blocks = stored([many.flatMap(messagesOf)]);
  expect(blocks.length).toBeGreaterThan(1);
  expect(blocks.reduce((sum, { timestampsMs }) => sum + timestampsMs.length, 0)).toBe(60_000);
});
