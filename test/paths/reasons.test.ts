import { describe, expect, test } from 'vitest';
import { proposalOf } from '../../core/heartbeat/learning.ts';
import { canaryJob, slotOfCanary } from '../../core/heartbeat/watermark.ts';
import { memoryBuilding } from './building.ts';

const startMs = Date.UTC(2026, 5, 1, 12, 0, 0);
const second = 1_000;
const minute = 60 * second;
const heartbeat = { job: 'checkout', instance: '*', interval: '15s', grace: '20s' };

type House = ReturnType<typeof memoryBuilding>;

const rung = (house: House) => house.ports.alarms.rung.map(({ kind, job, reason }) => `${kind} ${job} ${reason}`);

const repeat = async (house: House, durationMs: number, everyMs: number, act: () => Promise<unknown>) => {
  for (let passedMs = 0; passedMs < durationMs; passedMs += everyMs) {
    await act();
    await house.pass(everyMs);
  }
};

describe('a job whose pushes are refused', () => {
  test('lives: the alarm says so, and the last refusal', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put(heartbeat);
    await repeat(house, minute, 15 * second, () => house.push('/v1/push?job=checkout', 'm 1\n'));
    await repeat(house, minute, 15 * second, () => house.push('/v1/push?job=checkout', 'm one\n'));
    expect(rung(house)).toEqual(['DOWN checkout REJECTED']);
    expect(house.ports.alarms.rung[0]?.text).toMatch(/lives, and what it pushes is refused.*answered 400: line 1/);
    await repeat(house, minute, 15 * second, () => house.push('/v1/push?job=checkout', 'm 1\n'));
    expect(rung(house)).toEqual(['DOWN checkout REJECTED', 'RESOLVED checkout HEARD']);
  });

  test('and who then falls silent is told as silent', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put(heartbeat);
    await house.push('/v1/push?job=checkout', 'm 1\n');
    await house.push('/v1/push?job=checkout', 'm one\n');
    await house.pass(3 * minute);
    expect(rung(house)).toEqual(['DOWN checkout NOT_HEARD']);
  });

  test('because the collector cannot take them is told as asked to come later', async () => {
    let broken = false;
    const house = memoryBuilding({ startMs, faults: place => (broken && place === 'buffer.send' ? 'before' : 'none') });
    await house.ports.heartbeats.put(heartbeat);
    await house.push('/v1/push?job=checkout', 'm 1\n');
    broken = true;
    await repeat(house, minute, 10 * second, () => house.push('/v1/push?job=checkout', 'm 1\n'));
    expect(rung(house)).toEqual(['DOWN checkout THROTTLED']);
  });

  test('is not made alive by whoever has no key, or one for another job', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put(heartbeat);
    await house.push('/v1/push?job=checkout', 'm 1\n');
    await repeat(house, 2 * minute, 15 * second, () => house.pushByKey('/v1/push?job=checkout', 'm one\n'));
    expect(rung(house)).toEqual(['DOWN checkout NOT_HEARD']);
  });
});

describe('a silent job that is a target too', () => {
  const url = 'http://checkout.example:9100/metrics';
  test.each([
    [{ all: 40, ours: 3 }, /the gateway answered 4xx to 37 requests since then that push did not refuse/],
    [{ all: 3, ours: 3 }, /^((?!gateway).)*$/],
    [{ all: 0, ours: 2 }, /^((?!gateway).)*$/],
  ])('may have been turned away by the gateway: %j', async (refusals, text) => {
    const house = memoryBuilding({ startMs });
    const asked: number[][] = [];
    house.ports.gateway = {
      refusals: async (fromMs, toMs) => {
        asked.push([fromMs, toMs]);
        return refusals;
      },
    };
    await house.ports.heartbeats.put(heartbeat);
    await house.push('/v1/push?job=checkout&instance=a', 'm 1\n');
    await house.pass(minute);
    const [alarm] = house.ports.alarms.rung;
    expect(alarm?.text).toMatch(text);
    expect(asked).toEqual([[alarm?.sinceMs, expect.any(Number)]]);
  });

  test('is told of where the gateway says nothing', async () => {
    const house = memoryBuilding({ startMs });
    house.ports.gateway = { refusals: async () => Promise.reject(new Error('denied')) };
    await house.ports.heartbeats.put(heartbeat);
    await house.push('/v1/push?job=checkout&instance=a', 'm 1\n');
    await house.pass(minute);
    expect(rung(house)).toEqual(['DOWN checkout NOT_HEARD']);
  });

  const silent = async (page: string | undefined) => {
    const house = memoryBuilding({ startMs });
    if (page !== undefined) house.ports.http.pages.set(url, page);
    // Scraped as another source of the job, so that its page is no sign of life of the one that pushes.
    await house.ports.targets.put({ id: 'checkout', url, job: 'checkout', instance: 'page', interval: '1h' });
    await house.ports.heartbeats.put(heartbeat);
    await house.push('/v1/push?job=checkout&instance=a', 'm 1\n');
    await house.pass(minute);
    return house.ports.alarms.rung.find(({ reason }) => reason === 'NOT_HEARD')?.text;
  };

  test('is asked first, and answers', async () =>
    expect(await silent('m 1\n')).toMatch(/its target \S+ answers: it lives, and its pushes do not arrive/));

  test('is asked first, and does not answer', async () =>
    expect(await silent(undefined)).toMatch(/its target \S+ does not answer either: connect ECONNREFUSED/));
});

describe('the eleven days', () => {
  const backup = { job: 'backup', instance: '*', interval: '10m', grace: '5m' };

  /** A job that is renamed; others live on, some with other metrics, some with the same, who were there before. */
  const story = async (house: House, after: string) => {
    await house.ports.heartbeats.put(backup);
    const others = async () => {
      await house.push('/v1/push?job=web', 'http_requests_total 7\n');
      await house.push('/v1/push?job=older-backup', 'backup_last_success_seconds 7\nbackup_bytes 1\n');
    };
    for (let round = 0; round < 3; round += 1) {
      await house.push('/v1/push?job=backup', 'backup_last_success_seconds 7\nbackup_bytes 1\n');
      await others();
      await house.pass(10 * minute);
    }
    for (let round = 0; round < 2; round += 1) {
      await house.push(`/v1/push?job=${after}`, 'backup_last_success_seconds 8\nbackup_bytes 2\n');
      await others();
      await house.pass(10 * minute);
    }
  };

  test('a renamed job is told as renamed within its grace, and no query shows its old gauge as fresh', async () => {
    const house = memoryBuilding({ startMs });
    await story(house, 'backup-v2');
    expect(rung(house)).toEqual(['DOWN backup NOT_HEARD']);
    const [alarm] = house.ports.alarms.rung;
    expect(alarm?.text).toMatch(/looks renamed to backup-v2/);
    expect(alarm!.atMs - alarm!.sinceMs).toBe(15 * minute);
    for (const laterMs of [0, 60 * minute, 24 * 60 * minute, 11 * 24 * 60 * minute]) {
      await house.ports.clock.moveTo(house.ports.clock.nowMs() + laterMs);
      expect(await house.values('backup_last_success_seconds{job="backup"}')).toEqual({});
    }
  }, 30_000);

  test('who has the same metrics and was there before is nobody renamed', async () => {
    const house = memoryBuilding({ startMs });
    await story(house, 'older-backup');
    expect(rung(house)).toEqual(['DOWN backup NOT_HEARD']);
    expect(house.ports.alarms.rung[0]?.text).not.toMatch(/renamed/);
  }, 30_000);
});

describe('what is held against nobody', () => {
  test('silence in maintenance, and the rest counts', async () => {
    const house = memoryBuilding({ startMs });
    const maintenance = [{ from: '2026-06-01T12:01:00Z', until: '2026-06-01T12:10:00Z' }];
    await house.ports.heartbeats.put({ ...heartbeat, maintenance });
    await house.pass(50 * second);
    await house.push('/v1/push?job=checkout', 'm 1\n');
    // 10 s before the window and 25 s after it.
    await house.pass(9 * minute + 34 * second);
    expect(rung(house)).toEqual([]);
    await house.pass(2 * second);
    expect(rung(house)).toEqual(['DOWN checkout NOT_HEARD']);
  });

  test('a target that fails in maintenance rings when that is over', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put({
      job: 'node',
      instance: 'node.example:9100',
      interval: '15s',
      maintenance: [{ cron: '1 * * * *', for: '5m', tz: 'UTC' }],
    });
    await house.register({ id: 'node', url: 'http://node.example:9100/metrics', job: 'node', interval: '15s' });
    await house.pass(6 * minute - 2 * second);
    expect(rung(house).filter(each => each.includes('SCRAPE'))).toEqual([]);
    await house.pass(minute);
    expect(rung(house).filter(each => each.includes('SCRAPE'))).toEqual(['DOWN node SCRAPE_CONNECT']);
  });

  test('a snoozed job rings when the snooze ends', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put({ ...heartbeat, snoozeUntil: '2026-06-01T12:05:20Z' });
    await house.push('/v1/push?job=checkout', 'm 1\n');
    await house.pass(5 * minute + 19 * second);
    expect(rung(house)).toEqual([]);
    await house.pass(2 * second);
    expect(rung(house)).toEqual(['DOWN checkout NOT_HEARD']);
  });

  test('a job that has all the time for its first sign of life', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put({ ...heartbeat, firstSeen: 'never' });
    await house.pass(10 * minute);
    expect(rung(house)).toEqual([]);
    await house.push('/v1/push?job=checkout', 'm 1\n');
    await house.pass(minute);
    expect(rung(house)).toEqual(['DOWN checkout NOT_HEARD']);
  });

  test('a paused job that says something of its run is awaited again, unless people resume it', async () => {
    const house = memoryBuilding({ startMs });
    const job = { job: 'nightly', instance: '*', interval: '1m', grace: '1m', paused: true };
    await house.ports.heartbeats.put(job);
    await house.ports.heartbeats.put({ ...job, job: 'kept', manualResume: true });
    await house.pass(minute);
    await house.push('/ping/nightly/fail', '');
    await house.push('/ping/kept/fail', '');
    await house.pass(minute);
    expect(rung(house)).toEqual(['DOWN nightly FAILED']);
  });
});

describe('a target that answers now and then', () => {
  const url = 'http://flapping.example:9100/metrics';

  /** Scrapes it for a while: it answers in every slot but each third one. */
  const flapping = async (failures: string | undefined, goodMs: number) => {
    const house = memoryBuilding({ startMs });
    await house.tick();
    const key = { job: 'node', instance: 'flapping.example:9100' };
    if (failures !== undefined) await house.ports.heartbeats.put({ ...key, failures });
    await house.register({ id: 'node', url, job: 'node', interval: '15s' });
    for (let slot = 0; slot < 40; slot += 1) {
      if (slot % 3 === 0) house.ports.http.pages.delete(url);
      else house.ports.http.pages.set(url, 'm 1\n');
      await house.pass(15 * second);
    }
    house.ports.http.pages.set(url, 'm 1\n');
    await house.pass(goodMs);
    return rung(house);
  };

  test('is never down two slots in a row', async () => expect(await flapping(undefined, minute)).toEqual([]));

  test('is down once by a share of them, and back once it answers for as long', async () => {
    expect(await flapping('2/5', minute)).toEqual(['DOWN node SCRAPE_CONNECT']);
    expect(await flapping('2/5', 5 * minute)).toEqual(['DOWN node SCRAPE_CONNECT', 'RESOLVED node HEARD']);
    expect(await flapping('3/5', 5 * minute)).toEqual([]);
  }, 30_000);
});

describe('a job whose cadence is learned', () => {
  const key = { job: 'checkout', instance: '*' };
  const learned = async (expect: 'auto' | 'apply') => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put({ ...key, expect });
    await house.pass(10 * minute);
    const live = (forMs: number) =>
      repeat(house, forMs, 30 * second, () => house.push('/v1/push?job=checkout', 'm 1\n'));
    await live(5 * minute);
    await house.pass(10 * minute);
    await live(3 * minute);
    return { house, live, row: (await house.ports.heartbeats.get([key]))[0] };
  };
  const proposal = { interval: '85s', grace: '1091s' };

  test('is proposed a promise, and held to it once somebody accepts it', async () => {
    const { house, live, row } = await learned('auto');
    expect(row).toMatchObject({ state: 'up', expect: 'auto', proposal });
    expect(row).not.toHaveProperty('interval');
    await house.pass(60 * minute);
    expect(rung(house)).toEqual([]);
    await live(minute);
    await house.ports.heartbeats.expect(key, { ...proposal, expect: null, proposal: null, learned: null });
    await house.pass(19 * minute);
    expect(rung(house)).toEqual([]);
    await house.pass(3 * minute);
    expect(rung(house)).toEqual(['DOWN checkout NOT_HEARD']);
  });

  test('is held to it at once where its row says so', async () => {
    const { house, row } = await learned('apply');
    expect(row).toMatchObject({ state: 'up', expect: 'apply', ...proposal });
    await house.pass(30 * minute);
    expect(rung(house)).toEqual(['DOWN checkout NOT_HEARD']);
  });

  test('is watched anew when that is asked again', async () => {
    const { house, live } = await learned('apply');
    const asked = { interval: null, grace: null, expect: 'auto', proposal: null, learned: null } as const;
    await house.ports.heartbeats.expect(key, asked);
    await house.pass(60 * minute);
    expect(rung(house)).toEqual([]);
    await live(7 * minute);
    const [row] = await house.ports.heartbeats.get([key]);
    expect(row).toMatchObject({ state: 'up', proposal: { interval: expect.stringMatching(/s$/) } });
    expect(rung(house)).toEqual([]);
  });

  test.each([
    [
      { beats: 12, firstMs: 0, lastMs: 165_000, longestMs: 15_200 },
      { interval: '15s', grace: '35s' },
    ],
    [
      { beats: 12, firstMs: 0, lastMs: 39_600_000, longestMs: 3_900_000 },
      { interval: '3600s', grace: '1800s' },
    ],
    [
      { beats: 12, firstMs: 0, lastMs: 660_000, longestMs: 120_000 },
      { interval: '60s', grace: '120s' },
    ],
  ])('promises by %j', (learned, promise) => expect(proposalOf(learned)).toEqual(promise));
});

describe('a canary', () => {
  test('that another sends is refused, signed or not', async () => {
    const house = memoryBuilding({ startMs, canaries: () => true });
    const path = `/v1/push?job=${canaryJob}&instance=${slotOfCanary(startMs)}`;
    for (const forged of [path, `${path}&proof=0`, `${path}&proof=${'0'.repeat(64)}`])
      expect((await house.push(forged, '\n')).statusCode).toBe(403);
    expect(await house.ports.heartbeats.canaries()).toEqual([]);
  });
});

describe('what is known of heartbeats', () => {
  test('stands in Prometheus’s lists of alerts and in series', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put({ ...heartbeat, instance: 'a' });
    const alerts = async () => ((await house.get('/api/v1/alerts')).data as { alerts: object[] }).alerts;
    const up = () => house.values('{job="checkout",via="push"}');
    const name = (metric: string, reason?: string): string =>
      `${metric}${JSON.stringify({ instance: 'a', job: 'checkout', ...(reason && { reason }), via: 'push' })}`;
    const push = () => house.push('/v1/push?job=checkout&instance=a', 'm 1\n');
    await repeat(house, 3 * minute, 15 * second, push);
    await push();
    expect(await alerts()).toEqual([]);
    expect(await up()).toEqual({ [name('up')]: '1' });
    await house.pass(20 * second);
    expect(await alerts()).toMatchObject([{ state: 'pending', labels: { reason: 'LATE', instance: 'a' } }]);
    await house.pass(25 * second);
    expect(await alerts()).toMatchObject([
      {
        state: 'firing',
        labels: { alertname: 'HeartbeatDown', job: 'checkout', instance: 'a', reason: 'NOT_HEARD' },
        activeAt: new Date(startMs + 3 * minute).toISOString(),
        value: '1e+00',
      },
    ]);
    expect(await up()).toEqual({ [name('up')]: '0', [name('up_reason', 'NOT_HEARD')]: '1' });
    await house.pass(20 * minute);
    expect(await up()).toEqual({ [name('up')]: '0', [name('up_reason', 'NOT_HEARD')]: '1' });
    await repeat(house, 3 * minute, 15 * second, push);
    await push();
    expect(await alerts()).toEqual([]);
    expect(await up()).toEqual({ [name('up')]: '1' });
  }, 30_000);
});

describe('the planner and the checker', () => {
  test('look after each other: a sweep that never came is ordered', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put(heartbeat);
    await house.push('/v1/push?job=checkout', 'm 1\n');
    await house.tick();
    await house.pump();
    await house.pass(2 * minute, { ticks: false });
    const before = house.ports.measures.told.filter(told => told.Sweeps !== undefined).length;
    await house.planTick();
    await house.pump();
    expect(house.ports.measures.told.filter(told => told.Sweeps !== undefined)).toHaveLength(before + 1);
    await house.planTick();
    await house.pump();
    expect(house.ports.measures.told.filter(told => told.Sweeps !== undefined)).toHaveLength(before + 1);
  });

  test('no watchdog is told while nobody plans', async () => {
    const house = memoryBuilding({ startMs });
    let told = 0;
    house.ports.watchdog = {
      tell: async () => {
        told += 1;
      },
    };
    await house.tick();
    expect(told).toBe(1);
    await house.ports.clock.moveTo(startMs + 8 * minute);
    await house.checkTick();
    expect(told).toBe(1);
  });
});
