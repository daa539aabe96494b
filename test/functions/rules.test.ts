import { describe, expect, test } from 'vitest';
import { limits } from '../../core/limits.ts';
import { rulesIn } from '../../core/rules/answer.ts';
import { rules } from '../../functions/rules.ts';
import type { Strike } from '../../io/memory/faults.ts';
import { memoryBuilding } from '../paths/building.ts';

const startMs = Date.UTC(2026, 5, 1);

const text = [
  'groups:',
  '- name: shop',
  '  interval: 30s',
  '  rules:',
  '  - { record: "job:orders:sum", expr: sum by (job) (orders) }',
  '  - { record: "job:orders:double", expr: "job:orders:sum * 2" }',
  '  - alert: ManyOrders',
  '    expr: job:orders:double > 10',
  '    for: 1m',
  '    annotations: { summary: "{{ $value }} orders" }',
].join('\n');

/** A house whose rules are evaluated each minute, where orders come as they are said. */
const house = (faults: { now: (place: string) => Strike } = { now: () => 'none' }, file = text) => {
  const own = memoryBuilding({ startMs, faults: place => faults.now(place) });
  own.ports.rules.files = [{ name: 'shop.yml', text: file }];
  const event = { scheduledAt: '' } as never;
  const evaluate = () => rules(own.ports)(event, {} as never) as Promise<void>;
  return {
    ...own,
    evaluate,
    /** So many minutes, with orders pushed every 15 s and a tick of rules at the end of each. */
    minutes: async (count: number, orders: number | undefined, ticks = 1): Promise<void> => {
      for (let at = 0; at < count; at += 1) {
        for (let quarter = 0; quarter < 4; quarter += 1) {
          if (orders !== undefined)
            await own.push('/v1/push?job=shop', `orders{kind="a"} ${orders}\norders{kind="b"} 1\n`);
          await own.pass(15_000);
        }
        for (let tick = 0; tick < ticks; tick += 1) await evaluate().catch(() => undefined);
        await own.pass(1_000);
      }
    },
    over: async (query: string): Promise<Record<string, string>> => {
      const endMs = own.ports.clock.nowMs();
      const asked = new URLSearchParams({ query, time: String(endMs / 1_000) });
      const { data } = (await own.get(`/api/v1/query?${asked}`)) as unknown as {
        data: { result: { metric: Record<string, string>; values: [number, string][] }[] };
      };
      return Object.fromEntries(
        data.result.map(({ metric, values }) => [
          metric['alertstate'] ?? metric['__name__'] ?? '',
          values.map(([time, value]) => `${time - startMs / 1_000}:${value}`).join(' '),
        ]),
      );
    },
    rung: () => own.ports.alarms.rung.map(({ kind, text: said }) => `${kind} ${said.split('. ').at(-1)}`),
  };
};

describe('rules', () => {
  test('make samples at their instants, later rules of earlier ones, once a canary came through', async () => {
    const own = house();
    await own.minutes(1, 4);
    expect(rulesIn(await own.ports.rules.all()).groups).toEqual([]);
    await own.minutes(2, 4);
    const doubled = await own.over('job:orders:double[5m]');
    expect(doubled).toEqual({ 'job:orders:double': expect.stringMatching(/^(\d+:10 ?)+$/) });
    const times = doubled['job:orders:double']!.split(' ').map(each => Number(each.split(':')[0]));
    expect(times.every(time => time % 30 === 0)).toBe(true);
    // The delay is what the canary took, five seconds here or less, and not a minute.
    expect((await own.ports.rules.all())[0]!.delayMs).toBeLessThan(10_000);
  });

  test('ring once when they fire and once when they no longer do', async () => {
    const own = house();
    await own.minutes(5, 9);
    expect(own.rung()).toEqual(['FIRING 20 orders']);
    expect(Object.keys(await own.over('ALERTS[10m]')).sort()).toEqual(['firing', 'pending']);
    expect(Object.keys(await own.values('ALERTS'))).toEqual([
      'ALERTS{"alertname":"ManyOrders","alertstate":"firing","job":"shop"}',
    ]);
    await own.minutes(3, 1);
    expect(own.rung()).toEqual(['FIRING 20 orders', 'RESOLVED 20 orders']);
    expect(await own.values('ALERTS')).toEqual({});
  });

  test('end the series that they no longer give', async () => {
    const own = house(undefined, 'groups: [{ name: g, interval: 30s, rules: [{ record: big, expr: orders > 5 }] }]');
    await own.minutes(3, 9);
    expect(Object.values(await own.values('big'))).toEqual(['9']);
    await own.minutes(2, 1);
    expect(await own.values('big')).toEqual({});
  });

  test.each([
    ['ticks that come twice', 2, []],
    ['minutes that were missed', 1, [3, 4]],
  ])('give the same for %s', async (_, ticks, missing) => {
    const usual = house();
    await usual.minutes(7, 9);
    const own = house();
    for (let at = 0; at < 7; at += 1) await own.minutes(1, 9, (missing as number[]).includes(at) ? 0 : ticks);
    for (const query of ['job:orders:sum[20m]', 'job:orders:double[20m]', 'ALERTS[20m]'])
      expect(await own.over(query)).toEqual(await usual.over(query));
    expect(own.rung()).toEqual(usual.rung());
    expect((await own.ports.rules.all())[0]!.missed).toBe(0);
  });

  test.each(['buffer.send', 'rules.swap', 'alarms.ring', 'history.add', 'series.catalogOn'])(
    'lose nothing and ring no other alarm where %s fails, before or after it took effect',
    async place => {
      const usual = house();
      await usual.minutes(5, 9);
      await usual.minutes(3, 1);
      for (const strike of ['before', 'after'] as const) {
        let count = 0;
        const faults = {
          now: (at: string): Strike => {
            if (at !== place) return 'none';
            count += 1;
            return count % 13 === 3 ? strike : 'none';
          },
        };
        const own = house(faults);
        for (let at = 0; at < 8; at += 1) await own.minutes(1, at < 5 ? 9 : 1).catch(() => undefined);
        faults.now = () => 'none';
        await own.minutes(2, 1);
        expect(new Set(own.rung())).toEqual(new Set(usual.rung()));
        expect(new Set(own.ports.alarms.rung.map(({ id }) => id)).size).toBe(2);
      }
    },
  );

  test('that cannot be answered say why, and neither fire nor end by it', async () => {
    const own = house();
    await own.minutes(5, 9);
    const { querySeries } = limits;
    Object.assign(limits, { querySeries: 1 });
    await own.minutes(2, 1);
    Object.assign(limits, { querySeries });
    expect(own.rung()).toEqual(['FIRING 20 orders']);
    const [group] = rulesIn(await own.ports.rules.all()).groups;
    expect(group!.rules[0]).toMatchObject({ health: 'err', lastError: expect.stringContaining('more than 1 series') });
  });

  test('are listed as Prometheus lists them', async () => {
    const own = house();
    await own.minutes(5, 9);
    const { data } = (await own.get('/api/v1/rules?type=alert')) as unknown as {
      data: { groups: { rules: object[] }[] };
    };
    expect(data.groups).toMatchObject([
      {
        name: 'shop',
        file: 'shop.yml',
        interval: 30,
        rules: [
          {
            name: 'ManyOrders',
            state: 'firing',
            duration: 60,
            health: 'ok',
            type: 'alerting',
            alerts: [{ labels: { alertname: 'ManyOrders', job: 'shop' }, state: 'firing', value: '2e+01' }],
          },
        ],
      },
    ]);
    expect(
      ((await own.get('/api/v1/rules?type=record')) as unknown as typeof data & { data: typeof data }).data.groups[0]!
        .rules,
    ).toHaveLength(2);
    expect((await own.read('/api/v1/rules?type=x')).statusCode).toBe(400);
    const alerts = (await own.get('/api/v1/alerts')) as unknown as { data: { alerts: object[] } };
    expect(alerts.data.alerts).toMatchObject([
      { labels: { alertname: 'ManyOrders' }, state: 'firing', value: '2e+01' },
    ]);
  });

  test('are open alarms while they fire, and what was rung of them is listed, and is nobody’s time down', async () => {
    const own = house();
    const listed = async () =>
      (await own.get('/v1/alarms')) as unknown as { open: Record<string, unknown>[]; past: Record<string, unknown>[] };
    await own.minutes(2, 9);
    expect((await listed()).open).toEqual([]);
    await own.minutes(3, 9);
    const { open, past } = await listed();
    expect(open).toMatchObject([{ job: 'shop', instance: '', reason: 'ManyOrders', isRecovering: false, labels: {} }]);
    expect(open[0]!['evidence']).toEqual([
      '20 orders',
      expect.stringMatching(/^job:orders:double > 10 gave 20 at 2026-/),
      expect.stringMatching(/^fires since 2026-.*Z, by shop in shop\.yml$/),
    ]);
    expect(past).toMatchObject([{ kind: 'FIRING', job: 'shop', reason: 'ManyOrders', sinceMs: open[0]!['sinceMs'] }]);
    await own.minutes(3, 1);
    const after = await listed();
    expect(after.open).toEqual([]);
    expect(after.past.map(({ kind }) => kind)).toEqual(['RESOLVED', 'FIRING']);
    const { sources } = (await own.get('/v1/sources')) as unknown as { sources: { job: string; downs: unknown[] }[] };
    expect(sources.filter(({ downs }) => downs.length > 0)).toEqual([]);
  });

  test('add up with all else that is stored: what rules, canaries, pings and heartbeats bring was accepted too', async () => {
    const own = house();
    await own.ports.heartbeats.put({ job: 'shop', instance: '*', interval: '60s', grace: '35s' });
    await own.push('/ping/shop/start', '');
    await own.push('/ping/shop/3', '');
    await own.minutes(12, 9);
    await own.pass(30_000, { ticks: false });
    const sum = (name: 'Accepted' | 'Stored' | 'Merged'): number => own.ports.measures.sum(name);
    expect(sum('Stored')).toBeGreaterThan(100);
    expect(Object.keys(await own.values('{__name__=~"up|ALERTS",job="shop"}')).length).toBe(2);
    expect(Object.keys(await own.over('sluice_job_exit_code[20m]')).length).toBe(1);
    expect(sum('Accepted')).toBe(sum('Stored') + sum('Merged'));
  });
});
