import { describe, expect, test } from 'vitest';
import { limits } from '../../core/limits.ts';
import type { Strike } from '../../io/memory/faults.ts';
import { memoryBuilding } from './building.ts';

const startMs = Date.UTC(2026, 5, 1, 12, 0, 0);
const second = 1_000;
const minute = 60 * second;
const url = 'http://node.example:9100/metrics';
const heartbeat = { job: 'checkout', instance: '*', interval: '15s', grace: '20s' };

const rung = (house: ReturnType<typeof memoryBuilding>) =>
  house.ports.alarms.rung.map(({ kind, job, reason }) => `${kind} ${job} ${reason}`);

/** Pushes every 15 s for a while. */
const live = async (house: ReturnType<typeof memoryBuilding>, durationMs: number, job = 'checkout') => {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 15 * second) {
    await house.push(`/v1/push?job=${job}`, 'm 1\n');
    await house.pass(15 * second);
  }
};

describe('a pushing job', () => {
  test('that lives rings nothing', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put(heartbeat);
    await live(house, 10 * minute);
    expect(rung(house)).toEqual([]);
  });

  test('that falls silent rings once, at its deadline, and once more on its return', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put(heartbeat);
    await live(house, 3 * minute);
    const lastMs = house.ports.clock.nowMs() - 15 * second;
    await house.pass(20 * second - 1);
    expect(rung(house)).toEqual([]);
    await house.pass(1_001);
    expect(rung(house)).toEqual(['DOWN checkout NOT_HEARD']);
    expect(house.ports.alarms.rung[0]).toMatchObject({ sinceMs: lastMs, atMs: lastMs + 35 * second });
    await house.pass(10 * minute);
    expect(rung(house)).toHaveLength(1);
    await live(house, 3 * minute);
    expect(rung(house)).toEqual(['DOWN checkout NOT_HEARD', 'RESOLVED checkout HEARD']);
    expect(house.ports.alarms.rung[1]?.text).toMatch(/Down for 10 min/);
  });

  test('registered and never heard rings NEVER_SEEN', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put(heartbeat);
    await house.pass(3 * minute);
    expect(rung(house)).toEqual(['DOWN checkout NEVER_SEEN']);
  });

  test('registered for one instance is not kept alive by another', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put({ ...heartbeat, instance: 'a' });
    await live(house, 3 * minute, 'checkout&instance=b');
    expect(rung(house)).toEqual(['DOWN checkout NEVER_SEEN']);
    await live(house, 3 * minute, 'checkout&instance=a');
    expect(rung(house)).toEqual(['DOWN checkout NEVER_SEEN', 'RESOLVED checkout HEARD']);
  });

  test('with nothing to report is alive by an empty push', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put(heartbeat);
    for (let index = 0; index < 12; index += 1) {
      expect((await house.push('/v1/push?job=checkout', '')).statusCode).toBe(200);
      await house.pass(15 * second);
    }
    expect(rung(house)).toEqual([]);
  });

  test('that is paused rings nothing until it is resumed', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put(heartbeat);
    await live(house, minute);
    await house.ports.heartbeats.pause({ job: 'checkout', instance: '*' }, true);
    await house.pass(10 * minute);
    expect(rung(house)).toEqual([]);
    await house.ports.heartbeats.pause({ job: 'checkout', instance: '*' }, false);
    await house.pass(3 * minute);
    expect(rung(house)).toEqual(['DOWN checkout NOT_HEARD']);
  });
});

describe('a pushing job that comes and goes', () => {
  const goesOn = async (house: ReturnType<typeof memoryBuilding>, times: number) => {
    for (let time = 0; time < times; time += 1) {
      await live(house, 15 * second);
      await house.pass(2 * minute);
    }
  };

  test('is told so once, and once more when it is steady', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put(heartbeat);
    await live(house, 3 * minute);
    await house.pass(2 * minute);
    await goesOn(house, 12);
    const [fell, back] = ['DOWN checkout NOT_HEARD', 'RESOLVED checkout HEARD'];
    const flaps = [fell, back, fell, back, fell, back, fell, back, 'FLAPPING checkout NOT_HEARD'];
    expect(rung(house)).toEqual(flaps);
    await live(house, 14 * minute);
    expect(rung(house)).toEqual(flaps);
    await live(house, 2 * minute);
    expect(rung(house)).toEqual([...flaps, 'RESOLVED checkout STEADY']);
    await house.pass(2 * minute);
    expect(rung(house).at(-1)).toBe(fell);
  });

  test('and stays away in the end is told down', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put({ ...heartbeat, flapping: '2/10m' });
    await live(house, 3 * minute);
    await house.pass(2 * minute);
    await goesOn(house, 3);
    expect(rung(house).at(-1)).toBe('FLAPPING checkout NOT_HEARD');
    await house.pass(10 * minute);
    expect(rung(house).at(-1)).toBe('DOWN checkout NOT_HEARD');
    await live(house, 2 * minute);
    expect(rung(house).at(-1)).toBe('RESOLVED checkout HEARD');
  });

  test('rings each time where its row says off', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put({ ...heartbeat, flapping: 'off' });
    await live(house, 3 * minute);
    await house.pass(2 * minute);
    await goesOn(house, 8);
    expect(rung(house)).toHaveLength(17);
  });

  test('is down by beats missed, where its row counts them', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put({ ...heartbeat, grace: '5s', failures: '3/5' });
    await live(house, 3 * minute);
    await house.pass(15 * second);
    await live(house, 2 * minute);
    expect(rung(house)).toEqual([]);
    for (let time = 0; time < 4; time += 1) {
      await live(house, 15 * second);
      await house.pass(15 * second);
    }
    expect(rung(house)).toEqual(['DOWN checkout NOT_HEARD']);
    expect(house.ports.alarms.rung[0]?.text).toMatch(/missed 3 of the last 5 beats/);
    await live(house, 3 * minute);
    expect(rung(house)).toEqual(['DOWN checkout NOT_HEARD', 'RESOLVED checkout HEARD']);
  });
});

describe('a target', () => {
  const scraped = async () => {
    const house = memoryBuilding({ startMs });
    await house.tick();
    house.ports.http.pages.set(url, 'm 1\n');
    await house.register({ id: 'node/a', url, job: 'node', interval: '15s' });
    await house.pass(2 * minute);
    return house;
  };

  test('that stops answering rings once, and once more when it is back', async () => {
    const house = await scraped();
    house.ports.http.pages.delete(url);
    await house.pass(31 * second);
    expect(rung(house)).toEqual(['DOWN node SCRAPE_CONNECT']);
    expect(house.ports.alarms.rung[0]?.text).toMatch(
      /node node\.example:9100 cannot be scraped: no connection.*ECONNREFUSED/,
    );
    await house.pass(5 * minute);
    expect(rung(house)).toHaveLength(1);
    house.ports.http.pages.set(url, 'm 1\n');
    await house.pass(2 * minute);
    expect(rung(house)).toEqual(['DOWN node SCRAPE_CONNECT', 'RESOLVED node HEARD']);
    await house.pass(5 * minute);
    expect(rung(house)).toHaveLength(2);
  });

  test('that fails once and answers again rings nothing', async () => {
    const house = await scraped();
    house.ports.http.pages.delete(url);
    await house.pass(15 * second);
    house.ports.http.pages.set(url, 'm 1\n');
    await house.pass(5 * minute);
    expect(rung(house)).toEqual([]);
  });

  test('that is removed while down is resolved as removed, and its record goes', async () => {
    const house = await scraped();
    house.ports.http.pages.delete(url);
    await house.pass(minute);
    await house.ports.targets.remove('node/a');
    await house.pass(10 * minute);
    expect(rung(house)).toEqual(['DOWN node SCRAPE_CONNECT', 'RESOLVED node REMOVED']);
    expect(house.ports.heartbeats.rows.size).toBe(0);
  });
});

describe('a job that pings', () => {
  const job = { job: 'nightly', instance: '*', cron: '0 2 * * *', tz: 'Asia/Kolkata', grace: '30m' };
  // 02:00 in Kolkata is 20:30 UTC: half past eight hours after the start.
  const untilDue = 8.5 * 60 * minute;

  test('by its schedule rings nothing, and rings where it stays away', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put(job);
    await house.pass(minute);
    expect(await house.push('/ping/nightly', '', {}, 'GET')).toMatchObject({ statusCode: 200, body: 'OK' });
    await house.pass(untilDue + 29 * minute - minute);
    expect(rung(house)).toEqual([]);
    await house.pass(2 * minute);
    expect(rung(house)).toEqual(['DOWN nightly NOT_HEARD']);
    expect(house.ports.alarms.rung[0]?.atMs).toBe(startMs + untilDue + 30 * minute);
    await house.push('/ping/nightly', '');
    await house.pass(2 * minute);
    expect(rung(house)).toEqual(['DOWN nightly NOT_HEARD', 'RESOLVED nightly HEARD']);
  }, 60_000);

  test('and fails rings at once, says what it said and leaves series', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put(job);
    await house.pass(minute);
    await house.push('/ping/nightly/start', '');
    await house.pass(10 * second);
    await house.push('/ping/nightly/3', 'disk full');
    await house.pass(10 * second);
    expect(rung(house)).toEqual(['DOWN nightly FAILED']);
    expect(house.ports.alarms.rung[0]?.text).toMatch(/exit code 3: disk full/);
    expect(await house.values('{job="nightly",via=""}')).toEqual({
      'sluice_job_success{"job":"nightly"}': '0',
      'sluice_job_exit_code{"job":"nightly"}': '3',
      'sluice_job_duration_seconds{"job":"nightly"}': '10',
    });
  });

  test('and hangs rings when its run is over its grace', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put(job);
    await house.pass(minute);
    await house.push('/ping/nightly/start', '');
    await house.pass(30 * minute - second);
    expect(rung(house)).toEqual([]);
    await house.pass(2 * minute);
    expect(rung(house)).toEqual(['DOWN nightly STUCK_RUN']);
  }, 30_000);

  test('is told what it did wrong', async () => {
    const house = memoryBuilding({ startMs });
    expect(await house.push('/ping/nobody', '')).toMatchObject({ statusCode: 404, body: 'not found' });
    expect(await house.push('/ping/nobody/999', '')).toMatchObject({ statusCode: 400, body: 'invalid url format' });
    expect(await house.push('/ping/nobody?rid=7', '')).toMatchObject({ statusCode: 400, body: 'invalid uuid format' });
    expect((await house.pushByKey('/ping/nobody', '')).statusCode).toBe(401);
    expect(await house.push('/ping/nobody?create=1', '')).toMatchObject({ statusCode: 201, body: 'Created' });
    expect(await house.push('/ping/nobody', '')).toMatchObject({
      statusCode: 200,
      headers: { 'ping-body-limit': '10000' },
    });
  });
});

describe('canaries', () => {
  const quick = { job: 'quick', instance: '*', interval: '4s', grace: '4s' };

  test.each([0, 7, 20, 44, 59])('prove the first heartbeat’s deadline from second %i of a minute', async from => {
    const house = memoryBuilding({ startMs, canaries: () => true });
    await house.pass(minute + from * second);
    await house.ports.heartbeats.put(quick);
    await house.pass(200);
    await house.push('/v1/push?job=quick', 'm 1\n');
    const heardMs = house.ports.clock.nowMs();
    await house.pass(8 * second);
    expect(rung(house)).toEqual([]);
    // The next canary, and the second in which it is looked for.
    await house.pass(limits.canaryEveryMs + 2 * second);
    expect(house.ports.alarms.rung).toMatchObject([
      { kind: 'DOWN', reason: 'NOT_HEARD', sinceMs: heardMs, atMs: heardMs + 8 * second },
    ]);
  });

  test('accuse nobody whose first pushes met a door that closed', async () => {
    const openMs = startMs + minute + 58 * second;
    const isOpen = (nowMs: number): boolean => nowMs < startMs + minute + 21 * second || nowMs >= openMs;
    const house = memoryBuilding({ startMs, canaries: isOpen });
    await house.pass(minute + 20 * second);
    await house.ports.heartbeats.put(quick);
    for (let round = 0; round < 75; round += 1) {
      if (isOpen(house.ports.clock.nowMs())) await house.push('/v1/push?job=quick', 'm 1\n');
      await house.pass(4 * second);
    }
    expect(rung(house)).toEqual(['COLLECTOR_BLIND  COLLECTOR_BLIND', 'COLLECTOR_OK  COLLECTOR_OK']);
  });

  test('are sent while somebody is awaited, and to no end else', async () => {
    let sent = 0;
    const house = memoryBuilding({
      startMs,
      canaries: () => {
        sent += 1;
        return true;
      },
    });
    await house.pass(5 * minute);
    expect(sent).toBe(0);
    await house.ports.heartbeats.put(quick);
    await house.push('/v1/push?job=quick', 'm 1\n');
    await house.pass(minute);
    expect(sent).toBeGreaterThanOrEqual(minute / limits.canaryEveryMs);
    await house.ports.heartbeats.remove({ job: 'quick', instance: '*' });
    // Those that were ordered are still sent.
    await house.pass(limits.planAheadMs + minute);
    const before = sent;
    await house.pass(5 * minute);
    expect(sent).toBe(before);
  });
});

describe('a collector', () => {
  test('that was off says so once and accuses nobody of that time', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put(heartbeat);
    await live(house, 3 * minute);
    // Nothing runs for eight hours; producers find nobody.
    await house.ports.clock.moveTo(house.ports.clock.nowMs() + 8 * 60 * minute);
    await house.tick();
    await live(house, 5 * minute);
    expect(rung(house)).toEqual(['COLLECTOR_BLIND  COLLECTOR_BLIND', 'COLLECTOR_OK  COLLECTOR_OK']);
  });

  test('that was off still finds who died meanwhile', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put(heartbeat);
    await live(house, 3 * minute);
    await house.ports.clock.moveTo(house.ports.clock.nowMs() + 8 * 60 * minute);
    await house.tick();
    await house.pass(3 * minute);
    expect(rung(house).toSorted()).toEqual([
      'COLLECTOR_BLIND  COLLECTOR_BLIND',
      'COLLECTOR_OK  COLLECTOR_OK',
      'DOWN checkout NOT_HEARD',
    ]);
  });

  // Every call that the checker makes, failing before or after it took effect, some number of times.
  const places = [
    'heartbeats.all',
    'heartbeats.get',
    'heartbeats.collector',
    'heartbeats.swept',
    'heartbeats.change',
    'heartbeats.announced',
    'alarms.ring',
    'deadlines.send',
  ];
  test.each(places.flatMap(place => (['before', 'after'] as const).map(strike => [place, strike] as const)))(
    'whose %s fails %s its effect loses no alarm and invents none',
    async (place, strike) => {
      for (const failures of [1, 3]) {
        let left = 0;
        const house = memoryBuilding({
          startMs,
          faults: (called): Strike => (called === place && left-- > 0 ? strike : 'none'),
        });
        await house.ports.heartbeats.put(heartbeat);
        await live(house, 2 * minute);
        left = failures;
        await house.pass(5 * minute);
        left = failures;
        await live(house, 5 * minute);
        // At least once: a repeat has the same id. Three sweeps that failed are minutes of blindness, which is said.
        const ofSources = house.ports.alarms.rung.filter(({ kind }) => kind === 'DOWN' || kind === 'RESOLVED');
        const ids = [...new Map(ofSources.map(alarm => [alarm.id, `${alarm.kind} ${alarm.reason}`])).values()];
        expect(ids).toEqual(['DOWN NOT_HEARD', 'RESOLVED HEARD']);
      }
    },
  );

  test('whose heartbeat rows are bad says so on them and looks at the others', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put({ job: 'bad', instance: '*', interval: 'often' });
    await house.ports.heartbeats.put(heartbeat);
    await house.pass(2 * minute);
    expect(rung(house)).toEqual(['DOWN checkout NEVER_SEEN']);
    expect([...house.ports.heartbeats.rows.values()].find(({ job }) => job === 'bad')?.['problem']).toMatch(
      /interval: .*expected a duration/,
    );
  });

  test('tells its watchdog of complete sweeps alone', async () => {
    let all = true;
    const house = memoryBuilding({
      startMs,
      faults: (place): Strike => (place === 'heartbeats.all' && !all ? 'before' : 'none'),
    });
    let told = 0;
    house.ports.watchdog = {
      tell: async () => {
        told += 1;
        throw new Error('the watchdog is ill');
      },
    };
    await house.tick();
    all = false;
    await house.tick();
    expect(told).toBe(1);
  });

  test('with two checkers at once rings once', async () => {
    const house = memoryBuilding({ startMs });
    await house.ports.heartbeats.put(heartbeat);
    await live(house, 2 * minute);
    await house.ports.clock.moveTo(house.ports.clock.nowMs() + 2 * minute);
    await Promise.all([house.tick(), house.tick()]);
    expect(new Set(house.ports.alarms.rung.map(({ id }) => id)).size).toBe(1);
  });
});
