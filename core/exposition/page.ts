import type { Family } from '../batch.ts';
import type { LabelSet } from '../labels.ts';
import type { Extra, SampleColumns } from './exposition.ts';
import { widened } from './memory.ts';
import type { Metadata } from './metadata.ts';

/** Where the samples of a page stand; see Page. */
type Tables = Pick<Page, 'ids' | 'metadataAts' | 'valueAts' | 'ends' | 'values'>;

const longEnough = (table: Int32Array | undefined, length: number): Int32Array | undefined =>
  table !== undefined && table.length >= length ? table : undefined;

/** What is being gathered from a page: its samples in columns and where they stood, its metadata in order. */
export class Page {
  count = 0;
  /** How many of them stood elsewhere than predicted. */
  unpredicted = 0;
  series: LabelSet[] = [];
  /** What the series' texts are known as, -1 where they are not. */
  ids: Int32Array;
  /** How much of the metadata stands before each sample. */
  metadataAts: Int32Array;
  /** Where each sample's value begins, and where its entry ends, newline included. */
  valueAts: Int32Array;
  ends: Int32Array;
  values: Float64Array<ArrayBuffer>;
  timestampsMs: Float64Array<ArrayBuffer> | undefined;
  extras: (Extra | undefined)[] | undefined;
  metadata: Metadata[] = [];

  /** Room for `capacity` samples; tables of another page that is over may be taken, if they are long enough. */
  constructor(capacity: number, tables: Partial<Tables> = {}) {
    const { ids, metadataAts, valueAts, ends, values } = tables;
    this.ids = longEnough(ids, capacity) ?? new Int32Array(capacity);
    this.metadataAts = longEnough(metadataAts, capacity) ?? new Int32Array(capacity);
    this.valueAts = longEnough(valueAts, capacity) ?? new Int32Array(capacity);
    this.ends = longEnough(ends, capacity) ?? new Int32Array(capacity);
    this.values = values ?? new Float64Array(capacity);
  }

  add(labels: LabelSet, id: number, valueAt: number, end: number, value: number): void {
    const at = this.count;
    if (at === this.values.length) this.widen();
    this.series[at] = labels;
    this.ids[at] = id;
    this.metadataAts[at] = this.metadata.length;
    this.valueAts[at] = valueAt;
    this.ends[at] = end;
    this.values[at] = value;
    this.count = at + 1;
  }

  /** A sample of another page that stands `delta` bytes further on here, and the metadata before it. */
  addLike(other: Page, at: number, delta: number): void {
    this.describeLike(other, at);
    this.add(
      other.series[at]!,
      other.ids[at]!,
      other.valueAts[at]! + delta,
      other.ends[at]! + delta,
      other.values[at]!,
    );
  }

  /** The metadata that stands before a sample of another page, behind the sample before; at its count, all that is left. */
  describeLike({ count, metadata, metadataAts }: Page, at: number): void {
    const to = at === count ? metadata.length : metadataAts[at]!;
    for (let each = at === 0 ? 0 : metadataAts[at - 1]!; each < to; each += 1) this.metadata.push(metadata[each]!);
  }

  /** What the sample that was added last has besides; NaN and undefined are nothing. */
  addRare(timestampMs: number, extra: Extra | undefined): void {
    if (!Number.isNaN(timestampMs)) {
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

  /** The same page with all the series and the metadata of another, whose tables of them it shares. */
  like({ series, metadata }: Page): this {
    this.series = series;
    this.metadata = metadata;
    return this;
  }

  /** The same page with its own tables of series; so far it has the first of another's. */
  apart({ ids, metadataAts, series, metadata }: Page, spare: Page | undefined): this {
    const { count } = this;
    const capacity = this.values.length;
    this.ids = (spare?.ids !== ids && longEnough(spare?.ids, capacity)) || new Int32Array(capacity);
    this.metadataAts =
      (spare?.metadataAts !== metadataAts && longEnough(spare?.metadataAts, capacity)) || new Int32Array(capacity);
    this.ids.set(ids.subarray(0, count));
    this.metadataAts.set(metadataAts.subarray(0, count));
    // All of them, though the rest will be written over: a list that grows by one is copied again and again.
    this.series = series.slice();
    this.metadata = metadata.slice(0, count === 0 ? 0 : metadataAts[count - 1]!);
    return this;
  }

  widen(): void {
    const capacity = 2 * this.values.length + 64;
    this.ids = widened(this.ids, capacity);
    this.metadataAts = widened(this.metadataAts, capacity);
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

  /** Whether the texts of all its series are known. */
  areKnown(): boolean {
    for (let at = 0; at < this.count; at += 1) if (this.ids[at] === -1) return false;
    return true;
  }

  columns(): SampleColumns {
    const { count, series } = this;
    if (series.length > count) series.length = count;
    // Both may have come from samples that were given up again.
    const timestampsMs = this.timestampsMs?.subarray(0, count);
    const extras = this.extras?.some(extra => extra !== undefined) ? this.extras : undefined;
    while (extras !== undefined && extras.length < count) extras.push(undefined);
    return {
      series,
      values: this.values.subarray(0, count),
      ...(timestampsMs?.some(ms => !Number.isNaN(ms)) && { timestampsMs }),
      ...(extras !== undefined && { extras }),
    };
  }
}

/** Families in the order in which they are first named; later metadata of a family wins over earlier. */
export const familiesOf = (metadata: Iterable<Metadata>): Family[] => {
  const families = new Map<string, { -readonly [Key in keyof Family]: Family[Key] }>();
  for (const { word, name, text, type } of metadata) {
    let family = families.get(name);
    if (family === undefined) {
      family = { name, type: 'unknown' };
      families.set(name, family);
    }
    if (type !== undefined) family.type = type;
    else if (word === 'HELP') family.help = text;
    else if (text !== '') family.unit = text;
  }
  return [...families.values()];
};
