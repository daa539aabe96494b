import { describe, expect, test } from 'vitest';
import { limits } from '../../../core/limits.ts';
import { readRules } from '../../../core/rules/read.ts';

const file = (...lines: readonly string[]): string => ['groups:', '- name: g', '  rules:', ...lines].join('\n');

const problemsIn = (text: string): string[] =>
  readRules(text, 'f.yml').rejects.map(
    ({ place, reason }) => `${place?.line ?? '-'} ${place?.path?.replace('group "g", ', '')}: ${reason}`,
  );

test('a file as Prometheus takes it', () => {
  const { value, rejects } = readRules(
    [
      'groups:',
      '- name: g',
      '  interval: 30s',
      '  limit: 10',
      '  query_offset: 1m',
      '  labels: { team: a, zone: z }',
      '  rules:',
      '  - record: job:x:sum',
      '    expr: sum by (job) (x)',
      '    labels: { team: b }',
      '  - alert: Down',
      '    expr: up == 0',
      '    for: 5m',
      '    keep_firing_for: 1h',
      '    annotations: { summary: "{{ $labels.job }} is at {{ $value }}" }',
      '- name: empty',
    ].join('\n'),
    'f.yml',
  );
  expect(rejects).toEqual([]);
  expect(value.map(({ rules, ...rest }) => [rest, rules.map(({ expr: _, ...rule }) => rule)])).toEqual([
    [
      { file: 'f.yml', name: 'g', intervalMs: 30_000, limit: 10, offsetMs: 60_000 },
      [
        {
          kind: 'recording',
          name: 'job:x:sum',
          text: 'sum by (job) (x)',
          labels: [
            ['team', 'b'],
            ['zone', 'z'],
          ],
        },
        {
          kind: 'alerting',
          name: 'Down',
          text: 'up == 0',
          forMs: 300_000,
          keepFiringMs: 3_600_000,
          labels: [
            ['team', 'a'],
            ['zone', 'z'],
          ],
          annotations: [['summary', '{{ $labels.job }} is at {{ $value }}']],
        },
      ],
    ],
    [{ file: 'f.yml', name: 'empty', intervalMs: limits.ruleIntervalMs, limit: 0, offsetMs: 0 }, []],
  ]);
});

describe('what is wrong is said with its place', () => {
  test.each([
    ['', []],
    ['groups:', []],
    ['- a', ['- f.yml: Invalid input: expected object, received array']],
    ['groups: [', ['1 f.yml: unexpected end of the stream within a flow collection']],
    ['rules: []', ['- f.yml: Unrecognized key: "rules"']],
    [
      file('  - record: a', '    expr: sum('),
      ['4 rule 1, "a": could not parse expression: 1:5: parse error: unclosed left parenthesis'],
    ],
    [file('  - record: a b', '    expr: x'), ['4 rule 1, "a b": invalid recording rule name: a b']],
    [file('  - expr: x'), ["- rule 1, \"\": one of 'record' or 'alert' must be set"]],
    [
      file('  - record: a', '    alert: b', '    expr: x'),
      ["4 rule 1, \"a\": only one of 'record' and 'alert' must be set"],
    ],
    [file('  - record: a', '    expr: x', '    for: 1m'), ['4 rule 1, "a": invalid field \'for\' in recording rule']],
    [
      file('  - record: a', '    expr: x', '    annotations: { b: c }'),
      ['4 rule 1, "a": invalid field \'annotations\' in recording rule'],
    ],
    [file('  - alert: a', '    expr: x', '    for: 1x'), ['4 rule 1, "a": for: not a valid duration string: "1x"']],
    [file('  - alert: a', '    expr: x', '    labels: { "b c": d }'), ['4 rule 1, "a": invalid label name: b c']],
    [
      file('  - alert: a', '    expr: x', '    labels: { b: "{{ $x }}" }'),
      ['4 rule 1, "a": label "b": template: undefined variable "$x"'],
    ],
    [file('  - alert: a', '    expr: x', '    wait: 1m'), ['4 rule 1, "a": Unrecognized key: "wait"']],
    [
      file('  - record: a', '    expr: x', '# one', '  - record: a', '    expr: "1 +"'),
      ['7 rule 2, "a": could not parse expression: 1:4: parse error: unexpected end of input'],
    ],
  ])('%j', (text, problems) => expect(problemsIn(text)).toEqual(problems));

  test('a group twice, an interval out of bounds, and rules beyond the limit', () => {
    expect(problemsIn('groups:\n- name: g\n- name: g\n')).toEqual([
      '2 group "g": groupname is repeated in the same file',
    ]);
    expect(problemsIn('groups:\n- name: g\n  interval: 9s\n')).toEqual([
      '2 group "g": an interval of 9000 ms, expected 10000 to 86400000',
    ]);
    expect(problemsIn('groups:\n- name: g\n  interval: 10s\n')).toEqual([]);
    const many = (count: number) => file(...Array.from({ length: count }, () => '  - { record: a, expr: x }'));
    expect(problemsIn(many(limits.rules))).toEqual([]);
    expect(problemsIn(many(limits.rules + 1))).toEqual([
      `- f.yml: ${limits.rules + 1} rules, the limit is ${limits.rules}`,
    ]);
  });
});
