import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import { type Batch, type Source, sourceIdOf, sourceOf } from '../core/batch.ts';
import { type LabelSet, labelSetOf } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { usualRetention } from '../core/retention.ts';
import { Column } from '../core/sample.ts';
import type { Base } from '../core/segment/base.ts';
import { type Cell, encodeBlock, type Frame } from '../core/segment/block.ts';
import { segmentsOf } from '../core/segment/gather.ts';
import { type Merged, mergedOf, rolledUpOf, shardOf } from '../core/segment/merge.ts';
import { nameOf } from '../core/segment/segment-open.ts';
import type { BlockObject, Resolution, SchemaChunk } from '../core/segment/stored.ts';
import { query } from '../functions/query.ts';
import { awsBlocks } from '../io/aws/blocks.ts';
import { tables } from '../io/aws/contract.ts';
import { dynamoSeries } from '../io/aws/series.ts';
import { VirtualClock } from '../io/memory/clock.ts';
import { isThere, Prometheus } from '../test/differential/prometheus.ts';
import { awsClient, hasDynoxide, makeTable, startDynalite, startDynoxide } from '../test/io/embedded.ts';

// How long do the usual questions take, and what do they cost, on a day of 200 sources with 500 series each at 15 s? The shipped
// handler over the embedded DynamoDB and S3, beside a Prometheus that holds what the questions touch. Replicas of a job say the same,
// so that a day is encoded once a job; they are stored, found and read one by one.

/** `npm run bench:query -- 10 20 50`: jobs, replicas of each, metrics of ten series each. */
const [jobs = 10, replicas = 20, metrics = 50] = process.argv.slice(2).map(Number);
const paths = 10;
const everyMs = 15_000;
const day = 86_400_000;
const hour = 3_600_000;
const hotHours = 2;
const rounds = Number(process.env['ROUNDS'] ?? 15);

const todayMs = Date.UTC(2026, 5, 2);
const startMs = todayMs - day;
const nowMs = todayMs + hotHours * hour;
/** Not where windows end: which end of a range is included must not matter here. */
const pastMs = 7_000;

const metricName = (metric: number): string => `requests_${metric}_total`;
const setOf = (metric: number, path: number): LabelSet =>
  labelSetOf([
    ['__name__', metricName(metric)],
    ['path', `/p${path}`],
  ]);
const valueAt = (job: number, metric: number, path: number, timeMs: number): number =>
  Math.floor((timeMs - startMs) / 1_000) * (1 + ((job + metric + path) % 7)) + (Math.floor(timeMs / everyMs) % 5);
const sourceAt = (job: number, replica: number): Source =>
  sourceOf(
    labelSetOf([
      ['instance', `10.0.${job}.${replica}:9100`],
      ['job', `job${job}`],
    ]),
  );

const columnsOf = (job: number, fromMs: number, toMs: number): Batch['columns'] => {
  const timestampsMs: number[] = [];
  for (let timeMs = fromMs + pastMs; timeMs < toMs; timeMs += everyMs) timestampsMs.push(timeMs);
  const series = Array.from({ length: metrics * paths }, (_, at) => {
    const [metric, path] = [Math.floor(at / paths), at % paths];
    const column = new Column(timestampsMs.length);
    for (const [slot, timeMs] of timestampsMs.entries()) column.set(slot, valueAt(job, metric, path, timeMs));
    return { labels: setOf(metric, path), column };
  });
  return { timestampsMs, pages: new Set(), series };
};

const engine = await (hasDynoxide ? startDynoxide() : startDynalite());
const objects = await startFauxqs({ port: 0, logger: false });
const s3 = new S3Client({ ...awsClient(objects.address), forcePathStyle: true });
await s3.send(new CreateBucketCommand({ Bucket: 'blocks' }));
const table = await makeTable(engine.client, 'series', tables.series);
const clock = new VirtualClock(nowMs);
const series = dynamoSeries(engine.client, clock, table);
const blocks = awsBlocks({ dynamo: engine.client, s3, clock }, table, 'blocks');

const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1_000).toFixed(0)} s`;

type Pile = {
  readonly shard: number;
  readonly resolution: Resolution;
  readonly frames: Frame[];
  readonly cells: Cell[];
  readonly chunks: Map<string, SchemaChunk>;
};

/** What was merged of one replica, as what was merged of another. */
const movedTo = (source: Source, { frames, cells }: Merged): Pick<Merged, 'frames' | 'cells'> => {
  const own = new Map(frames.map(frame => [frame, { ...frame, source }]));
  return { frames: [...own.values()], cells: cells.map(cell => ({ ...cell, frame: own.get(cell.frame)! })) };
};

/** Yesterday: an object a shard, rollups too, as the merger leaves it. */
const storeDay = async (): Promise<void> => {
  const piles = new Map<string, Pile>();
  for (let job = 0; job < jobs; job += 1) {
    const columns = Array.from({ length: 24 }, (_, at) =>
      columnsOf(job, startMs + at * hour, startMs + (at + 1) * hour),
    );
    const made: readonly [Resolution, Merged][] = [
      ['raw', mergedOf(sourceAt(job, 0), columns)],
      ['5m', rolledUpOf(sourceAt(job, 0), columns, [], 300_000)],
      ['1h', rolledUpOf(sourceAt(job, 0), columns, [], hour)],
    ];
    const chunks = made[0]![1].chunks;
    await series.add({ chunks, catalog: [], segments: [] });
    for (let replica = 0; replica < replicas; replica += 1) {
      const source = sourceAt(job, replica);
      const shard = shardOf(sourceIdOf(source));
      for (const [resolution, merged] of made) {
        const none: Pile = { shard, resolution, frames: [], cells: [], chunks: new Map() };
        const pile = piles.get(`${shard} ${resolution}`) ?? none;
        piles.set(`${shard} ${resolution}`, pile);
        const { frames, cells } = movedTo(source, merged);
        pile.frames.push(...frames);
        for (const cell of cells) pile.cells.push(cell);
        for (const chunk of merged.chunks) pile.chunks.set(chunk.id, chunk);
      }
    }
    console.log(`  a day of job ${job + 1} of ${jobs} merged after ${seconds(began)}`);
  }
  const listed = new Map<number, BlockObject[]>();
  const dayNumber = startMs / day;
  for (const { shard, resolution, frames, cells, chunks } of piles.values()) {
    const { bytes, indexBytes } = encodeBlock(frames, cells, id => chunks.get(id)!, resolution !== 'raw');
    const key = `${resolution}/${dayNumber}/${shard}/${nameOf(bytes)}`;
    await blocks.put(key, bytes);
    listed.set(shard, [...(listed.get(shard) ?? []), { key, resolution, indexBytes, bytes: bytes.length }]);
  }
  for (const [shard, all] of listed)
    await blocks.swap(undefined, { day: dayNumber, shard, version: 1, objects: all, unmerged: [], applied: [] });
  await blocks.moveMergedUntil(undefined, todayMs);
};

/** Today so far: a segment each two minutes and source, each building on the one before, as a warm ingest leaves what loops scrape. */
const storeHot = async (): Promise<void> => {
  for (let job = 0; job < jobs; job += 1) {
    const replicaSources = Array.from({ length: replicas }, (_, replica) => sourceAt(job, replica));
    const bases = new Map<number, { readonly root: Base; readonly base: Base }>();
    for (let fromMs = todayMs; fromMs < nowMs; fromMs += limits.loopSpanMs) {
      const hourMs = Math.floor(fromMs / hour) * hour;
      const batch: Batch = {
        id: String(fromMs),
        via: 'pull',
        source: sourceAt(job, 0),
        acceptedAtMs: fromMs,
        columns: columnsOf(job, fromMs, fromMs + limits.loopSpanMs),
      };
      const before = bases.get(hourMs);
      const writes = segmentsOf([{ batch, part: 0 }], before === undefined ? {} : { baseFor: () => before.base });
      const { base } = writes.ends[0]!;
      const root = before?.root ?? base;
      bases.set(hourMs, { root, base: base.depth < limits.segmentDepth ? base : root });
      const isFirst = fromMs === todayMs;
      await series.add({
        chunks: isFirst ? writes.chunks : [],
        catalog: !isFirst
          ? []
          : replicaSources.flatMap(source =>
              writes.catalog.flatMap(entry => [0, 1].map(ago => ({ ...entry, day: entry.day - ago, source }))),
            ),
        segments: replicaSources.flatMap(source =>
          writes.segments.map(segment => ({ ...segment, sourceId: sourceIdOf(source) })),
        ),
      });
    }
    console.log(`  two hours of job ${job + 1} of ${jobs} stored after ${seconds(began)}`);
  }
};

const began = performance.now();
await storeDay();
console.log(`a day of ${jobs * replicas} sources x ${metrics * paths} series stored in ${seconds(began)}`);
const hotBegan = performance.now();
await storeHot();
console.log(`two hours of it as segments of two minutes in ${seconds(hotBegan)}`);

const ports = {
  clock,
  chance: { next: () => 0.5 },
  log: { write: () => {} },
  series,
  blocks,
  retention: usualRetention,
  includesOlderEnd: false,
} as never;
const handler = query(ports);

type Answer = { readonly series: Map<string, number[]>; readonly readUnits: number; readonly gets: number };
type Question = {
  readonly name: string;
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
};

const metric = metricName(3);
const questions: readonly Question[] = [
  {
    name: 'one series, the last hour',
    text: `${metric}{job="job1",instance="10.0.1.2:9100",path="/p2"}`,
    fromMs: nowMs - hour,
    toMs: nowMs,
    stepMs: everyMs,
  },
  {
    name: 'one series, an hour of yesterday',
    text: `${metric}{job="job1",instance="10.0.1.2:9100",path="/p2"}`,
    fromMs: todayMs - 3 * hour,
    toMs: todayMs - 2 * hour,
    stepMs: everyMs,
  },
  {
    name: 'sum by (job) (rate[5m]) of all, the last hour',
    text: `sum by (job) (rate(${metric}[5m]))`,
    fromMs: nowMs - hour + 300_000,
    toMs: nowMs,
    stepMs: 60_000,
  },
  {
    name: 'the same, an hour of yesterday',
    text: `sum by (job) (rate(${metric}[5m]))`,
    fromMs: todayMs - 3 * hour,
    toMs: todayMs - 2 * hour,
    stepMs: 60_000,
  },
  {
    name: '24 h at 60 s of one job',
    text: `sum by (job) (rate(${metric}{job="job1"}[5m]))`,
    fromMs: nowMs - day + 300_000,
    toMs: nowMs,
    stepMs: 60_000,
  },
];

const parametersOf = ({ text, fromMs, toMs, stepMs }: Question): string =>
  String(
    new URLSearchParams({
      query: text,
      start: String(fromMs / 1_000),
      end: String(toMs / 1_000),
      step: String(stepMs / 1_000),
    }),
  );

const seriesIn = (text: string): Map<string, number[]> => {
  const { data, error } = JSON.parse(text) as {
    data?: { result: { metric: object; values: [number, string][] }[] };
    error?: string;
  };
  if (data === undefined) throw new Error(error);
  return new Map(
    data.result.map(({ metric: labels, values }) => [JSON.stringify(labels), values.map(([, value]) => Number(value))]),
  );
};

const requestContext = { authorizer: { iam: {} } };

const ours = async (question: Question, warm = handler): Promise<Answer> => {
  const event = { rawPath: '/api/v1/query_range', rawQueryString: parametersOf(question), headers: {}, requestContext };
  const answer = (await warm(event as never, { getRemainingTimeInMillis: () => 60_000 } as never)) as {
    body: string;
    headers: Record<string, number>;
  };
  return {
    series: seriesIn(answer.body),
    readUnits: answer.headers['x-sluice-read-units']!,
    gets: answer.headers['x-sluice-object-reads']!,
  };
};

/** What Prometheus must hold: all of the metric for the hours asked about, and one job of it for the whole day. */
const openMetrics = (): string => {
  const lines: string[] = [`# TYPE ${metric.replace('_total', '')} counter\n`];
  for (let job = 0; job < jobs; job += 1)
    for (let replica = 0; replica < replicas; replica += 1)
      for (let path = 0; path < paths; path += 1) {
        const head = `${metric}{instance="10.0.${job}.${replica}:9100",job="job${job}",path="/p${path}"}`;
        for (let timeMs = startMs + pastMs; timeMs < nowMs; timeMs += everyMs) {
          const isAsked =
            job === 1 ||
            timeMs > nowMs - hour ||
            (timeMs > todayMs - 3 * hour - 300_000 && timeMs <= todayMs - 2 * hour);
          if (isAsked) lines.push(`${head} ${valueAt(job, 3, path, timeMs)} ${timeMs / 1_000}\n`);
        }
      }
  lines.push('# EOF\n');
  return lines.join('');
};

const atShare = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
const timesOf = async (ask: () => Promise<unknown>, count = rounds): Promise<string> => {
  const times: number[] = [];
  for (let round = 0; round < count; round += 1) {
    const sinceMs = performance.now();
    await ask();
    times.push(performance.now() - sinceMs);
  }
  times.sort((a, b) => a - b);
  return `${atShare(times, 0.5).toFixed(0).padStart(6)} ${atShare(times, 0.99).toFixed(0).padStart(6)}`;
};

const promBegan = performance.now();
const peer = isThere() ? await Prometheus.start(openMetrics()) : undefined;
console.log(
  peer === undefined ? 'no Prometheus at hand: ours alone' : `Prometheus has its part after ${seconds(promBegan)}`,
);
const theirs = async (question: Question): Promise<Map<string, number[]>> =>
  seriesIn(await (await fetch(`${peer!.url}/api/v1/query_range?${parametersOf(question)}`)).text());

console.log(`\n${'ms'.padStart(57)} p50    p99 | first   RRU  GETs${peer ? ' | Prometheus p50    p99' : ''}`);
for (const question of questions) {
  const firstMs = performance.now();
  const first = await ours(question, query(ports));
  const firstTook = performance.now() - firstMs;
  if (first.series.size === 0) throw new Error(`${question.name}: nothing was found`);
  if (peer !== undefined) {
    const wanted = await theirs(question);
    if (wanted.size !== first.series.size)
      throw new Error(`${question.name}: ${first.series.size} series, not ${wanted.size}`);
    for (const [key, values] of wanted) {
      const own = first.series.get(key) ?? [];
      const differs = values.findIndex((value, at) => !(Math.abs(value - own[at]!) <= 1e-9 * Math.abs(value)));
      if (differs !== -1 || own.length !== values.length)
        throw new Error(
          `${question.name}: ${key} has ${own[differs]}, not ${values[differs]} at ${differs} (${own.length} and ${values.length} values)`,
        );
    }
  }
  const own = await timesOf(() => ours(question));
  const peers = peer === undefined ? '' : ` | ${' '.repeat(8)}${await timesOf(() => theirs(question))}`;
  console.log(
    `${question.name.padEnd(54)}${own} |${firstTook.toFixed(0).padStart(6)}${first.readUnits.toFixed(0).padStart(6)}${String(first.gets).padStart(6)}${peers}`,
  );
}

await peer?.stop();
s3.destroy();
await objects.stop();
await engine.stop();
