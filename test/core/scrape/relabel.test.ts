import { describe, expect, test } from 'vitest';
import { labelSetOf } from '../../../core/labels.ts';
import { relabelField } from '../../../core/scrape/relabel.ts';

type Labels = Readonly<Record<string, string>>;

const relabeled = (rules: unknown, labels: Labels): Labels | undefined => {
  const changed = relabelField.parse(rules)(labelSetOf(Object.entries(labels)));
  return changed && Object.fromEntries(changed);
};

const abc: Labels = { a: 'foo', b: 'bar', c: 'baz' };

// Each outcome was checked against prometheus model/relabel v0.315.0.
test.each<[rules: readonly object[], labels: Labels, outcome: Labels | undefined]>([
  [[], abc, abc],
  // replace
  [
    [{ source_labels: ['a'], regex: 'f(.*)', target_label: 'd', replacement: 'ch${1}-ch${1}' }],
    abc,
    { ...abc, d: 'choo-choo' },
  ],
  [
    [
      { source_labels: ['a', 'b'], regex: 'f(.*);(.*)r', target_label: 'a', replacement: 'b${1}${2}m' },
      { source_labels: ['c', 'a'], regex: '(b).*b(.*)ba(.*)', target_label: 'd', replacement: '$1$2$2$3' },
    ],
    abc,
    { a: 'boobam', b: 'bar', c: 'baz', d: 'boooom' },
  ],
  [[{ source_labels: ['a'], target_label: 'd' }], abc, { ...abc, d: 'foo' }],
  [[{ source_labels: ['a'], regex: 'no', target_label: 'd', replacement: 'x' }], abc, abc],
  [[{ target_label: 'd', replacement: 'static' }], abc, { ...abc, d: 'static' }],
  [[{ source_labels: ['gone'], target_label: 'a' }], abc, { b: 'bar', c: 'baz' }],
  [[{ source_labels: ['a'], regex: 'foo', target_label: 'b', replacement: '' }], abc, { a: 'foo', c: 'baz' }],
  [
    [{ source_labels: ['a'], regex: '(?P<x>fo)o', target_label: '${x}_y', replacement: '$x$$${x}$9' }],
    abc,
    { ...abc, fo_y: 'fo$fo' },
  ],
  // A name that is none after expansion is passed over.
  [
    [{ source_labels: ['a'], regex: '(.*)', target_label: '${1}', replacement: '$1' }],
    { a: 'no name!' },
    { a: 'no name!' },
  ],
  // The whole value, dots over newlines too.
  [[{ source_labels: ['a'], regex: 'oo', target_label: 'd', replacement: 'x' }], abc, abc],
  [[{ source_labels: ['a'], regex: '.*', target_label: 'd', replacement: 'x' }], { a: 'x\ny' }, { a: 'x\ny', d: 'x' }],
  // keep, drop
  [[{ source_labels: ['a'], regex: '.*o.*', action: 'drop' }], abc, undefined],
  [[{ source_labels: ['a'], regex: 'no-match', action: 'drop' }], abc, abc],
  [[{ source_labels: ['a'], regex: 'f|o', action: 'drop' }], abc, abc],
  [[{ source_labels: ['a'], regex: 'no-match', action: 'Keep' }], abc, undefined],
  [[{ source_labels: ['a', 'b'], separator: '|', regex: 'foo\\|bar', action: 'keep' }], abc, abc],
  // keepequal, dropequal
  [[{ source_labels: ['a'], target_label: 'b', action: 'keepequal' }], { a: 'x', b: 'x' }, { a: 'x', b: 'x' }],
  [[{ source_labels: ['a'], target_label: 'b', action: 'keepequal' }], { a: 'x', b: 'y' }, undefined],
  [[{ source_labels: ['a'], target_label: 'b', action: 'dropequal' }], { a: 'x', b: 'x' }, undefined],
  [[{ source_labels: ['a'], target_label: 'b', action: 'dropequal' }], { a: 'x', b: 'y' }, { a: 'x', b: 'y' }],
  // hashmod
  [[{ source_labels: ['c'], target_label: 'd', action: 'hashmod', modulus: 1000 }], abc, { ...abc, d: '976' }],
  [
    [{ source_labels: ['a', 'b'], target_label: 'd', action: 'hashmod', modulus: 1000 }],
    { a: 'foo\nbar', b: 'b' },
    { a: 'foo\nbar', b: 'b', d: '854' },
  ],
  // labelmap, labeldrop, labelkeep
  [
    [{ regex: '(b.*)', replacement: 'bar_${1}', action: 'labelmap' }],
    { a: 'foo', b1: 'bar', b2: 'baz' },
    { a: 'foo', b1: 'bar', b2: 'baz', bar_b1: 'bar', bar_b2: 'baz' },
  ],
  [
    [{ regex: '__meta_(my.*)', replacement: '${1}', action: 'labelmap' }],
    { __meta_my_bar: 'aaa', __meta_other: 'b' },
    { __meta_my_bar: 'aaa', __meta_other: 'b', my_bar: 'aaa' },
  ],
  [[{ regex: '(b.*)', action: 'labeldrop' }], { a: 'foo', b1: 'bar', b2: 'baz' }, { a: 'foo' }],
  [[{ regex: '(b.*)', action: 'labelkeep' }], { a: 'foo', b1: 'bar' }, { b1: 'bar' }],
  // lowercase, uppercase
  [
    [
      { source_labels: ['foo'], target_label: 'up', action: 'uppercase' },
      { source_labels: ['foo'], target_label: 'low', action: 'lowercase' },
    ],
    { foo: 'bAr123Foo' },
    { foo: 'bAr123Foo', low: 'bar123foo', up: 'BAR123FOO' },
  ],
])('%j over %j gives %j', (rules, labels, outcome) => {
  expect(relabeled(rules, labels)).toEqual(outcome);
});

describe('a rule that cannot be meant is refused', () => {
  test.each<[object, string]>([
    [{ action: 'nonsense' }, 'Invalid option'],
    [{ action: 'replace' }, 'action replace needs a target_label'],
    [{ action: 'lowercase' }, 'action lowercase needs a target_label'],
    [{ action: 'lowercase', target_label: '${3}' }, '"${3}" is no label name'],
    [{ action: 'labelmap', replacement: '$2-$1' }, '"$2-$1" is no replacement for labelmap'],
    [{ action: 'hashmod', target_label: 'a' }, 'action hashmod needs a modulus'],
    [{ action: 'hashmod', target_label: 'a', modulus: 0 }, 'Too small'],
    [{ target_label: '0${1}' }, '"0${1}" is no target_label'],
    [{ target_label: '-${1}' }, '"-${1}" is no target_label'],
    [{ regex: '(', target_label: 'a' }, 'no regular expression'],
    [{ regex: '(?=a)', target_label: 'a' }, 'no regular expression'],
    [{ action: 'labeldrop', regex: 'a', source_labels: ['a'] }, 'action labeldrop has a regex and nothing else'],
    [{ source_labels: ['a b'], target_label: 'a' }, 'no label name'],
    [{ surce_labels: ['a'], target_label: 'a' }, 'Unrecognized key'],
  ])('%j', (written, reason) => {
    const { success, error } = relabelField.safeParse([written]);
    expect(success).toBe(false);
    expect(error?.issues.map(({ message }) => message).join()).toContain(reason);
  });

  test.each(['${1}', '${1}_${1}', 'foo_${1}', '_0', 'a${1}b2'])('%s is a target_label', target => {
    expect(relabelField.safeParse([{ target_label: target }]).success).toBe(true);
  });
});

test('a pattern made to take for ever does not', () => {
  const rules = [{ source_labels: ['a'], regex: '(a|aa)+b?(x+x+)+y', action: 'drop' }];
  expect(relabeled(rules, { a: `${'a'.repeat(2_000)}${'x'.repeat(2_000)}` })).toBeDefined();
});
