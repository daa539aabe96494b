import { expect, test } from 'vitest';
import { readPing } from '../../../core/heartbeat/ping.ts';

const rid = '8f14e45f-ceea-467f-a0e6-0a1b2c3d4e5f';

test.each([
  ['/ping/nightly', { job: 'nightly', kind: 'success' }],
  ['/ping/nightly/', { job: 'nightly', kind: 'success' }],
  ['/ping/nightly/start', { job: 'nightly', kind: 'start' }],
  ['/ping/nightly/fail', { job: 'nightly', kind: 'fail' }],
  ['/ping/nightly/log', { job: 'nightly', kind: 'log' }],
  ['/ping/nightly/0', { job: 'nightly', kind: 'success', exitCode: 0 }],
  ['/ping/nightly/255', { job: 'nightly', kind: 'fail', exitCode: 255 }],
  ['/ping/nightly%20report', { job: 'nightly report', kind: 'success' }],
])('%s is a ping', (path, ping) => {
  expect(readPing(path, undefined)).toEqual({ value: ping, rejects: [] });
  expect(readPing(path, rid).value).toEqual({ ...ping, runId: rid });
});

test.each(['/ping/', '/ping/a/256', '/ping/a/-1', '/ping/a/stop', '/ping/a/start/b', '/ping/%E0%A4%A'])(
  '%s is none',
  path => {
    expect(readPing(path, undefined).rejects[0]?.reason).toBe('invalid url format');
  },
);

test('a run is named by a UUID', () => {
  expect(readPing('/ping/a', '7').rejects[0]?.reason).toBe('invalid uuid format');
});
