import { describe, expect, test } from 'vitest';
import { limits } from '../../../core/limits.ts';
import { judged } from '../../../core/scrape/judge.ts';
import { PageReaders } from '../../../core/scrape/page-readers.ts';
import { aTarget } from './a-target.ts';

const a = aTarget({ id: 'a' });
const b = aTarget({ id: 'b' });

const text = 'text/plain; version=0.0.4';
const openMetrics = 'application/openmetrics-text; version=1.0.0';

test('a target is read by its last page, whatever others say in between', () => {
  const readers = new PageReaders();
  const one = readers.read(a, text, Buffer.from('a{b="c"} 1\n'))?.value;
  readers.read(b, text, Buffer.from('x 1\n'));
  const two = readers.read(a, text, Buffer.from('a{b="c"} 2\n'))?.value;
  expect(two?.columns.series).toBe(one?.columns.series);
  expect([...two!.columns.values]).toEqual([2]);
});

test('a target may change its format, and a page may be wrong', () => {
  const readers = new PageReaders();
  expect(readers.read(a, text, Buffer.from('a 1 2\n'))?.rejects).toEqual([]);
  expect(readers.read(a, openMetrics, Buffer.from('a 1 2\n# EOF\n'))?.value.columns.timestampsMs).toEqual(
    Float64Array.of(2_000),
  );
  expect(readers.read(a, openMetrics, Buffer.from('a 1 2\n'))?.rejects).toHaveLength(1);
  expect(readers.read(a, text, Buffer.from('a 1 2\n'))?.value.columns.timestampsMs).toEqual(Float64Array.of(2));
  expect(readers.read(a, 'application/vnd.google.protobuf', Buffer.alloc(0))?.rejects).toEqual([]);
  expect(readers.read(a, 'text/html', Buffer.alloc(0))).toBeUndefined();
});

test('what is kept is bounded', () => {
  const readers = new PageReaders();
  const page = Buffer.from(`${'# '.padEnd(limits.lineBytes - 2, 'x')}\n`.repeat(100));
  for (let target = 0; target < 30; target += 1) readers.read(aTarget({ id: `target ${target}` }), text, page);
  expect(readers.bytes).toBeGreaterThan(limits.predictedBytes / 2);
  expect(readers.bytes).toBeLessThanOrEqual(limits.predictedBytes);
});

describe('where not all pages fit', () => {
  const page = Buffer.from(`${'# '.padEnd(limits.lineBytes - 2, 'x')}\n`.repeat(10));
  const bound = 4_000_000;
  const round = (readers: PageReaders, targets: readonly ReturnType<typeof aTarget>[]): boolean[] => {
    readers.begin();
    const known = targets.map(target => readers.has(target.id));
    for (const target of targets) readers.read(target, text, page);
    expect(readers.bytes).toBeLessThanOrEqual(bound);
    return known;
  };
  const fleet = (name: string) => Array.from({ length: 10 }, (_, index) => aTarget({ id: `${name} ${index}` }));

  test('the first that fit stay from round to round', () => {
    const readers = new PageReaders(bound);
    const targets = fleet('a');
    expect(round(readers, targets)).not.toContain(true);
    const [second, third] = [round(readers, targets), round(readers, targets)];
    expect(second.filter(known => known).length).toBeGreaterThan(1);
    expect(second).toContain(false);
    for (const [at, known] of second.entries()) if (known) expect(third[at]).toBe(true);
  });

  test('those of others make room, and come back with their own', () => {
    const readers = new PageReaders(bound);
    round(readers, fleet('a'));
    round(readers, fleet('b'));
    expect(round(readers, fleet('b')).filter(known => known).length).toBeGreaterThan(1);
    expect(fleet('a').filter(({ id }) => readers.has(id))).toEqual([]);
  });
});

test('a page of more samples than there is memory for is down for that, also where the last one was not', () => {
  const readers = new PageReaders(limits.predictedBytes, 2);
  const scraped = (page: string) => judged(readers, a, { ok: true, contentType: text, body: Buffer.from(page) });
  expect(scraped('m 1\nn 2\n').ok).toBe(true);
  expect(scraped('m 1\nn 2\no 3\n')).toMatchObject({
    ok: false,
    reason: 'SCRAPE_LIMIT',
    detail: 'line 3: sample_limit: more than 2 samples, the limit is 2',
  });
  expect(scraped('m 1\nn 3\n').ok).toBe(true);
});
