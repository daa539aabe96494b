import { expect, test } from 'vitest';
import { alarmOf, collectorAlarmOf, groupAlarmOf } from '../../../core/heartbeat/alarm.ts';

const flip = {
  epoch: 4,
  kind: 'DOWN' as const,
  atMs: 95_000,
  sinceMs: 0,
  reason: 'NOT_HEARD' as const,
  detail: 'expected every 60 s, grace 35 s',
};

test('an alarm says who, since when and why', () => {
  expect(alarmOf({ job: 'checkout', instance: '*' }, flip)).toMatchObject({
    id: 'checkout/*#4@95000',
    subject: 'DOWN: checkout fell silent',
    text: 'DOWN: checkout fell silent. Since 1970-01-01 00:00:00.000 UTC, down from 1970-01-01 00:01:35.000 UTC. NOT_HEARD: expected every 60 s, grace 35 s.',
  });
});

test('a recovery says how long it was', () => {
  const back = {
    ...flip,
    epoch: 6,
    kind: 'RESOLVED' as const,
    reason: 'HEARD' as const,
    atMs: 3_725_000,
    detail: 'was down: NOT_HEARD',
  };
  expect(alarmOf({ job: 'checkout', instance: 'a:1' }, back).text).toMatch(
    /^RESOLVED: checkout a:1 is back\. Down for 1 h 2 min 5 s/,
  );
});

test('a name cannot break the subject or fake a second line', () => {
  const { subject, text } = alarmOf({ job: `x\r\nSubject: all is well ${'é'.repeat(200)}`, instance: '*' }, flip);
  expect(subject).toMatch(/^[\x20-\x7e]{1,100}$/);
  expect(text).not.toMatch(/[\r\n]/);
});

test.each([
  ['COLLECTOR_BLIND', 'unswept', /did not check from .* \(1 min 40 s\)\. Silence in that time is held against nobody/],
  ['COLLECTOR_BLIND', 'canaries', /none of the collector's own pushes came through/],
  ['COLLECTOR_BLIND', 'share', /too few of the collector's own pushes/],
  ['COLLECTOR_OK', 'canaries', /hears again\. It was blind for 1 min 40 s/],
] as const)('%s by %s says so', (kind, why, text) => {
  const alarm = collectorAlarmOf({ epoch: 3, kind, why, fromMs: 0, atMs: 100_000 });
  expect(alarm.text).toMatch(text);
  expect(alarm.id).toBe('collector#3@100000');
});

test('a group names some, counts all and keeps the id of each', () => {
  const fallen = Array.from({ length: 30 }, (_, index) => alarmOf({ job: `j${index}`, instance: '*' }, flip));
  const { text, subject, members } = groupAlarmOf(fallen);
  expect(subject).toBe('DOWN: 30 sources fell at once');
  expect(text).toMatch(/j0, j1, .* and 10 more\. The collector itself hears well/);
  expect(members?.map(({ id }) => id)).toEqual(fallen.map(({ id }) => id));
});
