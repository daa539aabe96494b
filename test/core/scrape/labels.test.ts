import { expect, test } from 'vitest';
import { labelSetOf } from '../../../core/labels.ts';
import { markedEmpty, targetLabelsOver, targetLabelsUnder } from '../../../core/scrape/labels.ts';

const setOf = (labels: Readonly<Record<string, string>>) => labelSetOf(Object.entries(labels));

test('a clashing label is kept under exported_, as often as it takes', () => {
  const scraped = setOf({ __name__: 'm', job: 'a', exported_job: 'b', exported_exported_job: 'c' });
  expect(targetLabelsOver(scraped, setOf({ job: 'node' }))).toEqual(
    setOf({
      __name__: 'm',
      job: 'node',
      exported_job: 'b',
      exported_exported_job: 'c',
      exported_exported_exported_job: 'a',
    }),
  );
});

test.each([
  [{ __name__: 'm' }, { __name__: 'm', job: 'node', instance: 'x' }],
  [
    { __name__: 'm', job: 'a' },
    { __name__: 'm', job: 'a', instance: 'x' },
  ],
  // As a Pushgateway says that there is no instance.
  [
    { __name__: 'm', job: 'a', instance: '\u0001' },
    { __name__: 'm', job: 'a' },
  ],
])('what a page says is honored: %j', (scraped, stored) => {
  expect(targetLabelsUnder(setOf(scraped), setOf({ job: 'node', instance: 'x' }))).toEqual(setOf(stored));
});

test.each([
  ['m 1\n', 'm 1\n'],
  ['m{instance=""} 1\n', 'm{instance="\u0001"} 1\n'],
  ['m{a="b",instance="",job=""} 1\n', 'm{a="b",instance="\u0001",job="\u0001"} 1\n'],
  ['m{a="b", instance=""} 1\n', 'm{a="b", instance="\u0001"} 1\n'],
  ['m{my_instance="",other=""} 1\n', 'm{my_instance="",other=""} 1\n'],
  ['m{a="ünï",instance=""} 1\n', 'm{a="ünï",instance="\u0001"} 1\n'],
  ['m{ instance = "" } 1\n', 'm{ instance = "\u0001" } 1\n'],
  ['m{a="",\tjob\t=""} 1\n', 'm{a="",\tjob\t="\u0001"} 1\n'],
  ['# HELP m Of {job=""}.\nm{job=""} 1\n', '# HELP m Of {job=""}.\nm{job="\u0001"} 1\n'],
  [' # {job=""}\n#\nm{job=""} 1\n#{job=""}', ' # {job=""}\n#\nm{job="\u0001"} 1\n#{job=""}'],
  ['m{a="x # y",job=""} 1\n', 'm{a="x # y",job="\u0001"} 1\n'],
])('an empty label is marked: %j', (page, marked) => {
  const read = markedEmpty(Buffer.from(page), setOf({ job: 'node', instance: 'x' }));
  expect(Buffer.from(read).toString()).toBe(marked);
});
