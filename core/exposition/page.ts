import type { Family, FamilyType } from '../batch.ts';
import type { LabelSet } from '../labels.ts';
import type { Extra, SampleColumns } from './exposition.ts';
import { widened } from './memory.ts';
import type { Metadata } from './metadata.ts';

/** What is being gathered from a page: its samples in columns and where they stood, its metadata in order. */
export class Page {
  count = 0;
  series: LabelSet[] = [];
  /** What the series' texts are known as, -1 where they are not. */
  ids: Int32Array<ArrayBufferLike>;
  /** Where each sample's value begins, and where its entry ends, newline included. */
  valueAts: Int32Array;
  ends: Int32Array;
  values: Float64Array<ArrayBuffer>;
  timestampsMs: Float64Array<ArrayBuffer> | undefined;
  extras: (Extra | undefined)[] | undefined;
  metadata: Metadata[] = [];

  constructor(capacity: number, ids: Int32Array<ArrayBufferLike> = new Int32Array(capacity)) {
    this.ids = ids;
    this.valueAts = new Int32Array(capacity);
    this.ends = new Int32Array(capacity);
    this.values = new Float64Array(capacity);
  }

  add(labels: LabelSet, id: number, valueAt: number, end: number, value: number): void {
    const at = this.count;
    if (at === this.values.length) this.widen();
    this.series.push(labels);
    this.ids[at] = id;
    this.valueAts[at] = valueAt;
    this.ends[at] = end;
    this.values[at] = value;
    this.count = at + 1;
  }

  /** What the sample that was added last has besides; NaN and undefined are nothing. */
  addRare(timestampMs: number, extra: Extra | undefined): void {
    if (timestampMs === timestampMs) {
      this.timestampsMs ??= new Float64Array(this.values.length).fill(Number.NaN);
      this.timestampsMs[this.count - 1] = timestampMs;
    }
    if (extra !== undefined) {
      this.extras ??= new Array<Extra | undefined>(this.count - 1).fill(undefined);
      while (this.extras.length < this.count - 1) this.extras.push(undefined);
      this.extras[this.count - 1] = extra;
    }
  }

  /** What few samples of another page have, for those in [from, to) that stand here from `at` on. */
  copyRare({ timestampsMs, extras }: Page, from: number, to: number, at: number): void {
    if (to === from) return;
    if (timestampsMs !== undefined) {
      this.timestampsMs ??= new Float64Array(this.values.length).fill(Number.NaN);
      this.timestampsMs.set(timestampsMs.subarray(from, to), at);
    }
    if (extras === undefined) return;
    this.extras ??= [];
    while (this.extras.length < at) this.extras.push(undefined);
    for (let each = from; each < to; each += 1) this.extras.push(extras[each]);
  }

  /** Takes the first `count` series of a page as its own. */
  ownSeries(series: readonly LabelSet[], ids: Int32Array, count: number): void {
    this.ids = widened(ids.subarray(0, count), this.values.length);
    this.series = series.slice(0, count);
  }

  widen(): void {
    const capacity = 2 * this.values.length + 64;
    this.ids = widened(this.ids, capacity);
    this.valueAts = widened(this.valueAts, capacity);
    this.ends = widened(this.ends, capacity);
    const values = new Float64Array(capacity);
    values.set(this.values);
    this.values = values;
    if (this.timestampsMs === undefined) return;
    const timestampsMs = new Float64Array(capacity).fill(Number.NaN);
    timestampsMs.set(this.timestampsMs);
    this.timestampsMs = timestampsMs;
  }

  /** Only the first `count` samples stay. */
  truncate(count: number): void {
    this.count = count;
    this.series.length = count;
    if (this.extras !== undefined && this.extras.length > count) this.extras.length = count;
  }

  columns(): SampleColumns {
    const { count, series, values, timestampsMs, extras } = this;
    while (extras !== undefined && extras.length < count) extras.push(undefined);
    return {
      series,
      values: values.subarray(0, count),
      ...(timestampsMs !== undefined && { timestampsMs: timestampsMs.subarray(0, count) }),
      ...(extras !== undefined && { extras }),
    };
  }
}

/** Families in the order in which they are first named; later metadata of a family wins over earlier. */
export const familiesOf = (metadata: Iterable<Metadata>): Family[] => {
  const families = new Map<string, Family>();
  for (const { word, name, text, type } of metadata) {
    const family = families.get(name) ?? { name, type: 'unknown' satisfies FamilyType };
    if (type !== undefined) families.set(name, { ...family, type });
    else if (word === 'HELP') families.set(name, { ...family, help: text });
    else if (text !== '') families.set(name, { ...family, unit: text });
    else families.set(name, family);
  }
  return [...families.values()];
};
