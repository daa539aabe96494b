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
  /** What a POST brought is ended by nobody who does not remember the group: it falls silent by itself. */
  const remembered = new Set([
    'job@base64',
    'POST replaces same name only',
    'empty PUT body',
    'DELETE group',
    'DELETE then PUT',
  ]);

  test.each(goldens.filter(({ name }) => !isElsewhere(name)))('$name', async ({ name, steps }) => {
    const house = memoryBuilding({ startMs });
    for (const { method, path, headers = {}, body_base64: body = '', status, text, location, metrics } of steps) {
      const at = decodeURI(new URL(path.replace('<j>', 'j'), 'http://x').pathname);
      // What the gateway's own router answers never comes here.
      if (['/metrics/', '/metrics'].includes(at)) continue;
      const answer = await house.push(encodeURI(at), Buffer.from(body, 'base64'), headers, method);
      expect([method, at, answer.statusCode]).toEqual([method, at, status]);
      if (text !== undefined && status >= 400)
        expect(String(answer.body)).toContain(text.replaceAll('<j>', 'j').split('<m>')[0]!);
      if (location !== undefined) expect(answer.headers?.['location']).toBe(location.replace(/pg\d+/, 'j'));
      await house.pass(second);
      if (metrics === undefined || remembered.has(name)) continue;
      const seen = await told(house, '{job!=""}');
      const nameOf = (line: string): string => line.replace(/^(m\d+|<m>)/, 'm').split(/[{ ]/)[0]!;
      const expected = metrics
        .filter(line => !line.startsWith('#') && !/^push_(failure_)?time_seconds\{.*\} 0$/.test(line))
        // The bucket that a Pushgateway adds to a histogram without one is nobody's to add here.
        .filter(line => name !== 'histogram without +Inf' || !line.includes('+Inf'));
      expect(seen.map(nameOf).sort()).toEqual(expected.map(nameOf).sort());
    }
  });
});
