import { describe, expect, test } from 'vitest';
import { labelSetOf } from '../../../core/labels.ts';
import { limits } from '../../../core/limits.ts';
import { alarmsOf } from '../../../core/rules/alarm.ts';
import { alertsAt, recorded, seriesOf } from '../../../core/rules/alerting.ts';
import { dueAt, measuredAt } from '../../../core/rules/due.ts';
import { readRules } from '../../../core/rules/read.ts';
import type { AlertState } from '../../../core/rules/record.ts';
import type { Alerting, Recording } from '../../../core/rules/rule.ts';

const minute = 60_000;
const startMs = Date.UTC(2026, 5, 1);

const alerting = (more: string): Alerting =>
  readRules(`groups: [{ name: g, rules: [{ alert: A, expr: x, ${more} }] }]`, 'f').value[0]!.rules[0] as Alerting;

const element = (job: string, value = 1) => ({
  labels: labelSetOf([
    ['__name__', 'x'],
    ['job', job],
  ]),
  value,
});
const group = { file: 'f', name: 'g' };

/** States and alarms at each minute, given whether it holds there. */
const played = (rule: Alerting, holds: string): string[] => {
  let alerts: readonly AlertState[] = [];
  return [...holds].map((held, at) => {
    const after = alertsAt(rule, alerts, held === 'x' ? [element('shop')] : [], startMs + at * minute, 0);
    const rung = alarmsOf(group, alerts, after).map(({ kind }) => kind);
    alerts = after;
    return [...after.map(({ state }) => state), ...rung].join(' ');
  });
};

describe('an alert', () => {
  test.each([
    [
      'without a wait fires at once, and is resolved at once',
      '',
      'x.x',
      ['firing FIRING', 'inactive RESOLVED', 'firing FIRING'],
    ],
    [
      'waits for `for`, and fires exactly at its end',
      'for: 2m',
      'xxxx',
      ['pending', 'pending', 'firing FIRING', 'firing'],
    ],
    [
      'that breaks off while it waits rings nobody, and starts anew',
      'for: 2m',
      'xx.xxx',
      ['pending', 'pending', '', 'pending', 'pending', 'firing FIRING'],
    ],
    [
      'goes on for `keep_firing_for`',
      'keep_firing_for: 2m',
      'x....',
      ['firing FIRING', 'firing', 'firing', 'inactive RESOLVED', 'inactive'],
    ],
    [
      'that holds again meanwhile has gone on',
      'keep_firing_for: 2m',
      'x.x...',
      ['firing FIRING', 'firing', 'firing', 'firing', 'firing', 'inactive RESOLVED'],
    ],
  ])('%s', (_, more, holds, wanted) => expect(played(alerting(more), holds)).toEqual(wanted));

  test('that is over is listed for a while', () => {
    const rule = alerting('');
    const fired = alertsAt(rule, [], [element('shop')], startMs, 0);
    const over = alertsAt(rule, fired, [], startMs + minute, 0);
    const atMs = startMs + minute + limits.ruleResolvedMs;
    expect(alertsAt(rule, over, [], atMs, 0)).toHaveLength(1);
    expect(alertsAt(rule, over, [], atMs + 1, 0)).toHaveLength(0);
  });

  test('has the labels of what holds, its own over them, written by templates; and what it says', () => {
    const rule = alerting(
      'labels: { job: "{{ $labels.job }}-2", severity: page }, annotations: { summary: "{{ $value }} in {{ $labels.job }}" }',
    );
    const [alert] = alertsAt(rule, [], [element('shop', 7)], startMs, 0);
    expect(Object.fromEntries(alert!.labels)).toEqual({ alertname: 'A', job: 'shop-2', severity: 'page' });
    expect([alert!.annotations, alert!.value]).toEqual([{ summary: '7 in shop' }, '7']);
    expect(seriesOf([alert!]).map(({ labels, value }) => [labels.map(each => each.join('=')).join(), value])).toEqual([
      ['__name__=ALERTS,alertname=A,alertstate=firing,job=shop-2,severity=page', 1],
      ['__name__=ALERTS_FOR_STATE,alertname=A,job=shop-2,severity=page', startMs / 1_000],
    ]);
    const [alarm] = alarmsOf(group, [], [alert!]);
    expect(alarm).toMatchObject({
      id: `f;g/A {job="shop-2", severity="page"}#${startMs}`,
      subject: 'FIRING: A {job="shop-2", severity="page"}',
      text: 'FIRING: A {job="shop-2", severity="page"}. Since 2026-06-01 00:00:00.000 UTC, value 7. 7 in shop',
      job: 'shop-2',
      reason: 'A',
    });
  });

  test('of which there would be two of one name, or too many, is an error', () => {
    const same = alerting('labels: { job: one }');
    expect(() => alertsAt(same, [], [element('a'), element('b')], startMs, 0)).toThrow('after applying alert labels');
    expect(() => alertsAt(alerting(''), [], [element('a'), element('b')], startMs, 1)).toThrow(
      'exceeded limit of 1 with 2 alerts',
    );
  });
});

test('what is recorded has the name and the labels of its rule', () => {
  const rule = readRules('groups: [{ name: g, rules: [{ record: y, expr: x, labels: { job: "", zone: z } }] }]', 'f')
    .value[0]!.rules[0] as Recording;
  expect(recorded(rule, [element('a', 3)], 0)).toEqual([
    {
      labels: labelSetOf([
        ['__name__', 'y'],
        ['zone', 'z'],
      ]),
      value: 3,
    },
  ]);
  expect(() => recorded(rule, [element('a'), element('b')], 0)).toThrow('after applying rule labels');
});

test.each([
  ['a new group begins with the newest', undefined, 10.5, [10], 0],
  ['nothing is due twice', 10, 10.9, [], 0],
  ['the next is due exactly at its instant', 10, 11, [11], 0],
  ['what was missed is made good', 10, 14, [11, 12, 13, 14], 0],
  ['as far as a run goes', 10, 75, Array.from({ length: 60 }, (_, at) => 16 + at), 5],
])('%s', (_, evaluated, until, instants, missed) => {
  const due = dueAt(minute, evaluated === undefined ? undefined : evaluated * minute, until * minute);
  expect(due).toEqual({ instants: instants.map(at => at * minute), missed });
});

describe('how long evaluation waits', () => {
  const canaries = (...sent: readonly (readonly [agoMs: number, seconds: number])[]) => ({
    labels: labelSetOf([]),
    timesMs: Float64Array.from(sent, ([agoMs]) => startMs - agoMs),
    values: Float64Array.from(sent, ([, seconds]) => seconds),
  });
  test.each([
    ['is not known before a canary came through', undefined, undefined],
    ['is the longest of the last canaries, and a little', canaries([120_000, 7.5], [60_000, 5]), startMs - 9_500],
    [
      'goes no further than the last one where the newest is missing',
      canaries([180_000, 5], [120_000, 5]),
      startMs - 120_000,
    ],
  ])('%s', (_, series, untilMs) => expect(measuredAt(series, startMs)?.untilMs).toBe(untilMs));
});
