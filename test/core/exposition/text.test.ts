import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readText } from '../../../core/exposition/text.ts';
import { labelSetOf } from '../../../core/labels.ts';
import { limits } from '../../../core/limits.ts';
import { textOfReject } from '../../../core/reject.ts';

const read = (text: string | Uint8Array, samples = 1_000) =>
  readText(typeof text === 'string' ? Buffer.from(text) : text, { samples });

/** All that was read, as plain objects. */
const said = (text: string) => {
  const { value, rejects } = read(text);
  return { samples: value.samples, families: value.families, rejects };
};

const problems = (text: string | Uint8Array, samples?: number): string[] =>
  read(text, samples).rejects.map(textOfReject);

describe('samples', () => {
  test.each([
    { text: 'a 1', labels: { __name__: 'a' }, value: 1 },
    { text: ' \ta 1\n', labels: { __name__: 'a' }, value: 1 },
    { text: 'a\t1 \n', labels: { __name__: 'a' }, value: 1 },
    { text: 'a:b_9{}1\n', labels: { __name__: 'a:b_9' }, value: 1 },
    { text: 'a{b="c",} 1\n', labels: { __name__: 'a', b: 'c' }, value: 1 },
    { text: 'a{ b = "c" d="e" } 1\n', labels: { __name__: 'a', b: 'c', d: 'e' }, value: 1 },
    { text: 'a{Z="1",b=""} 1\n', labels: { Z: '1', __name__: 'a' }, value: 1 },
    { text: 'a{b="x\\\\y\\"z\\n\\q"} 1\n', labels: { __name__: 'a', b: 'x\\y"z\n\\q' }, value: 1 },
    { text: 'a{b="x\ny"} 1\n', labels: { __name__: 'a', b: 'x\ny' }, value: 1 },
    { text: 'a{b="日本 \u{1F600}\ufeff"} 1\n', labels: { __name__: 'a', b: '日本 \u{1F600}\ufeff' }, value: 1 },
    { text: '{"my.name","l.1"="v"} 1\n', labels: { __name__: 'my.name', 'l.1': 'v' }, value: 1 },
    { text: '{x="v", "日本"} 1\n', labels: { __name__: '日本', x: 'v' }, value: 1 },
    {
      text: 'a{"__proto__"="v"} 1\n',
      labels: Object.fromEntries([
        ['__name__', 'a'],
        ['__proto__', 'v'],
      ]),
      value: 1,
    },
    { text: 'a{le="1"} +Inf\n', labels: { __name__: 'a', le: '1' }, value: Infinity },
    { text: 'a -0\n', labels: { __name__: 'a' }, value: -0 },
    { text: 'a 1 1700000000123\n', labels: { __name__: 'a' }, value: 1, timestampMs: 1_700_000_000_123 },
    { text: 'a 1 -5\n', labels: { __name__: 'a' }, value: 1, timestampMs: -5 },
    { text: 'a 1 +5\n', labels: { __name__: 'a' }, value: 1, timestampMs: 5 },
  ])('$text', ({ text, labels, value, timestampMs }) => {
    const { value: page, rejects } = read(text);
    expect(rejects).toEqual([]);
    expect(page.samples).toEqual([
      { labels: labelSetOf(Object.entries(labels)), value, line: 1, ...(timestampMs !== undefined && { timestampMs }) },
    ]);
  });

  test('a time beyond 2^53 keeps its last digit', () => {
    const [sample] = read('a 1 9223372036854775807\n').value.samples;
    expect(sample).toMatchObject({ timestampMs: 2 ** 63, timestampExactMs: 9_223_372_036_854_775_807n });
  });

  test('lines are counted, those inside quotes too', () => {
    expect(read('\n# c\na{b="1\n2"} 1\n\nb 2\n').value.samples.map(({ line }) => line)).toEqual([3, 6]);
  });

  test('a page without samples is none', () => {
    for (const text of ['', '\n', ' ', '#', '# x', '#TYPE a b'])
      expect(said(text)).toEqual({ samples: [], families: [], rejects: [] });
  });

  test('good lines around a bad one are read, and the bad one is told', () => {
    const { value, rejects } = read('a 1\nb x\nc 3\n');
    expect(value.samples.map(({ value: number }) => number)).toEqual([1, 3]);
    expect(rejects.map(textOfReject)).toEqual(['line 2, column 3: bad_value: expected a number as value, found "x"']);
  });
});

test('families keep their last type, help and the order of the page', () => {
  const text =
    '# HELP b of \\\\ b\\n\n# TYPE a counter\n#  TYPE\tb  histogram\n# TYPE "a.b" untyped\n# TYPE a gauge\n# HELP a\n'.replace(
      'b  histogram',
      'b histogram',
    );
  expect(said(text)).toEqual({
    samples: [],
    families: [
      { name: 'b', type: 'histogram', help: 'of \\ b\n' },
      { name: 'a', type: 'gauge', help: '' },
      { name: 'a.b', type: 'unknown' },
    ],
    rejects: [],
  });
});

test.each([
  ['a\n', 'line 1, column 2: bad_value: expected a number as value, found end of line'],
  ['a', 'line 1, column 2: bad_value: expected a number as value, found end of input'],
  ['9a 1\n', 'line 1, column 1: syntax: expected a metric name, "{" or "#", found "9a"'],
  ['é 1\n', 'line 1, column 1: syntax: expected a metric name, "{" or "#", found "é"'],
  ['a 1\r\n', 'line 1, column 3: bad_value: expected a number as value, found "1\\r"'],
  ['a 1 2.5\n', 'line 1, column 5: bad_timestamp: expected whole milliseconds as timestamp, found "2.5"'],
  ['a 1 2 3\n', 'line 1, column 7: syntax: expected end of line after the timestamp, found "3"'],
  ['a 1 # {x="y"} 1\n', 'line 1, column 5: bad_timestamp: expected whole milliseconds as timestamp, found "#"'],
  ['a{b} 1\n', 'line 1, column 4: syntax: expected "=" after the label name, found "}"'],
  ["a{b='c'} 1\n", 'line 1, column 5: syntax: expected a value in double quotes, found "\'c\'}"'],
  ['a{b="c",,d="e"} 1\n', 'line 1, column 9: syntax: expected a label name or "}", found ",d=\\"e\\"}"'],
  ['a{b="c"+} 1\n', 'line 1, column 8: syntax: expected "," or "}" after the label value, found "+}"'],
  ['a{b="c', 'line 1, column 5: open_quote: expected a closing quote, found none'],
  ['a{é="c"} 1\n', 'line 1, column 3: syntax: expected a label name or "}", found "é=\\"c\\"}"'],
  ['a{b="c",b="d"} 1\n', 'line 1, column 9: duplicate_label: the label name "b" stands twice'],
  ['a{__name__="b"} 1\n', 'line 1, column 3: reserved_label: the label name "__name__" is reserved'],
  [
    '{b="c"} 1\n',
    'line 1, column 1: no_metric_name: expected a metric name before the braces or quoted inside them, found none',
  ],
  ['{"a","b"} 1\n', 'line 1, column 6: second_metric_name: a second metric name "b"'],
  ['{""} 1\n', 'line 1, column 2: bad_name: expected a name between the quotes, found none'],
  ['{"a\\t"} 1\n', 'line 1, column 4: bad_escape: expected one of \\\\ \\" \\n in a name, found "\\\\t\\"}"'],
  [
    '# TYPE a bla\n',
    'line 1, column 10: bad_type: expected one of counter, gauge, histogram, summary, untyped, found "bla"',
  ],
  [
    '# TYPE a gauge \n',
    'line 1, column 10: bad_type: expected one of counter, gauge, histogram, summary, untyped, found "gauge "',
  ],
  ['# TYPE #\n', 'line 1, column 8: syntax: expected a metric name after TYPE, found "#"'],
  ['# HELP \n', 'line 1, column 8: syntax: expected a metric name after HELP, found end of line'],
  ['a{b="1\n2",c=3} 1\n', 'line 2, column 6: syntax: expected a value in double quotes, found "3}"'],
])('%j is refused', (text, problem) => {
  expect(problems(text)).toEqual(text.includes('\n2') ? [problem, expect.stringContaining('line 2')] : [problem]);
});

test.each([
  ['a label value', Buffer.from([...Buffer.from('a{b="'), 0xff, ...Buffer.from('"} 1\n')])],
  ['a quoted name', Buffer.from([...Buffer.from('{"'), 0xc3, 0x28, ...Buffer.from('"} 1\n')])],
  ['a help text', Buffer.from([...Buffer.from('# HELP a '), 0xed, 0xa0, 0x80, 0x0a])],
])('invalid UTF-8 in %s is refused', (_, bytes) => {
  expect(read(bytes).rejects.map(({ code }) => code)).toEqual(['bad_utf8']);
});

describe('limits', () => {
  const labelled = (count: number): string => Array.from({ length: count }, (_, index) => `l${index}="v"`).join(',');

  test.each([
    {
      what: 'labels',
      text: `a{${labelled(limits.labelCount - 1)}} 1`,
      over: `a{${labelled(limits.labelCount)}} 1`,
      problem: `label_limit: ${limits.labelCount + 1} labels on a, the limit is ${limits.labelCount}`,
    },
    {
      what: 'a label name',
      text: `a{${'b'.repeat(limits.labelNameBytes)}="c"} 1`,
      over: `a{${'b'.repeat(limits.labelNameBytes + 1)}="c"} 1`,
      problem: `label_name_limit: a label name of ${limits.labelNameBytes + 1} bytes, the limit is ${limits.labelNameBytes}`,
    },
    {
      what: 'a label value',
      text: `a{b="${'é'.repeat(limits.labelValueBytes / 2)}"} 1`,
      over: `a{b="${'é'.repeat(limits.labelValueBytes / 2)}x"} 1`,
      problem: `label_value_limit: ${limits.labelValueBytes + 1} bytes in "b", the limit is ${limits.labelValueBytes}`,
    },
    {
      what: 'an escaped value',
      text: `a{b="${'\\n'.repeat(limits.labelValueBytes)}"} 1`,
      over: `a{b="${'\\n'.repeat(limits.labelValueBytes + 1)}"} 1`,
      problem: `label_value_limit: ${limits.labelValueBytes + 1} bytes in "b", the limit is ${limits.labelValueBytes}`,
    },
    {
      what: 'a metric name',
      text: `${'b'.repeat(limits.labelValueBytes)} 1`,
      over: `${'b'.repeat(limits.labelValueBytes + 1)} 1`,
      problem: `metric_name_limit: a metric name of ${limits.labelValueBytes + 1} bytes, the limit is ${limits.labelValueBytes}`,
    },
    {
      what: 'a line',
      text: `#${'x'.repeat(limits.lineBytes - 1)}`,
      over: `#${'x'.repeat(limits.lineBytes)}`,
      problem: `line_limit: ${limits.lineBytes + 1} bytes in a line, the limit is ${limits.lineBytes}`,
    },
  ])('$what', ({ text, over, problem }) => {
    expect(problems(`${text}\n`)).toEqual([]);
    expect(problems(`${over}\n`).map(each => each.replace(/^line 1, column \d+: /, ''))).toEqual([problem]);
  });

  test('samples', () => {
    expect(problems('a 1\nb 2\n', 2)).toEqual([]);
    expect(problems('a 1\nb 2\nc 3\n', 2)).toEqual(['line 3: sample_limit: more than 2 samples, the limit is 2']);
  });

  test('a flood of wrong lines is not listed to its end', () => {
    expect(read('!\n'.repeat(10_000)).rejects).toHaveLength(limits.rejectsListed);
  });

  test('an endless list of labels costs no more than its length', () => {
    const names = Array.from({ length: 5_000 }, (_, index) => `z${9_999 - index}="v"`).join(',');
    expect(problems(`a{${names}} 1\n`)).toEqual([expect.stringContaining('label_limit: 5001 labels on a')]);
  });
});

test('random bytes never make it throw', () => {
  const likely = fc.constantFrom(
    ...['a', '{', '}', '=', '"', ',', ' ', '\n', '\\', '#', '1', 'e', '.', '-', '# TYPE a ', 'é', '\0', '# HELP '].map(
      text => Buffer.from(text),
    ),
  );
  const bytes = fc
    .array(fc.oneof(likely, likely, fc.uint8Array({ maxLength: 3 })), { maxLength: 60 })
    .map(parts => Buffer.concat(parts));
  fc.assert(
    fc.property(bytes, page => {
      const { value, rejects } = read(page);
      for (const { labels } of value.samples) expect(labels.some(([name]) => name === '__name__')).toBe(true);
      for (const { place } of rejects)
        expect(place?.line).toBeLessThanOrEqual(page.filter(byte => byte === 0x0a).length + 1);
    }),
    { numRuns: 3_000 },
  );
});
