import { describe, expect, test } from 'vitest';
import type { Alarm } from '../../../core/heartbeat/alarm.ts';
import { readHeartbeat } from '../../../core/heartbeat/row.ts';
import { readTarget } from '../../../core/scrape/target.ts';
import { openAlarms, pastAlarms } from '../../../core/view/alarms.ts';
import { downSpansOf } from '../../../core/view/down-spans.ts';
import { type SourcesSeen, sourceLines } from '../../../core/view/sources.ts';
import { readWish } from '../../../core/view/wish.ts';

const nowMs = Date.UTC(2026, 5, 1, 12);
const minute = 60_000;

const target = readTarget({ id: 't', url: 'http://10.0.0.1:9100/metrics', job: 'node', interval: '15s' }).value!;
const heartbeat = (row: object) => readHeartbeat(row).value!;

const seen = (given: Partial<SourcesSeen>): SourcesSeen => ({
  targets: [],
  heartbeats: [],
  invalid: [],
  known: [],
  alarms: [],
  blind: [],
  nowMs,
  ...given,
});

const failing = {
  targetId: 't',
  url: target.url,
  intervalMs: 15_000,
  reason: 'SCRAPE_CONNECT',
  detail: 'connect ECONNREFUSED',
  firstSlotMs: nowMs - 5 * minute,
  lastSlotMs: nowMs - 1_000,
};
const down = { state: 'down', epoch: 2, downSinceMs: nowMs - 5 * minute };
const node = { job: 'node', instance: '10.0.0.1:9100' };

describe('a line for each source', () => {
  test.each([
    ['a target that was never scraped', { targets: [{ target, offsetMs: 7 }] }, [['target', 'new']]],
    ['one that has series', { targets: [{ target, offsetMs: 7 }], known: [node] }, [['target', 'up']]],
    [
      'one that fails, with its record',
      {
        targets: [{ target, offsetMs: 7 }],
        known: [node],
        heartbeats: [heartbeat({ ...node, ...down, downReason: 'SCRAPE_CONNECT', failing })],
      },
      [['target', 'down']],
    ],
    [
      'a record that failures of a target made that is gone, and that is up',
      { heartbeats: [heartbeat({ ...node, state: 'up', epoch: 3, failing })] },
      [],
    ],
    [
      'a promise, and a pusher with it',
      { heartbeats: [heartbeat({ job: 'nightly', state: 'up' })], known: [{ job: 'nightly', instance: '' }] },
      [['heartbeat', 'up']],
    ],
    [
      'a promise of any instance, and two instances',
      {
        heartbeats: [heartbeat({ job: 'cart', state: 'up' })],
        known: [
          { job: 'cart', instance: 'a' },
          { job: 'cart', instance: 'b' },
        ],
      },
      [
        ['heartbeat', 'up'],
        ['pusher', 'unwatched'],
        ['pusher', 'unwatched'],
      ],
    ],
    ['a pusher that nobody knows', { known: [{ job: 'lambda', instance: '' }] }, [['pusher', 'unwatched']]],
    ['our own', { known: [{ job: '__sluice', instance: '' }] }, []],
    [
      'a row that cannot be read',
      { invalid: [{ kind: 'target', id: 'bad', problem: 'url: no URL' }] },
      [['target', 'invalid']],
    ],
  ] as [string, Partial<SourcesSeen>, [string, string][]][])('%s', (_, given, expected) => {
    expect(sourceLines(seen(given)).map(({ kind, state }) => [kind, state])).toEqual(expected);
  });

  test('says why, since when, and when it would ring', () => {
    const [line] = sourceLines(
      seen({
        targets: [{ target, offsetMs: 7 }],
        heartbeats: [heartbeat({ ...node, ...down, downReason: 'SCRAPE_CONNECT', failing })],
      }),
    );
    expect(line).toMatchObject({
      reason: 'SCRAPE_CONNECT',
      detail: 'connect ECONNREFUSED',
      sinceMs: nowMs - 5 * minute,
      offsetMs: 7,
      intervalMs: 15_000,
    });
    const [waited] = sourceLines(
      seen({
        heartbeats: [heartbeat({ job: 'n', interval: '60s', grace: '30s', state: 'up', lastAcceptMs: nowMs - 10_000 })],
      }),
    );
    expect(waited).toMatchObject({ deadlineMs: nowMs + 80_000, heardMs: nowMs - 10_000, graceMs: 30_000 });
  });
});

test('what a job told of its runs comes along, where it told anything', () => {
  const told = { startedMs: nowMs - 5, failedMs: nowMs - 9, snoozedUntilMs: nowMs + 5 };
  const record = { ...heartbeat({ job: 'n', state: 'up' }), ...told };
  expect(sourceLines(seen({ heartbeats: [record] }))[0]?.runs).toEqual(told);
  expect(sourceLines(seen({ heartbeats: [heartbeat({ job: 'n', state: 'up' })] }))[0]?.runs).toBeUndefined();
});

const rung = (kind: 'DOWN' | 'RESOLVED', sinceMs: number, atMs: number): Alarm => ({
  ...{ id: `a#${kind}@${atMs}`, kind, subject: '', text: '', job: 'a', instance: '*', reason: 'NOT_HEARD' },
  sinceMs,
  atMs,
});

describe('when a source was down', () => {
  test.each([
    ['never rung', [], undefined],
    ['still down', [rung('DOWN', 100, 120)], [{ fromMs: 100 }]],
    [
      'down and back, told in any order',
      [rung('RESOLVED', 100, 180), rung('DOWN', 100, 120)],
      [{ fromMs: 100, toMs: 180 }],
    ],
    [
      'twice',
      [rung('DOWN', 100, 120), rung('RESOLVED', 100, 180), rung('DOWN', 300, 320)],
      [{ fromMs: 100, toMs: 180 }, { fromMs: 300 }],
    ],
    ['rung again under the same id', [rung('DOWN', 100, 120), rung('DOWN', 100, 120)], [{ fromMs: 100 }]],
    ['back exactly when the day begins: not of this day', [rung('RESOLVED', 10, 50)], []],
    ['back a moment later', [rung('RESOLVED', 10, 51)], [{ fromMs: 10, toMs: 51 }]],
    ['an alert of a rule about it', [{ ...rung('RESOLVED', 60, 80), labels: { alertname: 'A' } }], undefined],
  ])('%s', (_, alarms, expected) => {
    expect(downSpansOf(alarms as Alarm[], 50).get('["a","*"]')).toEqual(expected);
  });
});

test('open alarms bring their evidence, past ones stand once', () => {
  const [open] = openAlarms([
    heartbeat({ job: 'up', state: 'up' }),
    heartbeat({ job: 'n', interval: '60s', grace: '30s', ...down, downReason: 'NOT_HEARD', lastAcceptMs: nowMs }),
  ]);
  expect(open).toMatchObject({ job: 'n', reason: 'NOT_HEARD', isRecovering: false });
  expect(open?.evidence).toEqual([
    'expected every 60 s, grace 30 s',
    `last push accepted at ${new Date(nowMs).toISOString()}`,
  ]);
  expect(pastAlarms([rung('DOWN', 1, 2), rung('RESOLVED', 1, 3), rung('DOWN', 1, 2)]).map(({ atMs }) => atMs)).toEqual([
    3, 2,
  ]);
});

test.each([
  ['{"job":"n"}', { job: 'n', instance: '*' }],
  ['{"job":"n","instance":"i"}', { job: 'n', instance: 'i' }],
  ['{"job":""}', undefined],
  ['{"job":"__sluice","instance":"check"}', undefined],
  ['nonsense', undefined],
  ['[]', undefined],
])('a wish %s is of %j', (text, expected) => {
  const { value, rejects } = readWish(text);
  expect(value).toEqual(expected);
  expect(rejects.length).toBe(expected === undefined ? 1 : 0);
});
