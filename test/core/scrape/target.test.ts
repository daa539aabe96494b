import { describe, expect, test } from 'vitest';
import { textOfReject } from '../../../core/reject.ts';
import { readTarget } from '../../../core/scrape/target.ts';

test('a row with a URL alone gets the defaults of the field', () => {
  expect(readTarget({ id: 'a', url: 'http://example.com:9100' }).value).toMatchObject({
    url: 'http://example.com:9100/metrics',
    job: 'default',
    instance: 'example.com:9100',
    intervalMs: 60_000,
    timeoutMs: 10_000,
  });
});

test('a timeout fits into a short interval by itself', () => {
  expect(readTarget({ id: 'a', url: 'https://example.com/m', interval: '5s' }).value).toMatchObject({
    timeoutMs: 5_000,
    instance: 'example.com:443',
  });
});

describe('a bad row says what is wrong', () => {
  test.each([
    [{ id: 'a' }, /^url: /],
    [{ id: 'a', url: 'ftp://x' }, /url: bad_row: expected an http or https URL, found "ftp:\/\/x"/],
    [{ id: 'a', url: 'file:///proc/self/environ' }, /http or https/],
    [{ id: 'a', url: 'http://u:p@x/' }, /must not carry a password/],
    [{ id: 'a', url: 'http://x', interval: '4s' }, /interval: bad_row: 4 s is outside 5 s/],
    [{ id: 'a', url: 'http://x', interval: '10s', timeout: '11s' }, /timeout 11 s is longer than the interval 10 s/],
    [{ id: 'a', url: 'http://x', labels: { job: 'b' } }, /labels\.job/],
    [{ id: 'a', url: 'http://x', labels: { '1a': 'b' } }, /label name/],
    [{ id: '', url: 'http://x' }, /^id/],
    ['nonsense', /row/],
  ])('%j', (row, text) => {
    const { value, rejects } = readTarget(row);
    expect(value).toBeUndefined();
    expect(rejects.map(textOfReject).join('\n')).toMatch(text);
  });
});
