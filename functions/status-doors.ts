import { metricNameLabel } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { successBody } from '../core/promql/answer.ts';
import { type Answer, type Asked, json } from './asked.ts';

// What Grafana and others ask a Prometheus about itself.

const good = (data: unknown): Answer => json(200, successBody(data));

/** How often each is there, the most frequent first, as Prometheus's ten. */
const tenMostOf = (counts: ReadonlyMap<string, number>): { readonly name: string; readonly value: number }[] =>
  [...counts]
    .map(([name, value]) => ({ name, value }))
    .sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1))
    .slice(0, 10);

/** Of today's series, which take the place of Prometheus's head block. */
const tsdb = async ({ reader, ports }: Asked): Promise<Answer> => {
  const nowMs = ports.clock.nowMs();
  const sets = (await reader.find({ matches: () => true }, nowMs, nowMs)).flatMap(found => found.sets);
  const byMetric = new Map<string, number>();
  const values = new Map<string, Set<string>>();
  const pairs = new Map<string, number>();
  for (const labels of sets) {
    for (const [name, value] of labels) {
      if (name === metricNameLabel) byMetric.set(value, (byMetric.get(value) ?? 0) + 1);
      values.set(name, (values.get(name) ?? new Set()).add(value));
      pairs.set(`${name}=${value}`, (pairs.get(`${name}=${value}`) ?? 0) + 1);
    }
  }
  const valuesOf = new Map([...values].map(([name, all]) => [name, all.size]));
  const bytesOf = new Map([...values].map(([name, all]) => [name, [...all].join('').length]));
  const minTime = Math.floor(nowMs / limits.catalogSpanMs) * limits.catalogSpanMs;
  return good({
    headStats: { numSeries: sets.length, numLabelPairs: pairs.size, chunkCount: 0, minTime, maxTime: nowMs },
    seriesCountByMetricName: tenMostOf(byMetric),
    labelValueCountByLabelName: tenMostOf(valuesOf),
    memoryInBytesByLabelName: tenMostOf(bytesOf),
    seriesCountByLabelValuePair: tenMostOf(pairs),
  });
};

export const statusDoors: Readonly<Record<string, (asked: Asked) => Promise<Answer>>> = {
  // Grafana asks which Prometheus it talks to; 2.24 is the first with the API that is spoken here.
  '/api/v1/status/buildinfo': async () =>
    good({ version: '2.24.0', revision: 'sluice', branch: '', buildUser: '', buildDate: '', goVersion: '' }),
  '/api/v1/status/flags': async ({ ports }) =>
    good({
      'query.lookback-delta': `${limits.lookbackMs / 60_000}m`,
      'query.max-samples': String(limits.querySamples),
      'storage.tsdb.retention.time': `${ports.retention.rawMs / limits.catalogSpanMs}d`,
    }),
  '/api/v1/status/runtimeinfo': async ({ ports }) =>
    good({
      serverTime: new Date(ports.clock.nowMs()).toISOString(),
      reloadConfigSuccess: true,
      storageRetention: `${ports.retention.rawMs / limits.catalogSpanMs}d`,
    }),
  '/api/v1/status/tsdb': tsdb,
};
