import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InfluxDB, Point } from '@influxdata/influxdb-client';
import {
  AggregationTemporalityPreference,
  OTLPMetricExporter as JsonExporter,
} from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { StatsD as HotShots } from 'hot-shots';
import { Counter, Gauge, Histogram, Pushgateway, Registry } from 'prom-client';
import StatsDClient from 'statsd-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { relayOf } from './burst.ts';
import { CollectorProcess, Exporter, eventually } from './collector-process.ts';

// Producers as their users use them, with nothing changed but the address. What they sent is what a query returns.

let folder: string;
let collector: CollectorProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-clients-'));
  collector = await CollectorProcess.on(folder);
  await collector.start();
}, 90_000);

afterAll(async () => {
  await collector.end('SIGINT');
  await rm(folder, { recursive: true, force: true });
}, 30_000);

/** Asks until these are the series' values, whatever else the answers have. */
const expectValues = async (selector: string, expected: Readonly<Record<string, string>>): Promise<void> => {
  const answer = await eventually(
    40_000,
    () => collector.values(selector),
    values => Object.entries(expected).every(([series, value]) => values[series] === value),
  );
  expect(answer).toMatchObject(expected);
};

describe.concurrent('prom-client', () => {
  test('pushes, adds and deletes a group', async () => {
    const registers = [new Registry()];
    const registry = registers[0]!;
    new Counter({ name: 'pc_orders_total', help: 'orders', labelNames: ['kind'], registers }).inc({ kind: 'web' }, 7);
    new Gauge({ name: 'pc_queue', help: 'queue', registers }).set(3.5);
    new Histogram({ name: 'pc_latency_seconds', help: 'latency', buckets: [0.1, 1], registers }).observe(0.5);
    const gateway = new Pushgateway(collector.url, {}, registry);
    const group = { jobName: 'batch/nightly', groupings: { instance: 'i 1' } };
    await gateway.push(group);
    const at = '"instance":"i 1","job":"batch/nightly"';
    await expectValues('{job="batch/nightly"}', {
      [`pc_orders_total{${at},"kind":"web"}`]: '7',
      [`pc_queue{${at}}`]: '3.5',
      [`pc_latency_seconds_bucket{${at},"le":"1"}`]: '1',
      [`pc_latency_seconds_sum{${at}}`]: '0.5',
    });
    await gateway.delete(group);
    await eventually(
      40_000,
      () => collector.values('pc_queue'),
      values => Object.keys(values).length === 0,
    );
  }, 90_000);
});

describe.concurrent.each([
  ['protobuf', ProtobufExporter],
  ['JSON', JsonExporter],
] as const)('the OpenTelemetry SDK with OTLP as %s', (encoding, Exporter_) => {
  test.each([
    ['cumulative', AggregationTemporalityPreference.CUMULATIVE],
    ['delta', AggregationTemporalityPreference.DELTA],
  ] as const)(
    'and %s temporality',
    async (temporality, temporalityPreference) => {
      const service = `${encoding}-${temporality}`;
      const reader = new PeriodicExportingMetricReader({
        exporter: new Exporter_({ url: `${collector.url}/v1/metrics`, temporalityPreference }),
        // By hand, below.
        exportIntervalMillis: 3_600_000,
      });
      const provider = new MeterProvider({
        resource: resourceFromAttributes({ 'service.name': service, 'service.instance.id': 'i', 'host.name': 'h' }),
        readers: [reader],
        views: [{ instrumentName: 'size', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
      });
      const meter = provider.getMeter('test');
      const orders = meter.createCounter('orders');
      const latency = meter.createHistogram('latency', { unit: 's', advice: { explicitBucketBoundaries: [0.1, 1] } });
      const size = meter.createHistogram('size', { unit: 'By' });
      const sessions = meter.createUpDownCounter('sessions');
      meter.createObservableGauge('fill', { unit: '1' }).addCallback(result => result.observe(0.25));
      for (const round of [1, 2, 3]) {
        orders.add(2 * round, { kind: 'web' });
        latency.record(0.5);
        size.record(3);
        sessions.add(round === 3 ? -1 : 1);
        await provider.forceFlush();
      }
      const at = `"instance":"i","job":"${service}"`;
      await expectValues(`{job="${service}"}`, {
        [`orders_total{${at},"kind":"web"}`]: '12',
        [`latency_seconds_count{${at}}`]: '3',
        [`latency_seconds_sum{${at}}`]: '1.5',
        [`latency_seconds_bucket{${at},"le":"0.1"}`]: '0',
        [`latency_seconds_bucket{${at},"le":"1"}`]: '3',
        [`size_bytes_count{${at}}`]: '3',
        [`size_bytes_bucket{${at},"le":"+Inf"}`]: '3',
        [`sessions{${at}}`]: '1',
        [`fill_ratio{${at}}`]: '0.25',
        [`target_info{"host_name":"h",${at}}`]: '1',
      });
      await provider.shutdown();
    },
    90_000,
  );
});

test.concurrent('the InfluxDB client', async () => {
  const writing = new InfluxDB({ url: collector.url, token: 'any' }).getWriteApi('org', 'bucket', 'ms');
  writing.writePoint(
    new Point('cpu').tag('host', 'h 1').floatField('usage', 0.5).intField('cores', 4).stringField('text', 'a "b"'),
  );
  writing.writePoint(new Point('cpu').tag('host', 'h,2').booleanField('up', true));
  await writing.close();
  await expectValues('{host=~"h.*"}', {
    'cpu_usage{"host":"h 1"}': '0.5',
    'cpu_cores{"host":"h 1"}': '4',
    'cpu_up{"host":"h,2"}': '1',
  });
}, 60_000);

test.concurrent('statsd-client over HTTP', async () => {
  const client = new StatsDClient({ host: `${collector.url}/v1/statsd?job=statsd`, socketTimeout: 100 });
  client.increment('hits', 2);
  client.increment('hits', 3);
  client.gauge('level', 7);
  client.timing('took', 250);
  client.close();
  await expectValues('{job="statsd"}', {
    'hits{"job":"statsd"}': '5',
    'level{"job":"statsd"}': '7',
    'took_count{"job":"statsd"}': '1',
    'took_sum{"job":"statsd"}': '0.25',
    'took_bucket{"job":"statsd","le":"0.1"}': '0',
    'took_bucket{"job":"statsd","le":"0.25"}': '1',
  });
}, 60_000);

/** Debian's own Python, which has Debian's packages. */
const python = '/usr/bin/python3';
const hasPythonClient = ((): boolean => {
  try {
    execFileSync(python, ['-c', 'import prometheus_client'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test.skipIf(!hasPythonClient)(
  'the Python client’s push_to_gateway (skipped where python3-prometheus-client is not installed)',
  async () => {
    const address = collector.url.replace('http://', '');
    const script = `
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, push_to_gateway, pushadd_to_gateway, delete_from_gateway
registry = CollectorRegistry()
Gauge('py_rows', 'Rows', registry=registry).set(12)
Counter('py_runs', 'Runs', ['kind'], registry=registry).labels('full').inc(3)
Histogram('py_took_seconds', 'Took', registry=registry, buckets=[1, 2]).observe(1.5)
push_to_gateway('${address}', job='python', grouping_key={'instance': 'a/b'}, registry=registry)
other = CollectorRegistry()
Gauge('py_more', 'More', registry=other).set(1)
pushadd_to_gateway('${address}', job='python', grouping_key={'instance': 'a/b'}, registry=other)
push_to_gateway('${address}', job='python_gone', registry=other)
delete_from_gateway('${address}', job='python_gone')
`;
    await promisify(execFile)(python, ['-c', script], { timeout: 30_000 });
    const at = '"instance":"a/b","job":"python"';
    await expectValues('{job="python"}', {
      [`py_rows{${at}}`]: '12',
      [`py_runs_total{${at},"kind":"full"}`]: '3',
      [`py_took_seconds_bucket{${at},"le":"2.0"}`]: '1',
      [`py_more{${at}}`]: '1',
    });
    const page = await (await fetch(`${collector.url}/metrics`)).text();
    expect(page).toContain('# HELP py_rows Rows');
    expect(page).toContain('py_rows{instance="a/b",job="python"} 12');
    expect(page).not.toContain('python_gone');
  },
  90_000,
);

test.concurrent('hot-shots, through a relay of datagrams', async () => {
  const relay = await relayOf(collector.url);
  const client = new HotShots({
    host: '127.0.0.1',
    port: relay.port,
    prefix: 'hs.',
    globalTags: { env: 'prod' },
    maxBufferSize: 200,
  });
  client.increment('requests', 1, { route: '/cart' });
  client.increment('requests', 4, { route: '/cart' });
  client.timing('took', 42.5);
  client.gauge('level', 7);
  client.distribution('size', 3);
  await promisify(client.close.bind(client))();
  expect(await relay.stop()).toBe(5);
  await expectValues('{job="udp"}', {
    'hs_requests{"env":"prod","job":"udp","route":"/cart"}': '5',
    'hs_took_sum{"env":"prod","job":"udp"}': '0.0425',
    'hs_level{"env":"prod","job":"udp"}': '7',
    'hs_size_count{"env":"prod","job":"udp"}': '1',
  });
}, 90_000);

/** A job that measures, pushes once and is gone. */
const shortJob = `
  setTimeout(async () => {
    const answer = await fetch(process.argv[1], { method: 'POST', body: 'short_rows_total 812\\n' });
    process.stdout.write(String(answer.status));
    process.exit(0);
  }, 600);
`;

test.concurrent('a producer that measures for 600 ms, pushes once and is gone is found afterwards', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '-e',
    shortJob,
    `${collector.url}/v1/push?job=short`,
  ]);
  expect(stdout).toBe('200');
  await expectValues('{job="short"}', { 'short_rows_total{"job":"short"}': '812' });
}, 60_000);

describe.concurrent('what scrapes and writes on', () => {
  let page: Exporter;
  const started: ChildProcess[] = [];

  beforeAll(async () => {
    page = await Exporter.start('# TYPE rw_orders_total counter\nrw_orders_total{kind="web"} 7\nrw_level 2.5\n');
  });

  afterAll(async () => {
    for (const child of started) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    await page.down();
  });

  const run = (program: string, words: readonly string[]): void => {
    started.push(spawn(program, words, { cwd: folder, stdio: 'ignore' }));
  };
  const config = async (job: string, onward: string): Promise<string> => {
    const file = join(folder, `${job}.yml`);
    const target = new URL(page.url).host;
    await writeFile(
      file,
      `global: {scrape_interval: 2s}\nscrape_configs: [{job_name: ${job}, static_configs: [{targets: ['${target}']}]}]\n${onward}`,
    );
    return file;
  };
  const expected = (job: string): Record<string, string> => {
    const at = `"instance":"${new URL(page.url).host}","job":"${job}"`;
    return { [`rw_orders_total{${at},"kind":"web"}`]: '7', [`rw_level{${at}}`]: '2.5', [`up{${at}}`]: '1' };
  };

  const prometheus = '/usr/bin/prometheus';
  test.skipIf(!existsSync(prometheus))(
    'Prometheus, by remote write',
    async () => {
      const file = await config('prometheus-agent', `remote_write: [{url: '${collector.url}/api/v1/write'}]\n`);
      run(prometheus, [
        '--enable-feature=agent',
        `--config.file=${file}`,
        `--storage.agent.path=${join(folder, 'agent')}`,
        '--web.listen-address=127.0.0.1:0',
      ]);
      await expectValues('{job="prometheus-agent"}', expected('prometheus-agent'));
    },
    90_000,
  );

  const vmagent = '/usr/bin/vmagent';
  test.skipIf(!existsSync(vmagent))(
    'vmagent, by remote write',
    async () => {
      const file = await config('vmagent', '');
      run(vmagent, [
        `-promscrape.config=${file}`,
        `-remoteWrite.url=${collector.url}/api/v1/write`,
        `-remoteWrite.tmpDataPath=${join(folder, 'vmagent')}`,
        '-httpListenAddr=127.0.0.1:0',
      ]);
      await expectValues('{job="vmagent"}', expected('vmagent'));
    },
    90_000,
  );
});
