import { afterEach, describe, expect, test } from 'vitest';
import { limits } from '../../core/limits.ts';
import { memoryBuilding } from './building.ts';

const startMs = Date.UTC(2026, 5, 1, 12, 0, 30);
const minute = 60_000;
const usual = { ...limits };
afterEach(() => Object.assign(limits, usual));

/** Two instances of a shop, pushed each minute for ten: what they counted, how warm they are. */
const shop = async () => {
  const house = memoryBuilding({ startMs });
  for (let nth = 0; nth < 10; nth += 1) {
    for (const [at, instance] of ['a', 'b'].entries()) {
      const lines = [
        `orders_total{kind="web"} ${nth * 60 * (at + 1)}`,
        `orders_total{kind="shop"} ${nth * 30}`,
        `warmth ${20 + at + nth}`,
        `took_bucket{le="0.1"} ${nth * 6}`,
        `took_bucket{le="1"} ${nth * 9}`,
        `took_bucket{le="+Inf"} ${nth * 12}`,
      ];
      await house.push(`/v1/push?job=shop&instance=${instance}`, `${lines.join('\n')}\n`);
    }
    if (nth < 9) await house.pass(minute);
  }
  await house.pass(6_000);
  return house;
};

const lastSeconds = startMs / 1_000 + 540;

const ask = async (house: Awaited<ReturnType<typeof shop>>, path: string, parameters: Record<string, string>) => {
  const answer = await house.read(`/api/v1/${path}?${new URLSearchParams(parameters)}`);
  return { statusCode: answer.statusCode, body: JSON.parse(String(answer.body)) };
};

describe('a query', () => {
  test.each([
    ['1 + 1', { resultType: 'scalar', result: [lastSeconds, '2'] }],
    ['"hi"', { resultType: 'string', result: [lastSeconds, 'hi'] }],
    ['sum by (kind) (rate(orders_total[5m]))', vector([{ kind: 'shop' }, '1'], [{ kind: 'web' }, '3'])],
    ['max(warmth) - min(warmth)', vector([{}, '1'])],
    ['topk(1, warmth) * 0 + 1e21', vector([{ instance: 'b', job: 'shop' }, '1e+21'])],
    ['sum(orders_total{kind="web"}) / ignoring(kind) sum(orders_total)', vector([{}, '0.75'])],
    ['histogram_quantile(0.5, sum by (le) (rate(took_bucket[5m])))', vector([{}, '0.1'])],
    ['absent(cold{job="shop"})', vector([{ job: 'shop' }, '1'])],
    ['count({job="shop"} offset 1m)', vector([{}, '12'])],
    ['nothing', vector()],
  ])('%s', async (query, data) => {
    expect(await ask(await shop(), 'query', { query, time: String(lastSeconds) })).toEqual({
      statusCode: 200,
      body: { status: 'success', data },
    });
  });

  test('of a range, its series in the order of their labels', async () => {
    const asked = { start: String(lastSeconds - 120), end: String(lastSeconds), step: '1m' };
    const { body } = await ask(await shop(), 'query_range', { query: 'warmth > 28', ...asked });
    expect(body.data).toEqual({
      resultType: 'matrix',
      result: [
        { metric: { __name__: 'warmth', instance: 'a', job: 'shop' }, values: [[lastSeconds, '29']] },
        {
          metric: { __name__: 'warmth', instance: 'b', job: 'shop' },
          values: [
            [lastSeconds - 60, '29'],
            [lastSeconds, '30'],
          ],
        },
      ],
    });
  });

  test('says in infos what may be wrong with the question, and in warnings what was left out', async () => {
    const house = await shop();
    const time = String(lastSeconds);
    const rated = await ask(house, 'query', { query: 'sum(rate(warmth[5m]))', time });
    expect(rated.body.infos).toEqual([
      'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "warmth" (1:10)',
    ]);
    const limited = await ask(house, 'query', { query: 'warmth', time, limit: '1' });
    expect(limited.body).toMatchObject({ data: { result: [{}] }, warnings: ['results truncated due to limit'] });
    expect(limited.body.data.result).toHaveLength(1);
  });

  test('looks back as far as it is told', async () => {
    const house = await shop();
    const time = String(lastSeconds + 400);
    expect((await ask(house, 'query', { query: 'count(warmth)', time })).body.data.result).toEqual([]);
    const far = await ask(house, 'query', { query: 'count(warmth)', time, lookback_delta: '10m' });
    expect(far.body.data).toEqual({ resultType: 'vector', result: [{ metric: {}, value: [lastSeconds + 400, '2'] }] });
  });
});

test.each([
  [
    'query',
    { query: 'sum(' },
    400,
    'bad_data',
    'invalid parameter "query": 1:5: parse error: unclosed left parenthesis',
  ],
  [
    'query',
    { query: 'warmth', timeout: 'x' },
    400,
    'bad_data',
    'invalid parameter "timeout": cannot parse "x" to a valid duration',
  ],
  ['query', { query: 'warmth', limit: '-1' }, 400, 'bad_data', 'invalid parameter "limit": limit must be non-negative'],
  [
    'query',
    { query: 'w', lookback_delta: 'x' },
    400,
    'bad_data',
    'error parsing lookback delta duration: cannot parse "x" to a valid duration',
  ],
  [
    'query',
    { query: 'label_replace(orders_total, "kind", "", "", "")' },
    422,
    'execution',
    'vector cannot contain metrics with the same labelset',
  ],
  ['query', { query: 'rate(warmth[100d])' }, 422, 'execution', 'the query covers 100 days of samples, the limit is 32'],
  [
    'query',
    { query: 'max_over_time(warmth[30d:1s])' },
    422,
    'execution',
    'a subquery has 2592000 steps, the limit is 520000: give it a longer step',
  ],
  [
    'query_range',
    { query: 'warmth[5m]', start: '1', end: '2', step: '1' },
    400,
    'bad_data',
    'invalid expression type "range vector" for range query, must be Scalar or instant Vector',
  ],
])('%s of %j is refused', async (path, parameters, statusCode, errorType, error) => {
  const time = path === 'query' ? { time: String(lastSeconds) } : {};
  expect(await ask(await shop(), path, { ...parameters, ...time } as Record<string, string>)).toEqual({
    statusCode,
    body: { status: 'error', errorType, error },
  });
});

test('all selectors of a query count towards one limit of samples', async () => {
  Object.assign(limits, { querySamples: 50 });
  const house = await shop();
  const time = String(lastSeconds);
  expect((await ask(house, 'query', { query: 'sum_over_time(warmth[1h])', time })).statusCode).toBe(200);
  const both = await ask(house, 'query', {
    query: 'sum(count_over_time(warmth[1h])) + sum(count_over_time(orders_total[1h]))',
    time,
  });
  expect(both).toMatchObject({ statusCode: 422, body: { errorType: 'execution' } });
  expect(both.body.error).toContain('the query reads 60 samples, the limit is 50');
});

function vector(...series: [Record<string, string>, string][]) {
  return {
    resultType: 'vector',
    result: series.map(([metric, value]) => ({ metric, value: [lastSeconds, value] })),
  };
}
