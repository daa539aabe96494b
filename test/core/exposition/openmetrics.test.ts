import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readOpenMetrics } from '../../../core/exposition/openmetrics.ts';
import { expositionOf } from '../../../core/exposition/read.ts';
import { readText } from '../../../core/exposition/text.ts';
import { labelSetOf } from '../../../core/labels.ts';
import { textOfReject } from '../../../core/reject.ts';

const read = (text: string) => readOpenMetrics(Buffer.from(text), { samples: 1_000 });

test('a page with everything in it', () => {
  const { value, rejects } = read(
    [
      '# HELP a_seconds it \\"is\\" a',
      '# TYPE a_seconds histogram',
      '# UNIT a_seconds seconds',
      'a_seconds_bucket{le="+Inf"} 3 1520879607.789 # {id="x,y"} 0.5 1520879607.1',
      'a_seconds_count 3',
      '{"b.c",d="e"} NaN # {} 1',
      '# EOF',
    ].join('\n'),
  );
  expect(rejects).toEqual([]);
  expect({ samples: value.samples, families: value.families }).toEqual({
    families: [{ name: 'a_seconds', type: 'histogram', help: 'it "is" a', unit: 'seconds' }],
    samples: [
      {
        labels: labelSetOf([
          ['__name__', 'a_seconds_bucket'],
          ['le', '+Inf'],
        ]),
        value: 3,
        timestampMs: 1_520_879_607_789,
        line: 4,
        exemplar: { labels: labelSetOf([['id', 'x,y']]), value: 0.5, timestampMs: 1_520_879_607_100 },
      },
      { labels: labelSetOf([['__name__', 'a_seconds_count']]), value: 3, line: 5 },
      {
        labels: labelSetOf([
          ['__name__', 'b.c'],
          ['d', 'e'],
        ]),
        value: NaN,
        line: 6,
        exemplar: { labels: labelSetOf([]), value: 1 },
      },
    ],
  });
});

test.each([
  ['', 'line 1, column 1: no_eof: expected the page to end with # EOF, found end of input'],
  ['a 1', 'line 1, column 4: no_eof: expected the page to end with # EOF, found end of input'],
  ['\n# EOF\n', 'line 1, column 1: syntax: expected a metric name, "{" or "#", found end of line'],
  [' a 1\n# EOF\n', 'line 1, column 1: syntax: expected a metric name, "{" or "#", found " a"'],
  ['a\t1\n# EOF\n', 'line 1, column 2: bad_value: expected one blank and a number as value, found "\\t1"'],
  ['a  1\n# EOF\n', 'line 1, column 3: bad_value: expected a number as value, found " 1"'],
  ['a 1 NaN\n# EOF\n', 'line 1, column 5: bad_timestamp: expected finite seconds as timestamp, found "NaN"'],
  ['a 1 2 \n# EOF\n', 'line 1, column 6: syntax: expected end of line, found " "'],
  [
    'a{b="1" c="2"} 1\n# EOF\n',
    'line 1, column 8: syntax: expected "," or "}" after the label value, found " c=\\"2\\"}"',
  ],
  ['a{b="1\n2"} 1\n# EOF\n', 'line 1, column 5: open_quote: expected a closing quote, found none'],
  ['a 1 # {b} 1\n# EOF\n', 'line 1, column 9: syntax: expected "=" after the label name, found "}"'],
  ['a 1 # {"b"} 1\n# EOF\n', 'line 1, column 8: second_metric_name: a second metric name "b"'],
  [
    'a 1 # {}\n# EOF\n',
    'line 1, column 9: bad_value: expected one blank and a number as exemplar value, found end of line',
  ],
  ['# EOF\na 1\n', 'line 2, column 1: after_eof: expected nothing after # EOF, found "a"'],
  [
    '# TYPE a untyped\n# EOF\n',
    'line 1, column 10: bad_type: expected one of counter, gauge, histogram, gaugehistogram, summary, info, stateset, unknown, found "untyped"',
  ],
  [
    '# UNIT a_b c\n# EOF\n',
    'line 1, column 12: bad_unit: expected a unit that ends the metric name a_b after a "_", found "c"',
  ],
  [
    '# HELP a\n# EOF\n',
    'line 1, column 9: syntax: expected a blank and a text after the name in HELP, found end of line',
  ],
  [
    '# hello\n# EOF\n',
    'line 1, column 1: syntax: expected # HELP, # TYPE, # UNIT or # EOF, single blanks between, found "#"',
  ],
])('%j is refused', (text, problem) => {
  expect(textOfReject(read(text).rejects[0]!)).toBe(problem);
});

test.each([
  ['text/plain', readText],
  ['Text/Plain; version=0.0.4; charset=utf-8', readText],
  ['application/openmetrics-text; version=1.0.0', readOpenMetrics],
  ['text/html', undefined],
  ['', undefined],
  ['__proto__', undefined],
])('%j is read by its media type', (contentType, reader) => {
  expect(expositionOf(contentType)).toBe(reader);
});

test('random pages never make it throw', () => {
  const part = fc.constantFrom(
    'a',
    '{',
    '}',
    '="',
    '"',
    ',',
    ' ',
    '\n',
    '\\',
    '# EOF',
    '# TYPE a ',
    '# UNIT a_b b',
    ' # {',
    '1',
    'é',
    '\0',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 50 }), parts => Array.isArray(read(parts.join('')).rejects)),
    { numRuns: 2_000 },
  );
});
