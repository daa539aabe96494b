import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LocalMeasures } from './measures.ts';

type Query = {
  readonly Id: string;
  readonly MetricStat?: {
    readonly Metric?: {
      readonly Namespace?: string;
      readonly MetricName?: string;
      readonly Dimensions?: readonly { readonly Value?: string }[];
    };
    readonly Period?: number;
    readonly Stat?: string;
  };
};

type Asked = {
  readonly StartTime?: number;
  readonly EndTime?: number;
  readonly ScanBy?: string;
  readonly MetricDataQueries?: readonly Query[];
};

/** How long the oldest message of a queue has been there; undefined where nobody can look. */
type AgeOf = (queue: string, nowMs: number) => number | undefined;

/**
 * As much of CloudWatch as answers GetMetricData for what our own functions told. Of AWS's own metrics there is one, the age of a
 * queue's oldest message, as it is now.
 */
export const startMetrics = async (
  measures: LocalMeasures,
  ageOf: AgeOf = () => undefined,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> => {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    if (!String(request.headers['x-amz-target']).endsWith('.GetMetricData')) {
      response.statusCode = 400;
      response.end(JSON.stringify({ __type: 'UnknownOperationException', message: 'not hosted locally' }));
      return;
    }
    response.end(
      JSON.stringify(answerOf(measures, ageOf, JSON.parse(Buffer.concat(parts).toString() || '{}') as Asked)),
    );
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise(done => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
};

const answerOf = (measures: LocalMeasures, ageOf: AgeOf, asked: Asked) => {
  const { StartTime = 0, EndTime = 0, ScanBy, MetricDataQueries = [] } = asked;
  return {
    MetricDataResults: MetricDataQueries.map(({ Id, MetricStat }) => {
      const { Metric, Period = 300, Stat } = MetricStat ?? {};
      const isOurs = Metric?.Namespace === 'Sluice';
      const values = isOurs
        ? measures.over(Metric.MetricName ?? '', StartTime * 1_000, EndTime * 1_000, Period * 1_000, Stat === 'Sum')
        : Metric?.MetricName === 'ApproximateAgeOfOldestMessage'
          ? agesOf(ageOf, Metric.Dimensions?.[0]?.Value ?? '', EndTime * 1_000)
          : [];
      // The newest first, unless asked otherwise.
      if (ScanBy !== 'TimestampAscending') values.reverse();
      return {
        Id,
        Label: Metric?.MetricName ?? Id,
        StatusCode: 'Complete',
        Timestamps: values.map(([atMs]) => atMs / 1_000),
        Values: values.map(([, value]) => value),
      };
    }),
    Messages: [],
  };
};

const agesOf = (ageOf: AgeOf, queue: string, nowMs: number): [atMs: number, seconds: number][] => {
  const ageMs = ageOf(queue, nowMs);
  return ageMs === undefined ? [] : [[nowMs, ageMs / 1_000]];
};
