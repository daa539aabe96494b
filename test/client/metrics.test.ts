import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Sha256 } from '@aws-sdk/checksums/sha';
import { SignatureV4 } from '@smithy/signature-v4';
import { buildSync } from 'esbuild';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { seriesKeyOf, Tally } from '../../client/lines.ts';
import { Metrics } from '../../client/metrics.ts';
import type { Request, Sender } from '../../client/send.ts';
import { signedHeaders } from '../../client/sign.ts';
import { handler } from '../../examples/push-client/handler.ts';
import { memoryBuilding } from '../paths/building.ts';

afterEach(() => vi.unstubAllEnvs());

const startMs = Date.UTC(2026, 5, 1, 12, 30);

/** Sends into a house in memory, through the shipped push door. */
const into =
  (house: ReturnType<typeof memoryBuilding>, seen: Request[] = []): Sender =>
  async request => {
    seen.push(request);
    const { url, headers, body } = request;
    const answer = await house.push(`${url.pathname}${url.search}`, body, headers as Record<string, string>);
    return { status: answer.statusCode ?? 0, text: String(answer.body) };
  };

describe('what was told', () => {
  test('is what a query returns', async () => {
    const house = memoryBuilding({ startMs });
    const metrics = new Metrics({ url: 'http://x', job: 'shop', sender: into(house) });
    metrics.count('orders_total', 2, { country: 'de' });
    metrics.count('orders_total', 3, { country: 'de' });
    metrics.gauge('depth', 7);
    metrics.gauge('debt', 1);
    metrics.gauge('debt', -5);
    for (const value of [0.2, 0.2, 0.2, 3]) metrics.observe('took_seconds', value);
    expect(await metrics.flush()).toBe(true);
    expect(await metrics.flush()).toBe(true);
    await house.pass(1_000);
    expect(await house.values('{__name__=~"orders_total|depth|debt|took_seconds_(sum|count)"}')).toEqual({
      'orders_total{"country":"de","job":"shop"}': '5',
      'depth{"job":"shop"}': '7',
      'debt{"job":"shop"}': '-5',
      'took_seconds_sum{"job":"shop"}': '3.6',
      'took_seconds_count{"job":"shop"}': '4',
    });
    expect(Object.values(await house.values('took_seconds_bucket{le="0.25"}'))).toEqual(['3']);
  });

  test.each([
    ['a b|c', { 'x:y': '1,2|3#4\n5' }, 'a_b_c:1|c|#x_y:1_2_3_4_5\n'],
    ['m', { b: true, a: 1, c: '' }, 'm:1|c|#a:1,b:true\n'],
    ['m', { url: 'http://x' }, 'm:1|c|#url:http://x\n'],
  ])('stands safely in a line: %s %j', (name, labels, line) => {
    const tally = new Tally();
    tally.count(seriesKeyOf(name, labels), 1);
    tally.count(seriesKeyOf(name, labels), Number.NaN);
    expect([...tally.lines()]).toEqual([line]);
  });

  test('of thousands of observations counts each, and keeps bounds', () => {
    const tally = new Tally();
    for (let at = 0; at < 5_000; at += 1) tally.observe(seriesKeyOf('m', {}), at);
    const lines = [...tally.lines()];
    expect(lines.length).toBe(1_001);
    expect(lines.at(-1)).toBe(`m:2999.5|h|@${1 / 4_000}\n`);
  });
});

describe('a flush', () => {
  test('tries again with the same key and counts once, whether the first try arrived or not', async () => {
    for (const strike of ['before', 'after'] as const) {
      let sends = 0;
      const faults = (place: string) => {
        if (place === 'buffer.send') sends += 1;
        return place === 'buffer.send' && sends === 1 ? strike : 'none';
      };
      const house = memoryBuilding({ startMs, faults });
      const seen: Request[] = [];
      const metrics = new Metrics({ url: 'http://x', job: 'shop', sender: into(house, seen) });
      metrics.count('orders_total');
      expect(await metrics.flush()).toBe(true);
      expect(seen.length).toBe(2);
      expect(seen[0]!.headers['idempotency-key']).toBe(seen[1]!.headers['idempotency-key']);
      await house.pass(1_000);
      expect(Object.values(await house.values('orders_total'))).toEqual(['1']);
    }
  });

  test('that reaches nobody goes again with the next one, and never throws', async () => {
    const house = memoryBuilding({ startMs });
    let isUp = false;
    const good = into(house);
    const problems: string[] = [];
    const metrics = new Metrics({
      url: 'http://x',
      job: 'shop',
      tries: 1,
      onProblem: problem => problems.push(problem),
      sender: async request => {
        if (!isUp) throw new Error('nobody there');
        return good(request);
      },
    });
    for (let times = 0; times < 3; times += 1) {
      metrics.count('orders_total');
      expect(await metrics.flush()).toBe(false);
    }
    isUp = true;
    metrics.count('orders_total');
    expect(await metrics.flush()).toBe(true);
    await house.pass(1_000);
    expect(Object.values(await house.values('orders_total'))).toEqual(['4']);
    expect(problems).toEqual(Array(3).fill('metrics: nobody there'));
  });

  test('that is refused is not tried again, and says why', async () => {
    const problems: string[] = [];
    const sender = vi.fn(async () => ({ status: 403, text: 'another job' }));
    const metrics = new Metrics({ url: 'http://x', sender, onProblem: problem => problems.push(problem) });
    metrics.count('m');
    expect(await metrics.flush()).toBe(true);
    expect(sender).toHaveBeenCalledTimes(1);
    expect(problems).toEqual(['metrics: 403 another job']);
  });

  test('without an address, or with nothing to tell, sends nothing', async () => {
    const sender = vi.fn(async () => ({ status: 200, text: '' }));
    const nowhere = new Metrics({ sender });
    nowhere.count('m');
    expect(await nowhere.flush()).toBe(true);
    expect(await new Metrics({ url: 'http://x', sender }).flush()).toBe(true);
    expect(sender).not.toHaveBeenCalled();
  });
});

test('a handler flushes once an invocation, its answer and its failure being its own', async () => {
  const sender = vi.fn(async () => ({ status: 200, text: '' }));
  const metrics = new Metrics({ url: 'http://x', sender });
  const wrapped = metrics.wrapped(async (event: { fail: boolean }, _: unknown) => {
    metrics.count('m');
    metrics.gauge('g', 1);
    return metrics.timed('took', async () => {
      if (event.fail) throw new Error('mine');
      return 'done';
    });
  });
  expect(await wrapped({ fail: false }, {})).toBe('done');
  await expect(wrapped({ fail: true }, {})).rejects.toThrow('mine');
  expect(sender).toHaveBeenCalledTimes(2);
});

test('over the network: a key is sent, and who does not answer in time is given up', async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    if (request.url?.includes('slow') !== true) response.end('{}');
  }).listen(0, '127.0.0.1');
  await new Promise(done => server.once('listening', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const problems: string[] = [];
  const of = (job: string) =>
    new Metrics({ url, job, key: 'K', timeoutMs: 200, tries: 1, onProblem: problem => problems.push(problem) });
  const [quick, slow] = [of('quick'), of('slow')];
  for (const metrics of [quick, slow]) metrics.count('m');
  expect([await quick.flush(), await slow.flush()]).toEqual([true, false]);
  expect(seen).toEqual(['POST /v1/statsd?job=quick Bearer K', 'POST /v1/statsd?job=slow Bearer K']);
  expect(problems).toEqual(['metrics: no answer within 200 ms']);
  server.closeAllConnections();
  server.close();
});

test('the signature is the one that AWS’s own signer makes', async () => {
  const env = {
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'token/+=',
    AWS_REGION: 'eu-west-1',
  };
  const url = new URL("https://abc.execute-api.eu-west-1.amazonaws.com/v1/statsd?job=a b*(c)'é");
  const now = new Date(startMs);
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token/+=' };
  const signer = new SignatureV4({
    service: 'execute-api',
    region: 'eu-west-1',
    credentials,
    sha256: Sha256,
    // An HTTP API asks for no header with the digest of the body.
    applyChecksum: false,
  });
  const { headers } = await signer.sign(
    {
      method: 'POST',
      protocol: 'https:',
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host },
      body: 'm:1|c\n',
    },
    { signingDate: now },
  );
  const own = signedHeaders(url, 'm:1|c\n', now, env);
  expect(own['authorization']).toBe(headers['authorization']);
  expect(own['x-amz-date']).toBe(headers['x-amz-date']);
  expect(signedHeaders(url, '', now, {})).toEqual({});
});

test('it is below 20 KB as a bundle and needs nothing but Node', () => {
  const { outputFiles } = buildSync({
    entryPoints: ['client/metrics.ts'],
    absWorkingDir: `${import.meta.dirname}/../..`,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    write: false,
  });
  const text = outputFiles[0]!.text;
  expect(text.length).toBeLessThan(20_000);
  const imported = [...text.matchAll(/from"([^"]+)"/g)].map(([, name]) => name);
  expect(imported.every(name => name?.startsWith('node:'))).toBe(true);
});

test('the example runs without a collector', async () => {
  expect(await handler({ country: 'de', items: 1 }, {})).toEqual({ accepted: true });
});
