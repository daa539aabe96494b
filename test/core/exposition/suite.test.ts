import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lenientOpenMetrics, strictOpenMetrics } from '../../../core/exposition/openmetrics.ts';
import { PageReader } from '../../../core/exposition/page-reader.ts';
import { textDialect } from '../../../core/exposition/text.ts';

// Reference cases that stand beside the checkout, recorded from the programs that matter. They are not ours to copy.

type Expected = { readonly labels: Readonly<Record<string, string>>; readonly value: string; readonly ts_ms?: number };
type Case = {
  readonly name: string;
  readonly format: 'prom' | 'openmetrics';
  readonly verdict: 'good' | 'bad' | 'disputed';
  readonly input_base64: string;
  readonly expected?: readonly Expected[];
  readonly oracles: {
    readonly client_python?: { readonly parses: boolean };
    readonly prometheus_2_42?: { readonly accepted: boolean; readonly samples?: readonly Expected[] };
  };
};

const folder = process.env['SUITES_DIR'] ?? join(import.meta.dirname, '../../../../shared/suites');
const file = join(folder, 'parser-cases.json');
const there = existsSync(file);
const cases: readonly Case[] = there ? JSON.parse(readFileSync(file, 'utf8')) : [];
if (!there) console.log(`skipped: no reference cases at ${file}, set SUITES_DIR`);

/** What a reader makes of the page when it comes for the second time: a predicting one then predicts it. */
const readTwice = ({ format, input_base64 }: Case, predict: boolean, strict = false) => {
  const dialect = format === 'prom' ? textDialect : strict ? strictOpenMetrics : lenientOpenMetrics;
  const reader = new PageReader(dialect, { samples: 100_000 }, { predict });
  reader.read(Buffer.from(input_base64, 'base64'));
  return reader.read(Buffer.from(input_base64, 'base64'));
};

const numberOf = (text: string): number => Number(text.replace(/^([+-]?)inf$/i, '$1Infinity'));

/** `1.0` and `1` are one bucket bound: the reader keeps what was sent, the references differ in what they make of it. */
const plainLabel = ([name, value]: readonly [string, string]): [string, string] => [
  name,
  (name === 'le' || name === 'quantile') && Number.isFinite(Number(value)) ? String(Number(value)) : value,
];

const lineOf = (labels: Iterable<readonly [string, string]>, value: number): string =>
  JSON.stringify([
    [...labels]
      .filter(([, text]) => text !== '')
      .map(plainLabel)
      .sort(),
    Object.is(value, -0) ? '-0' : String(value),
  ]);

describe.skipIf(!there).each([false, true])('reference expositions, predicted: %s', predict => {
  const read = (each: Case) => readTwice(each, predict);

  const named = (verdict: Case['verdict']) => cases.filter(each => each.verdict === verdict);

  test.each(named('good'))('$name is read', each => {
    const { value, rejects } = read(each);
    expect(rejects).toEqual([]);
    // Prometheus's own answer first: other recordings rename counters or invent bucket counts. It has no times.
    const expected = each.oracles.prometheus_2_42?.samples ?? each.expected;
    if (expected !== undefined) {
      expect(value.samples.map(({ labels, value: number }) => lineOf(labels, number)).sort()).toEqual(
        expected.map(({ labels, value: text }) => lineOf(Object.entries(labels), numberOf(text))).sort(),
      );
    }
    const times = each.expected?.map(({ ts_ms }) => ts_ms).filter(ms => ms !== undefined);
    if (times?.length)
      expect(
        value.samples
          .map(({ timestampMs }) => timestampMs)
          .filter(ms => ms !== undefined)
          .sort(),
      ).toEqual(times.sort());
  });

  test.each(named('bad'))('$name is refused', each => {
    expect(read(each).rejects).not.toEqual([]);
  });

  test.each(cases.filter(({ format }) => format === 'openmetrics'))('$name strictly', each => {
    // The reference of the strict reading is OpenMetrics's own, in Python.
    const { rejects } = readTwice(each, predict, true);
    expect(rejects.length === 0).toBe(each.oracles.client_python?.parses);
  });

  test.each(named('disputed').filter(({ oracles }) => oracles.prometheus_2_42?.accepted))(
    '$name is accepted as by Prometheus',
    each => {
      expect(read(each).rejects).toEqual([]);
    },
  );
});
