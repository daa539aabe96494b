import type { FamilyType } from '../batch.ts';

/** What is wrong with a sample or a snapshot, and what would be right. */
export type Breach = { readonly code: string; readonly expected: string; readonly found: string };

export const breach = (code: string, expected: string, found: string): Breach => ({ code, expected, found });

/** The sample names of each type's families, by what they add to the family's name (OpenMetrics 1.0, MetricFamily Name). */
export const suffixesOf: Readonly<Record<FamilyType, readonly string[]>> = {
  counter: ['_total', '_created'],
  gauge: [''],
  histogram: ['_bucket', '_count', '_sum', '_created'],
  gaugehistogram: ['_bucket', '_gcount', '_gsum'],
  stateset: [''],
  info: ['_info'],
  summary: ['', '_count', '_sum', '_created'],
  unknown: [''],
};

/** One sample of a snapshot: what its name adds to the family's, its value, and its bucket's bound if it has one. */
type SnapshotSample = { readonly suffix: string; readonly value: number; readonly bound: number };

/** What one metric says at one time: all samples of one label set and timestamp. */
export class Snapshot {
  readonly #type: FamilyType;
  readonly #seen = new Set<string>();
  #bound: number | undefined;
  #buckets = 0;
  #isBelowNought = false;
  #count: number | undefined;
  #sum: number | undefined;
  #isBroken = false;

  constructor(type: FamilyType) {
    this.#type = type;
  }

  /** Takes in the next sample; buckets ascend, in bounds and in values. */
  add({ suffix, value, bound }: SnapshotSample): Breach | undefined {
    this.#seen.add(suffix);
    if (suffix === '_count' || suffix === '_gcount') this.#count = value;
    else if (suffix === '_sum' || suffix === '_gsum') this.#sum = value;
    if (suffix !== '_bucket') return undefined;
    // A bound that is none was told already, and everything after it would follow from that.
    if (Number.isNaN(bound)) this.#isBroken = true;
    if (bound < 0) this.#isBelowNought = true;
    const before = this.#bound;
    const least = this.#buckets;
    this.#bound = bound;
    this.#buckets = value;
    if (before !== undefined && bound <= before) return breach('bucket_order', `a bound over ${before}`, `${bound}`);
    return value < least
      ? breach('bucket_values', `at least the ${least} of the bucket before`, `${value}`)
      : undefined;
  }

  /** What is wrong with the snapshot as a whole, once its last sample was there. */
  close(): Breach | undefined {
    if (this.#type === 'counter' && !this.#seen.has('_total'))
      return breach('no_total', 'a _total sample of the counter', 'only _created');
    return this.#type === 'histogram' || this.#type === 'gaugehistogram' ? this.#closeHistogram() : undefined;
  }

  #closeHistogram(): Breach | undefined {
    const [sumName, countName] = this.#type === 'histogram' ? ['_sum', '_count'] : ['_gsum', '_gcount'];
    const hasSum = this.#sum !== undefined;
    if (this.#isBroken) return undefined;
    if (this.#bound !== Number.POSITIVE_INFINITY)
      return breach('no_inf_bucket', 'a bucket with le="+Inf" as the last one', `${this.#bound ?? 'no bucket'}`);
    if (this.#count !== undefined && this.#count !== this.#buckets)
      return breach('count_mismatch', `the ${this.#buckets} of the +Inf bucket as ${countName}`, `${this.#count}`);
    if (hasSum && this.#count === undefined) return breach('no_count', `${countName} beside ${sumName}`, 'none');
    if (!hasSum && this.#count !== undefined) return breach('no_sum', `${sumName} beside ${countName}`, 'none');
    if (this.#type === 'histogram' && hasSum && this.#isBelowNought)
      return breach('sum_not_allowed', 'no _sum beside buckets below nought', `${this.#sum}`);
    if (this.#type === 'gaugehistogram' && this.#sum! < 0 && !this.#isBelowNought)
      return breach('negative_sum', '_gsum of at least 0 where no bucket is below nought', `${this.#sum}`);
    return undefined;
  }
}
