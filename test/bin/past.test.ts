import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { openPast, type Past } from '../../bin/commands/past.ts';
import { labelSetOf } from '../../core/labels.ts';
import { writeRequestsOf } from '../../core/onward/write-request.ts';
import { batchesOf } from '../../core/protocol/gather.ts';
import { unpackSnappy } from '../../core/protocol/snappy.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-past-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const nowMs = Date.UTC(2026, 5, 1);
let files = 0;

const fileOf = (bytes: Uint8Array | string): string => {
  files += 1;
  const path = join(folder, String(files));
  writeFileSync(path, bytes);
  return path;
};

/** A request of remote write with some samples of one series. */
const requestOf = (job: string, count: number): Uint8Array => {
  const labels = labelSetOf([
    ['__name__', 'past'],
    ['job', job],
  ]);
  const samples = Array.from({ length: count }, (_, at) => ({ labels, value: at, timestampMs: nowMs - at * 1_000 }));
  return writeRequestsOf(batchesOf(samples, { id: 'x', via: 'push', acceptedAtMs: 0 }))[0]!;
};

const delimited = (messages: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat(
    messages.flatMap(message => {
      const size: number[] = [];
      for (let left = message.length; ; left = Math.floor(left / 128)) {
        size.push(left >= 128 ? (left % 128) | 0x80 : left);
        if (left < 128) return [Uint8Array.from(size), message];
      }
    }),
  );

const plain = (request: Uint8Array): Uint8Array => unpackSnappy(request, { maxOutputLength: 1e6 });

/** All samples of a file, read from its beginning to its end, piece by piece. */
const wholeOf = (past: Past): string[] => {
  const told: string[] = [];
  for (let offset = 0; offset < past.size; ) {
    const { bytes, samples } = past.pieceAt(offset);
    expect(bytes).toBeGreaterThan(0);
    told.push(...samples.map(({ labels, value, timestampMs }) => `${JSON.stringify(labels)} ${value} ${timestampMs}`));
    offset += bytes;
  }
  past.close();
  return told.sort();
};

describe('requests of remote write are read', () => {
  const [one, other] = [requestOf('a', 3), requestOf('b', 200)];
  const both = wholeOf(openPast(fileOf(delimited([one, other])), undefined, nowMs));

  test.each([
    ['one, packed', one, 3],
    ['one, not packed', plain(one), 3],
    ['two after their lengths, packed', delimited([one, other]), 203],
    ['two after their lengths, not packed', delimited([plain(one), plain(other)]), 203],
    ['one after its length', delimited([one]), 3],
  ])('%s', (_, bytes, count) => {
    const past = openPast(fileOf(bytes), undefined, nowMs);
    expect(past.format).toBe('remote-write');
    const told = wholeOf(past);
    expect(told).toHaveLength(count);
    for (const each of told) expect(both).toContain(each);
  });

  test.each([
    ['nonsense', Buffer.from([1, 2, 3, 4, 5])],
    ['one that is cut', one.subarray(0, one.length - 4)],
    ['the second one cut', delimited([one, other]).subarray(0, -3)],
  ])('%s is not sent', (_, bytes) => {
    expect(() => wholeOf(openPast(fileOf(bytes), 'remote-write', nowMs))).toThrow(/not sent|is no request/);
  });

  test('however many, and whatever their sizes', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(sizes, fc.boolean(), (counts, isPacked) => {
        const requests = counts.map((count, at) => requestOf(`j${at}`, count));
        const bytes = delimited(isPacked ? requests : requests.map(plain));
        const told = wholeOf(openPast(fileOf(bytes), 'remote-write', nowMs));
        expect(told).toHaveLength(counts.reduce((sum, count) => sum + count, 0));
      }),
      { numRuns: 30 },
    );
  });
});

test.each([
  ['openmetrics', 'a 1 1700000000\n# EOF\n', 1_700_000_000_000],
  ['text', 'a 1 1700000000000\n', 1_700_000_000_000],
] as const)('%s is known by how it ends', (format, text, timestampMs) => {
  const past = openPast(fileOf(text), undefined, nowMs);
  expect(past.format).toBe(format);
  expect(past.pieceAt(0)).toMatchObject({ bytes: text.length, samples: [{ timestampMs, value: 1 }] });
  past.close();
});

test('an empty file has nothing in it, and another format is none', () => {
  expect(wholeOf(openPast(fileOf(''), undefined, nowMs))).toEqual([]);
  expect(() => openPast(fileOf(''), 'csv', nowMs)).toThrow('--format is openmetrics, text, remote-write');
});
