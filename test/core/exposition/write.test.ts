import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Family } from '../../../core/batch.ts';
import { readText } from '../../../core/exposition/text.ts';
import { writeText } from '../../../core/exposition/write.ts';
import { labelSetOf } from '../../../core/labels.ts';

const back = (text: string) => readText(Buffer.from(text), { samples: 10_000 });

test('families stand in groups under their type and help', () => {
  const named = (name: string, value: number) => ({ labels: labelSetOf([['__name__', name]]), value });
  const families: Family[] = [
    { name: 'h', type: 'histogram', help: 'of\n"h" \\' },
    { name: 'g', type: 'gauge' },
    { name: 'i', type: 'info' },
    { name: 'unused', type: 'gauge' },
  ];
  expect(
    writeText(
      [named('h_sum', 1), named('g', 2), named('h_count', 3), named('i', 1), { ...named('plain', -0), timestampMs: 5 }],
      families,
    ),
  ).toBe(
    [
      '# HELP h of\\n"h" \\\\',
      '# TYPE h histogram',
      'h_sum 1',
      'h_count 3',
      '# TYPE g gauge',
      'g 2',
      '# TYPE i untyped',
      'i 1',
      'plain -0 5',
      '',
    ].join('\n'),
  );
});

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 });
const name = fc.oneof(fc.stringMatching(/^[a-z_:][a-z0-9_:]{0,6}$/), text);
const labels = fc
  .tuple(name, fc.dictionary(text, text, { maxKeys: 6 }))
  .map(([metric, others]) => labelSetOf([...Object.entries(others), ['__name__', metric]]));
const sample = fc.record(
  { labels, value: fc.double(), timestampMs: fc.integer({ min: -1e12, max: 4e12 }) },
  { requiredKeys: ['labels', 'value'] },
);

test('what is written reads back the same', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(sample, {
        maxLength: 8,
        selector: each => each.labels.find(([label]) => label === '__name__')?.[1],
      }),
      samples => {
        const { value, rejects } = back(writeText(samples));
        expect(rejects).toEqual([]);
        expect(value.samples.map(({ line: _, ...rest }) => rest)).toEqual(samples);
      },
    ),
    { numRuns: 1_000 },
  );
});
