import { expect, test } from 'vitest';
import { lint } from '../../../core/exposition/lint.ts';

const told = (page: string, mode: 'strict' | 'lenient', contentType?: string) => {
  const { valid, samples, findings } = lint(Buffer.from(page), mode, contentType);
  return { valid, samples, codes: findings.map(({ code }) => code) };
};

test.each([
  ['text', 'a 1\nb 2\n', 'lenient', '', { valid: true, samples: 2, codes: [] }],
  ['nothing', '', 'lenient', '', { valid: true, samples: 0, codes: [] }],
  ['text, strictly', 'a 1\n', 'strict', 'text/plain', { valid: false, samples: 1, codes: ['no_eof'] }],
  ['OpenMetrics by its end', 'a 1 1.5\n# EOF', 'lenient', '', { valid: true, samples: 1, codes: [] }],
  ['OpenMetrics by its end alone', 'a 1\n\n# EOF\n', 'lenient', '', { valid: false, samples: 1, codes: ['syntax'] }],
  [
    'OpenMetrics by its type',
    'a 1\n',
    'lenient',
    'application/openmetrics-text',
    { valid: false, samples: 1, codes: ['no_eof'] },
  ],
  ['text that says # EOF', 'a 1\n\n# EOF\n', 'lenient', 'text/plain', { valid: true, samples: 1, codes: [] }],
  ['rules, leniently', '# TYPE a counter\na_total -1\n# EOF\n', 'lenient', '', { valid: true, samples: 1, codes: [] }],
  [
    'rules, strictly',
    '# TYPE a counter\na_total -1\n# EOF\n',
    'strict',
    '',
    { valid: false, samples: 1, codes: ['bad_value'] },
  ],
] as const)('%s', (_, page, mode, contentType, expected) => {
  expect(told(page, mode, contentType)).toEqual(expected);
});

test('a finding has a place and both sides', () => {
  expect(lint(Buffer.from('a 1\nb x\n'), 'lenient').findings).toEqual([
    {
      line: 2,
      column: 3,
      code: 'bad_value',
      message: 'expected a number as value, found "x"',
      found: '"x"',
      expected: 'a number as value',
    },
  ]);
});
