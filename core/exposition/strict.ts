import type { FamilyType } from '../batch.ts';
import { type Label, type LabelSet, metricNameLabel, metricNameOf } from '../labels.ts';
import { limits } from '../limits.ts';
import type { Place, Reject } from '../reject.ts';
import { blank, newline } from './bytes.ts';
import type { Metadata } from './metadata.ts';
import { readFloat } from './numbers.ts';
import type { Page } from './page.ts';
import { numberIn, sampleBreach } from './strict-sample.ts';
import { type Breach, breach, Snapshot, suffixesOf } from './strict-snapshot.ts';

/**
 * What OpenMetrics 1.0 asks of a page beyond its grammar: families stand together and say what they are before they
 * say how much, metrics stand together in them, and each sample keeps to its type. In the order of the page; at most
 * limits.rejectsListed. The page is one in which every line could be read, and in OpenMetrics each is an entry.
 */
export const brokenRules = (bytes: Uint8Array, page: Page): Reject[] => {
  const rules = new Rules(bytes, page);
  let described = 0;
  for (let at = 0; at < page.count; at += 1) {
    for (; described < page.metadataAts[at]!; described += 1) rules.describe(page.metadata[described]!);
    rules.sample(at);
  }
  for (; described < page.metadata.length; described += 1) rules.describe(page.metadata[described]!);
  rules.closeFamily();
  return rules.rejects.sort((a, b) => a.place!.line! - b.place!.line!).slice(0, limits.rejectsListed);
};

/** A family while its lines are read. */
type Open = {
  readonly name: string;
  readonly line: number;
  type: FamilyType | undefined;
  unit: string | undefined;
  readonly words: Set<string>;
  samples: number;
  /** Label sets of its metrics that were there, so that none comes back. */
  readonly metrics: Set<string>;
};

class Rules {
  readonly rejects: Reject[] = [];
  readonly #bytes: Uint8Array;
  readonly #page: Page;
  /** Sample names that families have taken. */
  readonly #taken = new Set<string>();
  #line = 0;
  #family: Open | undefined;
  #metric: string | undefined;
  #seconds: number | undefined;
  #snapshot: Snapshot | undefined;
  #snapshotLine = 0;
  /** Series of the snapshot, where it has no time: none may stand twice. */
  readonly #series = new Set<string>();

  constructor(bytes: Uint8Array, page: Page) {
    this.#bytes = bytes;
    this.#page = page;
  }

  describe({ word, name, text, type }: Metadata): void {
    this.#line += 1;
    let family = this.#family;
    if (family?.name !== name) {
      this.closeFamily();
      family = this.#open(name);
    } else if (family.samples > 0) {
      this.#tell(breach('late_metadata', `${word} of ${name} before its samples`, 'it after them'));
    }
    if (family.words.has(word)) this.#tell(breach('repeated_metadata', `one ${word} of ${name}`, 'another'));
    family.words.add(word);
    if (type !== undefined) family.type = type;
    if (word === 'UNIT') family.unit = text;
  }

  sample(at: number): void {
    this.#line += 1;
    const labels = this.#page.series[at]!;
    const value = this.#page.values[at]!;
    const name = metricNameOf(labels);
    let family = this.#family;
    if (family === undefined || !isOf(family, name)) {
      this.closeFamily();
      family = this.#open(name);
    }
    const type = family.type ?? 'unknown';
    const suffix = name.slice(family.name.length);
    family.samples += 1;
    const extra = this.#page.extras?.[at];
    const wrong = sampleBreach({ type, family: family.name, suffix, labels, value, extra });
    if (wrong !== undefined) this.#tell(wrong, this.#columnOf(at));

    const metric = keyWithout(labels, metricLabelsOf(type, family.name, suffix));
    const seconds = this.#secondsOf(at);
    if (metric !== this.#metric) {
      this.#closeSnapshot();
      if (family.metrics.has(metric))
        this.#tell(
          breach('interleaved', `the samples of one metric of ${family.name} together`, 'one that comes back'),
        );
      family.metrics.add(metric);
      this.#metric = metric;
    } else if ((seconds === undefined) !== (this.#seconds === undefined)) {
      this.#closeSnapshot();
      this.#tell(breach('mixed_times', 'times on all samples of a metric or on none', 'both'));
    } else if (seconds !== this.#seconds) {
      if (seconds! < this.#seconds! && type !== 'info')
        this.#tell(breach('time_backwards', `a time of at least ${this.#seconds}`, `${seconds}`));
      this.#closeSnapshot();
    }
    this.#seconds = seconds;
    this.#snapshot ??= new Snapshot(type);
    this.#snapshotLine = this.#line;
    if (seconds === undefined) {
      const series = keyWithout(labels, undefined);
      if (this.#series.has(series))
        this.#tell(breach('duplicate_sample', `one sample of a series without a time`, 'another'));
      this.#series.add(series);
    }
    const bound = suffix === '_bucket' ? numberIn(labels.find(([label]) => label === 'le')?.[1] ?? '') : Number.NaN;
    const outOfOrder = this.#snapshot.add({ suffix, value, bound });
    if (outOfOrder !== undefined) this.#tell(outOfOrder);
  }

  closeFamily(): void {
    this.#closeSnapshot();
    const family = this.#family;
    this.#family = undefined;
    this.#metric = undefined;
    if (family === undefined) return;
    const { name, line, unit, type = 'unknown' } = family;
    if (unit && (type === 'info' || type === 'stateset'))
      this.#tell(breach('unit_not_allowed', `no unit of ${name}, which is a ${type}`, JSON.stringify(unit)), 1, line);
    // A family's own name is taken too: nobody could tell what it means.
    const names = new Set(['', ...suffixesOf[type]].map(suffix => name + suffix));
    const clash = [...names].find(each => this.#taken.has(each));
    if (clash !== undefined) {
      const found = `${clash} of ${name} again or in another family`;
      this.#tell(breach('clashing_name', 'each name in one family that stands together', found), 1, line);
    }
    for (const each of names) this.#taken.add(each);
  }

  #open(name: string): Open {
    const family: Open = {
      name,
      line: this.#line,
      type: undefined,
      unit: undefined,
      words: new Set(),
      samples: 0,
      metrics: new Set(),
    };
    this.#family = family;
    return family;
  }

  #closeSnapshot(): void {
    const wrong = this.#snapshot?.close();
    if (wrong !== undefined) this.#tell(wrong, 1, this.#snapshotLine);
    this.#snapshot = undefined;
    this.#seconds = undefined;
    this.#series.clear();
  }

  #tell({ code, expected, found }: Breach, column = 1, line = this.#line): void {
    if (this.rejects.length >= 2 * limits.rejectsListed) return;
    const place: Place = { line, column };
    this.rejects.push({ code, place, reason: `expected ${expected}, found ${found}`, expected, found });
  }

  #columnOf(at: number): number {
    const valueAt = this.#page.valueAts[at]!;
    return valueAt - this.#bytes.lastIndexOf(newline, valueAt);
  }

  /** The time as it stands: two within a millisecond have an order too. */
  #secondsOf(at: number): number | undefined {
    if (this.#page.timestampsMs === undefined || Number.isNaN(this.#page.timestampsMs[at]!)) return undefined;
    const bytes = this.#bytes;
    const from = bytes.indexOf(blank, this.#page.valueAts[at]!) + 1;
    let to = from;
    while (to < bytes.length && bytes[to] !== blank && bytes[to] !== newline) to += 1;
    return readFloat(bytes, from, to);
  }
}

const isOf = ({ name, type = 'unknown' }: Open, sample: string): boolean =>
  sample.startsWith(name) && suffixesOf[type].includes(sample.slice(name.length));

/** The label that tells the samples of one metric apart; all labels of an info do. */
const metricLabelsOf = (type: FamilyType, family: string, suffix: string): string | undefined => {
  if (type === 'info') return '*';
  if (type === 'stateset') return family;
  if (suffix === '_bucket') return 'le';
  return type === 'summary' && suffix === '' ? 'quantile' : metricNameLabel;
};

/** A key of the labels without the name and one more; of all of them where that is undefined. */
const keyWithout = (labels: LabelSet, without: string | undefined): string => {
  if (without === '*') return '';
  const counted = ([name]: Label): boolean => without === undefined || (name !== metricNameLabel && name !== without);
  let key = '';
  for (const label of labels) if (counted(label)) key += `${label[0].length}:${label[0]}${label[1].length}:${label[1]}`;
  return key;
};
