import { afterEach, expect, test } from 'vitest';
import { type Batch, sourceIdOf } from '../../core/batch.ts';
import { labelSetOf } from '../../core/labels.ts';
import { limits } from '../../core/limits.ts';
import { Column } from '../../core/sample.ts';
import { encodeBatch } from '../../core/segment/batch-message.ts';
import { ingest } from '../../functions/ingest.ts';
import { SeriesReader } from '../../functions/reading.ts';
import { memoryPorts } from '../../io/memory/ports.ts';
import { memoryBuilding } from '../paths/building.ts';

const startMs = Date.UTC(2026, 5, 1);
const usual = { ...limits };
afterEach(() => Object.assign(limits, usual));

const sourceOfName = (name: string) =>
  labelSetOf([
    ['instance', name],
    ['job', 'shop'],
  ]) as unknown as Batch['source'];

const stored = async (names: readonly string[]) => {
  const ports = memoryPorts({ startMs });
  const batches = names.map((name): Batch => {
    const column = new Column(2);
    column.set(0, 1);
    column.set(1, 2);
    const labels = labelSetOf([['__name__', `only_${name}`]]);
    const columns = { timestampsMs: [startMs, startMs + 1], pages: new Set<number>(), series: [{ labels, column }] };
    return { id: name, via: 'push', source: sourceOfName(name), acceptedAtMs: startMs, columns };
  });
  const Records = batches.flatMap(encodeBatch).map((body, at) => ({ messageId: String(at), body }));
  await ingest(ports)({ Records } as never, {} as never);
  return ports;
};

test('a broken segment is told, and the rest is answered, whichever byte is wrong', async () => {
  const ports = await stored(['a', 'b', 'c']);
  const [key, segment] = [...ports.series.segments].find(
    ([, { sourceId }]) => sourceId === sourceIdOf(sourceOfName('b')),
  )!;
  for (let at = 0; at < segment.bytes.length; at += 1) {
    const bytes = segment.bytes.slice();
    bytes[at]! ^= 1 << (at & 7);
    ports.series.segments.set(key, { ...segment, bytes });
    const read = await new SeriesReader(ports).read({ matches: () => true }, startMs, startMs + 1);
    expect(read.series).toHaveLength(2);
    expect(read.warnings).toEqual([expect.stringMatching(/^segment .* was left out: /)]);
  }
});

test('a metric that one source has reads no other source and no other chunk', async () => {
  const ports = await stored(Array.from({ length: 30 }, (_, at) => `s${at}`));
  const asked: string[] = [];
  const { chunks, between } = {
    chunks: ports.series.chunks.bind(ports.series),
    between: ports.series.between.bind(ports.series),
  };
  ports.series.chunks = ids => {
    asked.push(...ids.map(id => `chunk ${id}`));
    return chunks(ids);
  };
  ports.series.between = (id, from, to) => {
    asked.push(`source ${id}`);
    return between(id, from, to);
  };
  const read = await new SeriesReader(ports).read(
    { matches: labels => labels.some(([, value]) => value === 'only_s7'), name: 'only_s7', job: 'shop' },
    startMs,
    startMs + 1,
  );
  expect(read.series).toHaveLength(1);
  expect(asked.filter(each => each.startsWith('source'))).toEqual([`source ${sourceIdOf(sourceOfName('s7'))}`]);
  expect(asked.filter(each => each.startsWith('chunk'))).toHaveLength(1);
});

test('a reader whose memory is full answers whole, also when a new chunk comes while it reads', async () => {
  Object.assign(limits, { chunksRemembered: 1 });
  const house = memoryBuilding({ startMs: startMs + 30_000 });
  const { series } = house.ports;
  const store = async (body: string): Promise<void> => {
    await house.push('/v1/push?job=j', body);
    await house.pass(1_000);
  };
  await store('first 1\n');
  const between = series.between.bind(series);
  series.between = async (...span) => {
    await store('second 2\n');
    return between(...span);
  };
  const { series: found, warnings } = await new SeriesReader(house.ports).read(
    { matches: () => true },
    startMs,
    startMs + 90_000,
  );
  expect(warnings).toEqual([]);
  expect(found.map(({ labels, samples }) => [labels[0]?.[1], samples.length])).toEqual([
    ['first', 1],
    ['second', 1],
  ]);
});
