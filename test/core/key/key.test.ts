import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isKeyOf, keyFrom, keyTextOf, readKey, readKeyRow, renamed, rotated } from '../../../core/key/key.ts';

const text = `${'Ab3'.repeat(21)}x`;
const hash = createHash('sha256').update(text).digest('hex');

test('a key is named by its beginning and known by its hash', () => {
  expect(readKey(text)).toEqual({ id: 'Ab3Ab3Ab3Ab3Ab3A', hash });
});

test.each(['', text.slice(1), `${text}x`, `${text.slice(1)}-`, `${text.slice(1)}é`, ` ${text.slice(1)}`])(
  '%j is no key',
  input => {
    expect(readKey(input)).toBeUndefined();
  },
);

describe('a key stands in', () => {
  const basic = (user: string, password: string): string =>
    `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

  test.each<[string, Record<string, string>, string | undefined]>([
    ['a bearer token', { authorization: 'Bearer k' }, 'k'],
    ['any case of the scheme', { authorization: 'bEARER k' }, 'k'],
    ['a token', { authorization: 'Token k' }, 'k'],
    ['the password', { authorization: basic('me', 'k') }, 'k'],
    ['the password with colons', { authorization: basic('me', 'k:l') }, 'k:l'],
    ['the password of nobody', { authorization: basic('', 'k') }, 'k'],
    ['a header of its own', { 'x-api-key': 'k' }, 'k'],
    ['Datadog’s header', { 'dd-api-key': 'k' }, 'k'],
    ['Firehose’s header', { 'x-amz-firehose-access-key': 'k' }, 'k'],
    ['no place', {}, undefined],
    ['no place in another scheme', { authorization: 'Digest k' }, ''],
    ['no place beside another scheme', { authorization: 'Digest k', 'x-api-key': 'k' }, ''],
    ['no place without a scheme', { authorization: 'k' }, ''],
  ])('%s', (_, headers, expected) => {
    expect(keyTextOf(name => headers[name] ?? '')).toBe(expected);
  });
});

describe('a key is', () => {
  const key = readKey(text)!;
  const row = readKeyRow({ id: key.id, hash }).value!;

  test('the one before too, until its time is over', () => {
    const next = readKey(renamed('Z'.repeat(64), key.id))!;
    const { value } = readKeyRow(rotated({ id: key.id, hash }, next, 5_000));
    expect([0, 4_999, 5_000].map(nowMs => isKeyOf(key, value, nowMs))).toEqual([true, true, false]);
    expect(isKeyOf(next, value, 9_000)).toBe(true);
    expect(rotated({ id: 'another', hash }, next, 0)).toBeUndefined();
  });

  test('its own row’s', () => expect(isKeyOf(key, row, 0)).toBe(true));
  test('not another’s', () => expect(isKeyOf(key, { ...row, hash: '1'.repeat(64) }, 0)).toBe(false));
  test('nobody’s', () => expect(isKeyOf(key, undefined, 0)).toBe(false));
  test('not nobody’s though its hash were zero', () => {
    expect(isKeyOf({ id: key.id, hash: '0'.repeat(64) }, undefined, 0)).toBe(false);
  });
});

test.each([
  [{ id: 'short', hash }, 'id'],
  [{ id: 'Ab3Ab3Ab3Ab3Ab3A', hash: 'secret' }, 'hash'],
  [{ id: 'Ab3Ab3Ab3Ab3Ab3A', hash, jobs: [] }, 'jobs'],
  [{ id: 'Ab3Ab3Ab3Ab3Ab3A', hash, jobs: ['__sluice'] }, 'jobs.0'],
  [{ id: 'Ab3Ab3Ab3Ab3Ab3A', hash, protocols: ['smoke'] }, 'protocols.0'],
  [{ id: 'Ab3Ab3Ab3Ab3Ab3A', hash, forgedJobs: 'ignore' }, 'forgedJobs'],
  [{ id: 'Ab3Ab3Ab3Ab3Ab3A', hash, limits: { samplesPerSecond: 0 } }, 'limits.samplesPerSecond'],
  [{ id: 'Ab3Ab3Ab3Ab3Ab3A', hash, limits: { labels: 31 } }, 'limits.labels'],
  [{ id: 'Ab3Ab3Ab3Ab3Ab3A', hash, limits: { smoke: 1 } }, 'limits'],
  [{ id: 'Ab3Ab3Ab3Ab3Ab3A', hash, previousUntil: 'soon' }, 'previousUntil'],
])('%j is a bad row, at %s', (row, path) => {
  const { value, rejects } = readKeyRow(row);
  expect(value).toBeUndefined();
  expect(rejects[0]?.place?.path).toBe(path);
});

test('made keys are keys, of all letters', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 128, maxLength: 128 }), bytes => {
      const made = keyFrom(bytes);
      // Too many of the bytes may have been passed over.
      expect(made === undefined || readKey(made) !== undefined).toBe(true);
    }),
  );
  for (let times = 0; times < 100; times += 1) for (const letter of keyFrom(randomBytes(128)) ?? '') seen.add(letter);
  expect(seen.size).toBe(62);
});
