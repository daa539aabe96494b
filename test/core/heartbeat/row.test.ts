import { describe, expect, test } from 'vitest';
import { readHeartbeat } from '../../../core/heartbeat/row.ts';
import { textOfReject } from '../../../core/reject.ts';

test('a row with a job alone is a promise with the defaults', () => {
  expect(readHeartbeat({ job: 'checkout', instance: '*' }).value).toMatchObject({
    key: { job: 'checkout', instance: '*' },
    promise: { intervalMs: 60_000, graceMs: 35_000 },
    epoch: 0,
  });
});

test('a row that failed scrapes made promises nothing', () => {
  const failing = {
    targetId: 't',
    url: 'u',
    intervalMs: 1,
    reason: 'SCRAPE_DNS',
    detail: '',
    firstSlotMs: 0,
    lastSlotMs: 0,
  };
  expect(readHeartbeat({ job: 'a', instance: 'b', failing }).value?.promise).toBeUndefined();
  expect(readHeartbeat({ job: 'a', instance: 'b', failing, interval: '10s' }).value?.promise).toMatchObject({
    intervalMs: 10_000,
  });
});

describe('a bad row says what is wrong', () => {
  test.each([
    [{ instance: '*' }, /job/],
    [
      { job: 'a', instance: '*', interval: 'soon' },
      /interval: bad_row: expected a duration such as 15s or 1m30s, found "soon"/,
    ],
    [{ job: 'a', instance: '*', interval: '0s' }, /interval: bad_row: 0 s is outside 1 s/],
    [{ job: 'a', instance: '*', grace: '-1s' }, /grace/],
    [{ job: 'a', instance: '*', paused: 'yes' }, /paused/],
    [{ job: '__sluice', instance: 'check' }, /job: .*reserved/],
    [null, /row/],
  ])('%j', (row, text) => {
    const { value, rejects } = readHeartbeat(row);
    expect(value).toBeUndefined();
    expect(rejects.map(textOfReject).join('\n')).toMatch(text);
  });
});
