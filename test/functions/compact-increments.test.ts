import { expect, test } from 'vitest';
import { type LabelSet, labelSetOf } from '../../core/labels.ts';
import { batchesOf, type GatheredSample } from '../../core/protocol/gather.ts';
import { encodeBatch } from '../../core/segment/batch-message.ts';
import { compact } from '../../functions/compact.ts';
import { ingest } from '../../functions/ingest.ts';
import { SeriesReader } from '../../functions/reading.ts';
import { RollupReader } from '../../functions/rollup-reading.ts';
import { memoryPorts } from '../../io/memory/ports.ts';

const minute = 60_000;
const hour = 60 * minute;
const startMs = Date.UTC(2026, 5, 1);
const labels: LabelSet = labelSetOf([
  ['__name__', 'hits'],
  ['job', 'j'],
]);

/** A house in memory in which ingest and compact run as they ship. */
const house = () => {
  const ports = memoryPorts({ startMs });
  const store = ingest(ports);
  const context = {} as never;
  return {
    ports,
    push: async (id: string, acceptedAtMs: number, sample: Partial<GatheredSample> = {}): Promise<void> => {
      const samples = [{ labels, value: 1, increment: {}, ...sample }];
      const bodies = batchesOf(samples, { id, via: 'push', acceptedAtMs }).flatMap(encodeBatch);
      const Records = bodies.map((body, at) => ({ messageId: String(at), body }));
      const { batchItemFailures } = (await store({ Records } as never, context)) as { batchItemFailures: unknown[] };
      expect(batchItemFailures).toEqual([]);
    },
    to: async (atMs: number): Promise<void> => {
      await ports.clock.moveTo(startMs + atMs);
      await compact(ports)({} as never, context);
    },
    read: async (fromMs: number, toMs: number): Promise<string> => {
      const reader = new SeriesReader(ports);
      const { series, warnings } = await reader.read(
        { matches: () => true, job: 'j' },
        startMs + fromMs,
        startMs + toMs,
      );
      expect(warnings).toEqual([]);
      const steps = (series[0]?.samples ?? []).filter(({ value }, at, all) => value !== all[at - 1]?.value);
      return steps.map(({ timestampMs, value }) => `${(timestampMs - startMs) / minute}:${value}`).join(' ');
    },
  };
};

test('merging hours and days changes nothing that is read of increments, and late and repeated ones find their place', async () => {
  const own = house();
  for (let at = 0; at < 6; at += 1) await own.push(`d${at}`, startMs + 15 * minute + at * 10 * minute);
  const before = await own.read(0, 3 * hour);
  expect(before).toBe('0:0 15:1 25:2 35:3 45:4 55:5 60:0 65:1');

  await own.to(2 * hour + 20 * minute);
  expect(own.ports.blocks.manifests.size).toBeGreaterThan(0);
  expect(await own.read(0, 2 * hour)).toBe(before);

  // Again under its key, in the next hour; late; and late and again.
  await own.push('d5', startMs + 70 * minute);
  await own.push('late', startMs + 30 * minute);
  await own.push('late', startMs + 30 * minute);
  const after = '0:0 15:1 25:2 30:3 35:4 45:5 55:6 60:0 65:1';
  expect(await own.read(0, 2 * hour)).toBe(after);
  await own.to(3 * hour + 20 * minute);
  expect(await own.read(0, 2 * hour)).toBe(after);

  await own.to(26 * hour);
  await own.to(26 * hour + 10 * minute);
  expect(await own.read(0, 2 * hour)).toBe(after);
  expect(await own.read(50 * minute, 70 * minute)).toBe('50:5 55:6 60:0 65:1');
});

test('buckets of a day know what its increments added up to', async () => {
  const own = house();
  for (let at = 0; at < 12; at += 1) await own.push(`d${at}`, startMs + at * 15 * minute + minute);
  await own.to(26 * hour);
  await own.to(26 * hour + 10 * minute);
  const { series, warnings } = await new RollupReader(own.ports).read(
    { matches: () => true, job: 'j' },
    '1h',
    startMs,
    startMs + 2 * hour,
  );
  expect(warnings).toEqual([]);
  expect(series[0]?.buckets.map(({ increase }) => increase)).toEqual([4, 4, 4]);
});
