import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { memoryBuilding } from './building.ts';

const startMs = Date.UTC(2026, 5, 1, 12, 30);
const second = 1_000;

const told = async (house: ReturnType<typeof memoryBuilding>, selector: string): Promise<string[]> =>
  Object.entries(await house.values(selector)).map(([series, value]) => `${series} ${value}`);

describe('a group', () => {
  test('tells when it was pushed, and when in vain', async () => {
    const house = memoryBuilding({ startMs });
    await house.push('/metrics/job/j', 'm 1\n');
    await house.pass(10 * second);
    await house.push('/metrics/job/j', 'm 1 5\n');
    await house.pass(second);
    expect(await told(house, '{job="j"}')).toEqual([
      'm{"job":"j"} 1',
      `push_failure_time_seconds{"job":"j"} ${startMs / 1_000 + 10}`,
      `push_time_seconds{"job":"j"} ${startMs / 1_000}`,
    ]);
  });

  test.each([
    ['/metrics/job/j', '{job="j",instance=""}'],
    ['/metrics/job/j/instance/i', '{job="j",instance="i"}'],
  ])('%s is replaced by a PUT, added to by a POST, and ended by a DELETE', async (path, selector) => {
    const house = memoryBuilding({ startMs });
    const names = async (): Promise<string[]> => {
      await house.pass(second);
      return (await told(house, selector)).map(line => line.split('{')[0]!).filter(name => name.length === 1);
    };
    await house.push('/metrics/job/j/instance/other', 'other 1\n', {}, 'PUT');
    await house.push(path, 'a 1\nb 1\n', {}, 'PUT');
    expect(await names()).toEqual(['a', 'b']);
    await house.push(path, 'c 1\n', {}, 'POST');
    expect(await names()).toEqual(['a', 'b', 'c']);
    await house.push(path, 'b 2\nd 1\n', {}, 'PUT');
    // What a POST added was on no page: it falls silent by itself.
    expect(await names()).toEqual(['b', 'c', 'd']);
    expect((await house.push(path, '', {}, 'DELETE')).statusCode).toBe(202);
    expect(await names()).toEqual(['c']);
    expect(await house.values('push_time_seconds{instance!="other"}')).toEqual({});
    expect(await told(house, 'other')).toEqual(['other{"instance":"other","job":"j"} 1']);
  });

  test('with more labels does not end the series of another that shares its source', async () => {
    const house = memoryBuilding({ startMs });
    await house.push('/metrics/job/j', 'a 1\n', {}, 'PUT');
    await house.pass(second);
    await house.push('/metrics/job/j/zone/z', 'b 1\n', {}, 'PUT');
    await house.push('/metrics/job/j/zone/y', '', {}, 'DELETE');
    await house.pass(second);
    await house.push('/metrics/job/j', 'a 2\n', {}, 'PUT');
    await house.pass(second);
    expect(await told(house, '{__name__=~"a|b"}')).toEqual(['a{"job":"j"} 2', 'b{"job":"j","zone":"z"} 1']);
  });
});

const suite = join(
  process.env['SUITES_DIR'] ?? join(import.meta.dirname, '../../../shared/suites'),
  'pushgateway-goldens.json',
);

describe('what a real Pushgateway answers', () => {
  if (!existsSync(suite)) {
    test.skip(`${suite} is not there: the recorded answers were not compared`, () => {});
    return;
  }
  type Step = {
    readonly method: string;
    readonly path: string;
    readonly body_base64?: string;
    readonly body_text?: string;
    readonly headers?: Record<string, string>;
    readonly status: number;
    readonly text?: string;
    readonly location?: string;
    readonly metrics?: readonly string[];
  };
  const goldens = JSON.parse(readFileSync(suite, 'utf8')) as readonly {
    readonly name: string;
    readonly steps: readonly Step[];
  }[];
  /** Pages about the collector itself. */
  const isElsewhere = (name: string): boolean => /^(health|api)/.test(name);
  /** The page as the goldens write it: families in any order, names, jobs and times by what they stand for. */
  const pageOf = async (house: ReturnType<typeof memoryBuilding>): Promise<string[]> =>
    String((await house.read('/metrics')).body)
      .split('\n')
      .filter(
        line =>
          line !== '' &&
          !/^(# TYPE )?sluice_/.test(line) &&
          !line.startsWith('# HELP') &&
          !/^# TYPE push_(failure_)?time/.test(line),
      )
      .map(line =>
        line
          .replace(/\bm\d+/g, '<m>')
          .replace(/job="(j|pg\d+)/, 'job="<j>')
          .replace(/^(push_(failure_)?time_seconds\{.*\}) [1-9].*$/, '$1 <T>'),
      );
  /** What is not said of a metric without a type, and what stands in the goldens twice. */
  const comparable = (lines: readonly string[]): string[] =>
    lines
      .filter(line => !/^# (TYPE .* untyped|HELP)|^# TYPE push_/.test(line))
      // Go writes 1e-09 where JavaScript writes 1e-9.
      .map(line => line.replace(/ [-+.\de]+$/, number => ` ${Number(number)}`))
      .sort();
  /** Where the page is another, and why. */
  const otherwise: Readonly<Record<string, string>> = {
    'label@base64 empty (=)': 'a label that is empty is none, as everywhere in Prometheus',
    'instance in body kept when not in URL':
      'it is of another source: its series are kept and not shown as the group’s',
    'own metric name go_goroutines': 'a Pushgateway shows its own under the type of its own',
  };

  test.each(goldens.filter(({ name }) => !isElsewhere(name)))('$name', async ({ name, steps }) => {
    const house = memoryBuilding({ startMs });
    for (const { method, path, headers = {}, body_base64: body = '', status, text, location, metrics } of steps) {
      const at = new URL(path.replace('<j>', 'j'), 'http://x').pathname;
      // What the gateway's own router answers never comes here.
      if (['/metrics/', '/metrics'].includes(at)) continue;
      const answer = await house.push(at, Buffer.from(body, 'base64'), headers, method);
      expect([method, at, answer.statusCode]).toEqual([method, at, status]);
      if (text !== undefined && status >= 400)
        expect(String(answer.body)).toContain(text.replaceAll('<j>', 'j').split('<m>')[0]!);
      if (location !== undefined) expect(answer.headers?.['location']).toBe(location.replace(/pg\d+/, 'j'));
      await house.pass(second);
      if (metrics === undefined || Object.hasOwn(otherwise, name)) continue;
      expect(comparable(await pageOf(house)), `${name}: ${method} ${at}`).toEqual(comparable(metrics));
    }
  });
});

describe('the page of groups', () => {
  const lines = async (house: ReturnType<typeof memoryBuilding>): Promise<string[]> =>
    String((await house.read('/metrics')).body)
      .split('\n')
      .filter(line => line !== '' && !/^(#|push_|sluice_)/.test(line));

  test('shows a day what a nightly job pushed, and nothing of whom was scraped or pushes otherwise', async () => {
    const house = memoryBuilding({ startMs });
    await house.push('/metrics/job/nightly', '# TYPE rows gauge\nrows 5\n', {}, 'PUT');
    await house.push('/v1/push?job=other', 'x 1\n');
    await house.pass(second);
    await house.ports.clock.moveTo(startMs + 20 * 3_600_000);
    expect(await lines(house)).toEqual(['rows{instance="",job="nightly"} 5']);
    await house.ports.clock.moveTo(startMs + 25 * 3_600_000);
    expect(await lines(house)).toEqual([]);
  });

  test('ends a group after its time to live, and says by up whether it is over', async () => {
    const house = memoryBuilding({ startMs });
    expect((await house.push('/metrics/job/j/zone/z?ttl=90s', 'm 1\n', {}, 'PUT')).statusCode).toBe(200);
    await house.pass(second);
    expect(await lines(house)).toEqual(['m{instance="",job="j",zone="z"} 1', 'up{instance="",job="j",zone="z"} 1']);
    await house.pass(89 * second);
    expect(await lines(house)).toEqual(['up{instance="",job="j",zone="z"} 0']);
    await house.push('/metrics/job/j/zone/z?ttl=90s', 'm 2\n', {}, 'PUT');
    await house.pass(second);
    expect(await lines(house)).toEqual(['m{instance="",job="j",zone="z"} 2', 'up{instance="",job="j",zone="z"} 1']);
  });

  test.each(['soon', '0s', '25h', '-1m'])('a time to live of %s is refused', async ttl => {
    const house = memoryBuilding({ startMs });
    const answer = await house.push(`/metrics/job/j?ttl=${ttl}`, 'm 1\n', {}, 'PUT');
    expect([answer.statusCode, String(answer.body).includes('ttl')]).toEqual([400, true]);
    expect(house.ports.buffer.messages).toEqual([]);
  });

  test('a PUT replaces a group with more labels too, and the groups beside it stay', async () => {
    const house = memoryBuilding({ startMs });
    await house.push('/metrics/job/j/zone/y', 'a 1\n', {}, 'PUT');
    await house.push('/metrics/job/j/zone/z', 'a 1\nb 1\n', {}, 'PUT');
    await house.pass(second);
    await house.push('/metrics/job/j/zone/z', 'b 2\n', {}, 'PUT');
    await house.pass(second);
    expect(await lines(house)).toEqual(['a{instance="",job="j",zone="y"} 1', 'b{instance="",job="j",zone="z"} 2']);
    await house.push('/metrics/job/j/zone/z', '', {}, 'DELETE');
    await house.pass(second);
    expect(await lines(house)).toEqual(['a{instance="",job="j",zone="y"} 1']);
  });
});
