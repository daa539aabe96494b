import { WireWriter } from '../core/protocol/wire-writer.ts';
import type { everyProtocol } from './every-protocol.ts';

/** One sample as a producer might mean it, right or wrong. */
export type Datum = {
  readonly name: string;
  readonly labels?: readonly (readonly [name: string, value: string])[];
  /** A text stands where a number belongs. */
  readonly value?: number | string;
  readonly timeMs?: number;
};

type Body = string | Uint8Array;
export type Title = ReturnType<typeof everyProtocol>[number]['title'];

/** A byte that no UTF-8 has, in a text that stands for its bytes (latin1). */
export const badByte = '\xff';

const latin1 = (text: string): Body => (text.includes(badByte) ? Buffer.from(text, 'latin1') : text);
const isText = (data: readonly Datum[]): boolean => data.some(({ value }) => typeof value === 'string');
const isBad = (data: readonly Datum[]): boolean => JSON.stringify(data).includes(badByte);

const exposition = (data: readonly Datum[], withTimes: boolean): Body | undefined => {
  if (!withTimes && data.some(({ timeMs }) => timeMs !== undefined)) return undefined;
  const lines = data.map(({ name, labels = [], value = 1, timeMs }) => {
    const pairs = labels.map(([key, text]) => `${key}="${text}"`).join();
    return `${name}{${pairs}} ${value}${timeMs === undefined ? '' : ` ${timeMs}`}\n`;
  });
  return latin1(lines.join(''));
};

/** Labels are the members of an object: each name once. */
const objectOf = (labels: Datum['labels'] = []): Record<string, string> | undefined =>
  new Set(labels.map(([name]) => name)).size === labels.length ? Object.fromEntries(labels) : undefined;

const json = (data: readonly Datum[]): Body | undefined => {
  const metrics = data.map(({ name, labels, value = 1, timeMs }) => ({
    name,
    labels: objectOf(labels),
    value,
    timestampMs: timeMs,
  }));
  if (data.some(({ labels }) => objectOf(labels) === undefined)) return undefined;
  return latin1(JSON.stringify({ job: 'shop', metrics }));
};

const textOf = (writer: WireWriter, field: number, text: string): WireWriter =>
  writer.bytes(field, text.includes(badByte) ? Buffer.from(text, 'latin1') : Buffer.from(text));

const pairsOf = ({ name, labels = [] }: Datum): readonly (readonly [string, string])[] => [
  ['__name__', name],
  ['job', 'shop'],
  ...labels,
];

const remote1 = (data: readonly Datum[], nowMs: number): Body | undefined => {
  if (isText(data)) return undefined;
  const request = new WireWriter();
  for (const datum of data) {
    const series = new WireWriter();
    for (const [key, value] of pairsOf(datum)) series.message(1, textOf(textOf(new WireWriter(), 1, key), 2, value));
    const sample = new WireWriter().double(1, Number(datum.value ?? 1)).varint(2, datum.timeMs ?? nowMs);
    request.message(1, series.message(2, sample));
  }
  return request.done();
};

const remote2 = (data: readonly Datum[], nowMs: number): Body | undefined => {
  if (isText(data)) return undefined;
  const symbols = ['', ...new Set(data.flatMap(pairsOf).flat())];
  const request = new WireWriter();
  for (const symbol of symbols) textOf(request, 4, symbol);
  for (const datum of data) {
    const refs = pairsOf(datum).flat();
    const sample = new WireWriter().double(1, Number(datum.value ?? 1)).varint(2, datum.timeMs ?? nowMs);
    request.message(
      5,
      new WireWriter()
        .packed(
          1,
          refs.map(ref => symbols.indexOf(ref)),
        )
        .message(2, sample),
    );
  }
  return request.done();
};

const otlpJson = (data: readonly Datum[], nowMs: number): Body => {
  const metrics = data.map(({ name, labels = [], value = 1, timeMs = nowMs }) => ({
    name,
    gauge: {
      dataPoints: [
        {
          timeUnixNano: `${timeMs}000000`,
          asDouble: value,
          attributes: labels.map(([key, text]) => ({ key, value: { stringValue: text } })),
        },
      ],
    },
  }));
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
  return latin1(JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] }));
};

const otlpProtobuf = (data: readonly Datum[], nowMs: number): Body | undefined => {
  if (isText(data)) return undefined;
  const attribute = (key: string, text: string) =>
    textOf(new WireWriter(), 1, key).message(2, textOf(new WireWriter(), 1, text));
  const scope = new WireWriter();
  for (const { name, labels = [], value = 1, timeMs = nowMs } of data) {
    const point = new WireWriter().fixed64(3, BigInt(timeMs) * 1_000_000n).double(4, Number(value));
    for (const [key, text] of labels) point.message(7, attribute(key, text));
    scope.message(2, textOf(new WireWriter(), 1, name).message(5, new WireWriter().message(1, point)));
  }
  const resource = new WireWriter().message(1, attribute('service.name', 'shop'));
  return new WireWriter().message(1, new WireWriter().message(1, resource).message(2, scope)).done();
};

const statsd = (data: readonly Datum[]): Body => {
  const lines = data.map(({ name, labels = [], value = 1, timeMs }) => {
    const tags = labels.map(([key, text]) => `${key}:${text}`).join();
    return `${name}:${value}|g|#${tags}${timeMs === undefined ? '' : `|T${Math.floor(timeMs / 1_000)}`}`;
  });
  return latin1(lines.join('\n'));
};

const influx = (data: readonly Datum[]): Body => {
  const lines = data.map(({ name, labels = [], value = 1, timeMs }) => {
    const tags = labels.map(([key, text]) => `,${key}=${text}`).join('');
    return `${name}${tags} value=${value}${timeMs === undefined ? '' : ` ${timeMs}000000`}`;
  });
  return latin1(lines.join('\n'));
};

const graphite = (data: readonly Datum[]): Body => {
  const lines = data.map(({ name, labels = [], value = 1, timeMs }) => {
    const tags = labels.map(([key, text]) => `;${key}=${text}`).join('');
    return `${name}${tags} ${value} ${timeMs === undefined ? 'N' : Math.floor(timeMs / 1_000)}`;
  });
  return latin1(lines.join('\n'));
};

const datadog = (data: readonly Datum[], nowMs: number): Body => {
  const series = data.map(({ name, labels = [], value = 1, timeMs = nowMs }) => ({
    metric: name,
    type: 3,
    tags: ['job:shop', ...labels.map(([key, text]) => `${key}:${text}`)],
    points: [{ timestamp: Math.floor(timeMs / 1_000), value }],
  }));
  return latin1(JSON.stringify({ series }));
};

const firehose = (data: readonly Datum[], nowMs: number): Body | undefined => {
  if (data.some(({ labels }) => objectOf(labels) === undefined)) return undefined;
  const records = data.map(({ name, labels, value = 1, timeMs = nowMs }) => {
    const told = {
      namespace: 'ns',
      metric_name: name,
      dimensions: objectOf(labels),
      timestamp: timeMs,
      value: { min: value, max: value, sum: value, count: 1 },
    };
    const bytes = Buffer.from(JSON.stringify(told), isBad([{ name, labels: labels ?? [] }]) ? 'latin1' : 'utf8');
    return { data: bytes.toString('base64') };
  });
  return JSON.stringify({ requestId: 'f-1', records });
};

/** The samples as a protocol says them; undefined where it cannot. */
export const say: Readonly<Record<string, (data: readonly Datum[], nowMs: number) => Body | undefined>> = {
  text: data => exposition(data, true),
  JSON: json,
  Pushgateway: data => exposition(data, false),
  'remote write 1.0': remote1,
  'remote write 2.0': remote2,
  'OTLP as JSON': otlpJson,
  'OTLP as protobuf': otlpProtobuf,
  StatsD: statsd,
  'InfluxDB 2': influx,
  'InfluxDB 1': influx,
  Graphite: graphite,
  Datadog: datadog,
  Firehose: firehose,
};
