import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { limits } from '../../core/limits.ts';
import type { Strike } from '../../io/memory/faults.ts';
import { memoryBuilding } from './building.ts';

const startMs = Date.UTC(2026, 5, 1, 12, 0, 30);
const second = 1_000;

describe('a push', () => {
  test('is read back once it was ingested', async () => {
    const house = memoryBuilding({ startMs });
    const answer = await house.push(
      '/v1/push?job=checkout&instance=a',
      '# TYPE orders_total counter\norders_total{kind="web"} 7\nqueue_length 3.5\n',
    );
    expect(answer).toMatchObject({
      statusCode: 200,
      headers: { 'x-sluice-receipt': expect.stringMatching(/^request-1\./) },
    });
    expect(JSON.parse(String(answer.body))).toEqual({ accepted: 2, receipt: answer.headers?.['x-sluice-receipt'] });
    expect(await house.values('{job="checkout"}')).toEqual({});
    await house.pass(second);
    expect(await house.values('{job="checkout"}')).toEqual({
      'orders_total{"instance":"a","job":"checkout","kind":"web"}': '7',
      'queue_length{"instance":"a","job":"checkout"}': '3.5',
    });
  });

  test.each([
    [
      'JSON',
      '/v1/push',
      '{"job":"j","instance":"i","metrics":[{"name":"m","type":"gauge","value":2,"labels":{"a":"b"}}]}',
      { 'content-type': 'application/json' },
    ],
    ['a group', '/metrics/job/j/instance/i', 'm{a="b"} 2\n', {}],
    ['text that names its source', '/v1/push', 'm{a="b",job="j",instance="i"} 2\n', { 'content-type': 'text/plain' }],
    [
      'what curl calls a form',
      '/v1/push?job=j&instance=i',
      'm{a="b"} 2',
      { 'content-type': 'application/x-www-form-urlencoded' },
    ],
    [
      'OpenMetrics',
      '/v1/push?job=j&instance=i',
      'm{a="b"} 2\n# EOF\n',
      { 'content-type': 'application/openmetrics-text; version=1.0.0' },
    ],
  ])('comes as %s', async (_, path, body, headers: Record<string, string>) => {
    const house = memoryBuilding({ startMs });
    expect((await house.push(path, body, headers)).statusCode).toBe(200);
    await house.pass(second);
    expect(await house.values('m')).toEqual({ 'm{"a":"b","instance":"i","job":"j"}': '2' });
  });

  test('comes as protobuf, as client_golang sends it', async () => {
    const house = memoryBuilding({ startMs });
    const body = readFileSync(join(import.meta.dirname, '../fixtures/client-golang.pb.base64'), 'utf8');
    // Its last family has a time of its own, which no group takes.
    const timed = Buffer.from(body, 'base64');
    const type = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';
    expect((await house.push('/metrics/job/shop', timed, { 'content-type': type })).statusCode).toBe(400);
    const untimed = timed.subarray(0, timed.lastIndexOf('shop_untyped') - 3);
    expect(await house.push('/metrics/job/shop', untimed, { 'content-type': type })).toMatchObject({
      statusCode: 200,
      body: '',
    });
    await house.pass(second);
    expect(await house.values('shop_seconds_bucket{path="/a",le="1e+06"}')).toEqual({
      'shop_seconds_bucket{"job":"shop","le":"1e+06","path":"/a"}': '4',
    });
    expect((await house.get('/api/v1/metadata?metric=shop_seconds')).data).toMatchObject({
      shop_seconds: [{ type: 'histogram' }],
    });
  });

  test.each([
    ['text/plain', '# HELP m What.\n# TYPE m histogram\nm_count 1\n', { type: 'histogram', help: 'What.', unit: '' }],
    [
      'application/openmetrics-text',
      '# TYPE m_seconds counter\n# UNIT m_seconds seconds\nm_seconds_total 1\n# EOF\n',
      { type: 'counter', help: '', unit: 'seconds' },
    ],
    [
      'application/json',
      '{"metrics":[{"name":"m","type":"gauge","value":1},{"name":"n","value":2}]}',
      { type: 'gauge', help: '', unit: '' },
    ],
  ])('as %s says what its metrics are, and that is kept', async (type, body, described) => {
    const house = memoryBuilding({ startMs });
    expect((await house.push('/v1/push?job=j', body, { 'content-type': type })).statusCode).toBe(200);
    await house.pass(second);
    const { data } = await house.get('/api/v1/metadata');
    expect(Object.values(data)).toEqual([[described]]);
  });

  test.each([
    ['', 'a 1\n', { valid: true, samples: 1, findings: [] }],
    ['?mode=strict', 'a 1\n# EOF\n', { valid: true, samples: 1, findings: [] }],
    ['?mode=strict', 'a 1\n', { valid: false, samples: 1, findings: [{ line: 2, column: 1, code: 'no_eof' }] }],
  ])('may be asked about first: /v1/lint%s', async (query, body, told) => {
    const house = memoryBuilding({ startMs });
    const answer = await house.push(`/v1/lint${query}`, body);
    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(String(answer.body))).toMatchObject(told);
    await house.pass(second);
    expect(await house.values('a')).toEqual({});
  });

  test('is not asked about in a mode there is not', async () => {
    const house = memoryBuilding({ startMs });
    expect((await house.push('/v1/lint?mode=loose', 'a 1\n')).statusCode).toBe(400);
  });

  test('may be packed', async () => {
    const house = memoryBuilding({ startMs });
    expect((await house.push('/v1/push?job=j', gzipSync('m 2\n'), { 'content-encoding': 'gzip' })).statusCode).toBe(
      200,
    );
    await house.pass(second);
    expect(await house.values('m')).toEqual({ 'm{"job":"j"}': '2' });
  });

  test('with two sources reaches both', async () => {
    const house = memoryBuilding({ startMs });
    await house.push('/v1/push', 'm{job="a"} 1\nm{job="b"} 2\nm 3\n');
    await house.pass(second);
    expect(await house.values('m')).toEqual({ 'm{"job":"a"}': '1', 'm{"job":"b"}': '2', 'm{}': '3' });
  });
});

describe('a bad push', () => {
  test.each([
    ['/v1/push', 'good 1\nbad one\n', {}, 400, /line 2, column 5/],
    ['/v1/push', 'm{a="\xff"} 1\n', {}, 400, /line 1/],
    [
      '/v1/push',
      '{"metrics":[{"name":"m","value":"x"}]}',
      { 'content-type': 'application/json' },
      400,
      /metrics\[0\]\.value/,
    ],
    ['/v1/push', 'm 1 1\n', {}, 400, /timestamp_out_of_bounds/],
    ['/v1/push', 'not gzip', { 'content-encoding': 'gzip' }, 400, /corrupt_body/],
    ['/v1/push', 'm 1\n', { 'content-encoding': 'pigeon' }, 415, /unknown_encoding/],
    [
      '/v1/push',
      gzipSync(new Uint8Array(limits.pushUnpackedBytes + 1)),
      { 'content-encoding': 'gzip' },
      413,
      /body_limit/,
    ],
    ['/v1/push', new Uint8Array(limits.pushBodyBytes + 1), {}, 413, /body_limit/],
    ['/metrics/job/j', 'm 1\nm one\n', {}, 400, /text format parsing error in line 2/],
    ['/metrics/job/j/odd', 'm 1\n', {}, 400, /odd number of components/],
  ])(
    'to %s is refused whole, with place and reason',
    async (path, body, headers: Record<string, string>, status, reason) => {
      const house = memoryBuilding({ startMs });
      const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
      const answer = await house.push(path, bytes, headers);
      expect(answer.statusCode).toBe(status);
      expect(String(answer.body)).toMatch(reason);
      expect(house.ports.buffer.messages).toEqual([]);
    },
  );
});

describe('when a service fails', () => {
  /** Strikes the nth call of a place. */
  const nth = (place: string, n: number, strike: Strike) => {
    let count = 0;
    return (called: string): Strike => {
      if (called !== place) return 'none';
      count += 1;
      return count === n ? strike : 'none';
    };
  };

  test.each([
    ['buffer.send', 'before'],
    ['buffer.send', 'after'],
    ['heartbeats.heard', 'before'],
    ['heartbeats.heard', 'after'],
  ] as const)('%s %s it takes effect, the producer hears 503 and its retry is stored once', async (place, strike) => {
    const house = memoryBuilding({ startMs, faults: nth(place, 1, strike) });
    const push = () => house.push('/v1/push?job=j', `m 5 ${startMs}\n`, { 'idempotency-key': 'once' });
    const refused = await push();
    expect(refused.statusCode).toBe(503);
    expect(Number(refused.headers?.['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(refused.headers?.['x-sluice-receipt']).toMatch(/^request-1\./);
    expect((await push()).statusCode).toBe(200);
    await house.pass(second);
    const { data } = await house.get(
      `/api/v1/query_range?query=m&start=${startMs / 1_000}&end=${startMs / 1_000}&step=1`,
    );
    expect(data).toMatchObject({ result: [{ metric: { __name__: 'm', job: 'j' }, values: [[startMs / 1_000, '5']] }] });
  });

  test.each(['series.addChunks', 'series.addCatalog', 'series.addSegments', 'families.add'])(
    '%s, ingest tries again until all is stored',
    async place => {
      for (const strike of ['before', 'after'] as const) {
        let left = 7;
        const house = memoryBuilding({ startMs, faults: called => (called === place && left-- > 0 ? strike : 'none') });
        for (let index = 0; index < 3; index += 1) await house.push(`/v1/push?job=j${index}`, '# TYPE m gauge\nm 5\n');
        await house.pass(60 * second);
        expect(Object.keys(await house.values('m'))).toHaveLength(3);
        expect((await house.get('/api/v1/metadata')).data).toEqual({ m: [{ type: 'gauge', help: '', unit: '' }] });
      }
    },
  );

  test.each([[['x', 'y']], [['y', 'x']]])(
    'two producers that count their keys alike both keep what they said, %s first',
    async names => {
      const house = memoryBuilding({ startMs });
      for (const name of names) {
        const answer = await house.push('/v1/push?job=j', `m{said_by="${name}"} 5 ${startMs}\n`, {
          'idempotency-key': '1',
        });
        expect(answer.statusCode).toBe(200);
      }
      await house.pass(second);
      expect(Object.keys(await house.values('m'))).toEqual([
        'm{"job":"j","said_by":"x"}',
        'm{"job":"j","said_by":"y"}',
      ]);
    },
  );

  test('ingest says how many samples it was given and how many of them stay in the queue', async () => {
    let left = 3;
    const faults = (place: string): Strike => (place === 'series.addSegments' && left-- > 0 ? 'before' : 'none');
    const house = memoryBuilding({ startMs, faults });
    await house.push('/v1/push?job=a', 'm 1\nn 2\n');
    await house.push('/v1/push?job=b', 'm 1\n');
    await house.ports.buffer.send(['poison']);
    await house.pass(second);
    const [first] = house.ports.log.lines.filter(line => line.includes('ingested'));
    // Together and then each by itself: three failures leave both.
    expect(first).toBe('info ingested {"messages":3,"samples":3,"left":3,"leftSamples":3,"unreadable":1}');
    expect(house.ports.log.lines.at(-1)).toContain('"unreadable":1');
  });

  test('a message that is not ours stays apart and the others are stored', async () => {
    const house = memoryBuilding({ startMs });
    await house.push('/v1/push?job=a', 'm 1\n');
    await house.ports.buffer.send(['poison']);
    await house.push('/v1/push?job=b', 'm 2\n');
    await house.pass(second);
    expect(Object.keys(await house.values('m'))).toHaveLength(2);
    expect(house.ports.buffer.messages.map(({ body }) => body)).toEqual(['poison']);
  });
});
