import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CommonLines } from '../../../core/exposition/common-lines.ts';
import { lenientOpenMetrics } from '../../../core/exposition/openmetrics.ts';
import { PageReader } from '../../../core/exposition/page-reader.ts';
import { textDialect } from '../../../core/exposition/text.ts';
import { type Format, PageMaker } from './page-maker.ts';
import { differenceOf, textOf } from './same-reading.ts';

const dialects = { text: textDialect, openmetrics: lenientOpenMetrics } as const;
const bounds = { samples: 30 };

const readers = (format: Format) => ({
  plain: new PageReader(dialects[format], bounds),
  remembering: new PageReader(dialects[format], bounds, { remember: true }),
  predicting: new PageReader(dialects[format], bounds, { predict: true }),
  // Others have read pages like these before, and others would.
  replica: new PageReader(dialects[format], bounds, { predict: true, common }),
  // Most texts find no room, and every now and then all begins anew.
  crowded: new PageReader(dialects[format], bounds, { predict: true, common: crowd }),
});

const common = new CommonLines(1_000_000);
const crowd = new CommonLines(1_000);

/** Reads the pages one after another; what the first reader that differs from the plain one made of which page. */
const firstDifference = (format: Format, pages: readonly Uint8Array[]): string | undefined => {
  const { plain, ...others } = readers(format);
  common.begin();
  for (const page of pages) {
    const expected = plain.read(page);
    crowd.begin();
    for (const [name, reader] of Object.entries(others)) {
      const read = reader.read(page);
      const difference = differenceOf(expected, read);
      if (difference !== undefined) return `${name}: ${difference}`;
      if (textOf(read.value.samples) !== textOf(expected.value.samples)) return `${name}: samples`;
    }
  }
  return undefined;
};

describe.each(['text', 'openmetrics'] as const)('%s', format => {
  test('pages that change in every way are read alike by all readers', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 2, max: 12 }), (seed, count) => {
        const maker = new PageMaker(seed, format);
        expect(
          firstDifference(
            format,
            Array.from({ length: count }, () => maker.next()),
          ),
        ).toBeUndefined();
      }),
      { numRuns: 3_000 },
    );
  });
});

test.each([
  ['a value that grows at the end of a page without a newline', 'a 1', 'a 12\n'],
  ['a page cut off in a value', 'a 1\nb 23\n', 'a 1\nb 2'],
  ['a page that is over sooner', 'a 1\nb 2\n', 'a 1\n'],
  ['a page that is over in a comment', '# HELP a x\na 1\n', '# HELP a'],
  ['a name that goes on', 'a 1\n', 'a{b="c"} 1\n'],
  ['a value that becomes a brace', 'a 1\n', 'a {b="c"} 1\n'],
  ['a time that comes', 'a 1\nb 2\n', 'a 1 5\nb 2\n'],
  ['a time that goes', 'a 1 5\nb 2 6\n', 'a 1\nb 2\n'],
  ['a time beyond doubles', 'a 1 5\n', 'a 1 9223372036854775807\n'],
  ['eight noughts and the negative nought', 'a{b="\0\0\0\0\0\0\0\0"} 1\n', 'a{b="\0\0\0\0\0\0\0\x80"} 1\n'],
  ['a help text that changes', '# HELP a x\na 1\n# HELP b y\nb 1\n', '# HELP a z\na 1\n# HELP b y\nb 1\n'],
  ['a family that goes', '# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n', '# TYPE b gauge\nb 1\n'],
  ['a family that comes', '# TYPE b gauge\nb 1\n', '# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n'],
  ['comments behind the last sample', 'a 1\n# TYPE b gauge\n', 'a 2\n# TYPE b gauge\n# TYPE c gauge\n'],
  ['a series that stands twice', 'a 1\na 2\nb 3\n', 'a 1\nb 3\na 2\na 4\n'],
  ['a quoted newline', 'a{b="x\ny"} 1\nc 2\n', 'a{b="x\ny"} 3\nd 1\nc 2\n'],
  ['more samples than there may be', 'a 1\n', 'a 1\n'.repeat(31)],
])('%s', (_, first, second) => {
  const pages = [first, second, first, second].map(text => Buffer.from(text, 'latin1'));
  expect(firstDifference('text', pages)).toBeUndefined();
});

test('the lists are the very same while the series are', () => {
  const reader = new PageReader(textDialect, bounds, { predict: true });
  const one = reader.read(Buffer.from('# TYPE a gauge\na{b="c"} 1\n')).value;
  const two = reader.read(Buffer.from('# TYPE a gauge\na{b="c"} 27\n')).value;
  expect(two.columns.series).toBe(one.columns.series);
  expect(two.families).toBe(one.families);
  expect([...one.columns.values, ...two.columns.values]).toEqual([1, 27]);
  expect(one.samples.map(({ line, value }) => [line, value])).toEqual([[2, 1]]);
});

test('what was once on a page is forgotten some time', () => {
  const reader = new PageReader(textDialect, { samples: 10_000 }, { predict: true });
  const pageOf = (page: number): Buffer =>
    Buffer.from(Array.from({ length: 500 }, (_, at) => `name_${100 + page}_${at} 1\n`).join(''));
  const sizes = Array.from({ length: 60 }, (_, page) => {
    reader.read(pageOf(page));
    return reader.bytes;
  });
  expect(Math.max(...sizes.slice(20))).toBeLessThan(1.5 * Math.max(...sizes.slice(0, 20)));
});
