import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { answer, columnsOf, instantQuery, labelsOf, rangeQuery, type Written } from './asking.ts';

// Evaluations that stand beside the checkout, of Prometheus 2.42. They are not ours to copy.

type Figure = number | 'NaN' | '+Inf' | '-Inf';
type Point = Figure | 'stale' | null;
type Eval = {
  readonly line: number;
  readonly at_ms: number;
  readonly expr: string;
  readonly fail?: boolean;
  readonly want?: readonly [labels: Readonly<Record<string, string>>, value: Figure][];
  readonly scalar?: Figure;
  readonly ordered?: boolean;
  readonly range?: readonly [number, number, number];
  readonly features: readonly string[];
};
type Load = {
  readonly step_ms: number;
  readonly series: readonly { readonly l: Readonly<Record<string, string>>; readonly p: readonly Point[] }[];
};
type Block = {
  readonly id: string;
  readonly file: string;
  readonly cmds: readonly { readonly load?: Load; readonly eval?: Eval }[];
};

const folder = process.env['SUITES_DIR'] ?? join(import.meta.dirname, '../../../../shared/suites');
const file = join(folder, 'promql-v2.42.json');
const there = existsSync(file);
const blocks: readonly Block[] = there ? JSON.parse(readFileSync(file, 'utf8')) : [];
if (!there) console.log(`skipped: no reference evaluations at ${file}, set SUITES_DIR`);

const numberOf = (value: Figure): number =>
  typeof value === 'number' ? value : Number(value.replace('Inf', 'Infinity'));

/** As near as Prometheus's own tests want it (promql/test.go, almostEqual). */
const near = (a: number, b: number): boolean => {
  if (Object.is(a, b) || a === b) return true;
  const sum = Math.abs(a) + Math.abs(b);
  if (a === 0 || b === 0 || sum < 2.3e-308) return Math.abs(a - b) < 1e-12;
  return Math.abs(a - b) / Math.min(sum, Number.MAX_VALUE) < 1e-6;
};

const keyOf = (labels: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

type Row = { readonly block: Block; readonly loads: readonly Load[]; readonly each: Eval; readonly name: string };
const rows: Row[] = blocks.flatMap(block => {
  const loads: Load[] = [];
  const found: Row[] = [];
  for (const { load, eval: each } of block.cmds) {
    if (load !== undefined) loads.push(load);
    if (each !== undefined && !each.features.includes('dup'))
      found.push({ block, loads: [...loads], each, name: `${block.file}:${each.line} ${each.expr}` });
  }
  return found;
});

const writtenOf = (loads: readonly Load[]): Written[] => {
  const series = new Map<
    string,
    { labels: Readonly<Record<string, string>>; samples: Map<number, number | 'stale'> }
  >();
  for (const { step_ms, series: loaded } of loads) {
    for (const { l, p } of loaded) {
      const known = series.get(keyOf(l)) ?? { labels: l, samples: new Map() };
      series.set(keyOf(l), known);
      for (const [at, value] of p.entries())
        if (value !== null) known.samples.set(at * step_ms, value === 'stale' ? value : numberOf(value));
    }
  }
  return [...series.values()];
};

/** Evaluations that Prometheus 3 answers otherwise than 2.42, whichever end of a range is included. */
const changed: Readonly<Record<string, string>> = {
  'functions:137':
    'a counter that began before its first sample is extended to nought only where that is near (3.0, rate)',
  'functions:298': 'any text is a label name (3.0, UTF-8 names)',
  'operators:479': 'atan2 gives another metric, which has no name (3.0)',
  'operators:482': 'atan2 gives another metric, which has no name (3.0)',
};

/** How many more differ because 3.0 leaves a sample exactly at the older end out of ranges and lookback. */
const differByOlderEnd = 146;

const run = ({ loads, each }: Row, includesOlderEnd: boolean): void => {
  const series = writtenOf(loads).map(columnsOf);
  const query = () => (each.range ? rangeQuery(each.expr, ...each.range) : instantQuery(each.expr, each.at_ms));
  const ask = () => answer({ ...query(), includesOlderEnd }, series);
  if (each.fail) {
    expect(ask).toThrow();
    return;
  }
  const { value } = ask();
  if (each.scalar !== undefined) {
    expect(value.type).toBe('scalar');
    if (value.type === 'scalar')
      expect([value.value, near(value.value, numberOf(each.scalar))]).toEqual([value.value, true]);
    return;
  }
  const want = each.want ?? [];
  if (value.type === 'matrix' && value.series.length === 0 && want.length === 0) return;
  if (value.type !== 'vector') throw new Error(value.type);
  const got = value.series.map(({ labels, value: number }) => [keyOf(labelsOf(labels)), number] as const);
  const byKey = new Map(got);
  const wanted = want.map(([labels, number]) => {
    const found = byKey.get(keyOf(labels));
    // What is near enough counts as the same, so that a difference shows both.
    const same = found !== undefined && near(found, numberOf(number));
    return [keyOf(labels), same ? found : numberOf(number)] as const;
  });
  const sorted = (rows: readonly (readonly [string, number])[]) =>
    each.ordered ? rows : [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(sorted(got)).toEqual(sorted(wanted));
};

const placeOf = ({ block, each }: Row): string => `${block.file}:${each.line}`;

const passes = (row: Row, includesOlderEnd: boolean): boolean => {
  try {
    run(row, includesOlderEnd);
    return true;
  } catch {
    return false;
  }
};

describe.skipIf(!there)('reference evaluations', () => {
  test.each(rows.filter(row => !(placeOf(row) in changed)))('$name', row => run(row, true));

  test.each(rows.filter(row => placeOf(row) in changed))('$name differs, as in Prometheus 3', row => {
    expect(() => run(row, true)).toThrow();
  });

  test('the older end left out changes those that have a sample there', () => {
    const differ = rows.filter(row => passes(row, true) && !passes(row, false));
    expect(differ).toHaveLength(differByOlderEnd);
    expect(rows.filter(row => !passes(row, true) && passes(row, false))).toEqual([]);
  });
});
