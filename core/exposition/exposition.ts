import type { Family } from '../batch.ts';
import type { LabelSet } from '../labels.ts';
import type { Read } from '../reject.ts';

/** One observation that stands for many: where it came from, and when, if that was told. */
export type Exemplar = { readonly labels: LabelSet; readonly value: number; readonly timestampMs?: number };

/** What few samples have. */
export type Extra = {
  readonly exemplar?: Exemplar;
  /** When the counter, histogram or summary this sample belongs to began, quantiles excepted; protobuf says it so, text by `_created`. */
  readonly createdMs?: number;
  /** The time to the last digit, where it is beyond the whole numbers that doubles hold (2^53). */
  readonly timestampExactMs?: bigint;
};

/** One sample: labels with the metric name, the producer's own time where it gave one, and the line where it stood, 0 in protobuf. */
type ParsedSample = Extra & {
  readonly labels: LabelSet;
  readonly value: number;
  readonly timestampMs?: number;
  readonly line: number;
};

/** The samples of a page in columns, in the page's order: the i-th of each list belongs to the i-th sample. */
export type SampleColumns = {
  /** The very same list as for the page before where that had the same series in the same order. */
  readonly series: readonly LabelSet[];
  readonly values: Float64Array;
  /** The producer's own times, NaN where a sample has none; absent where no sample has one. */
  readonly timestampsMs?: Float64Array;
  readonly extras?: readonly (Extra | undefined)[];
};

/** What one page says: its samples and its families, each in the order of the page. Nothing of it may be changed. */
export class Exposition {
  readonly columns: SampleColumns;
  readonly families: readonly Family[];
  readonly #linesOf: () => ArrayLike<number>;
  #samples: readonly ParsedSample[] | undefined;

  constructor(columns: SampleColumns, families: readonly Family[], linesOf: () => ArrayLike<number>) {
    this.columns = columns;
    this.families = families;
    this.#linesOf = linesOf;
  }

  get count(): number {
    return this.columns.values.length;
  }

  /** The columns as one object a sample, made when first asked for. */
  get samples(): readonly ParsedSample[] {
    this.#samples ??= this.#list();
    return this.#samples;
  }

  #list(): ParsedSample[] {
    const { series, values, timestampsMs, extras } = this.columns;
    const lines = this.#linesOf();
    return series.map((labels, at) => {
      const timestampMs = timestampsMs?.[at] ?? Number.NaN;
      const sample = { labels, value: values[at]!, line: lines[at]!, ...extras?.[at] };
      return Number.isNaN(timestampMs) ? sample : { ...sample, timestampMs };
    });
  }
}

/** How much a page may hold. What is left out is as in core/limits.ts. */
export type Bounds = {
  readonly samples: number;
  readonly lineBytes?: number;
  readonly labelCount?: number;
  readonly labelNameBytes?: number;
  readonly labelValueBytes?: number;
};

/**
 * A page's bytes made into samples. Each line that is wrong gives one reject and no sample; reading ends at
 * limits.rejectsListed of them. The bytes must stay as they are while what was read is in use.
 */
export type ReadPage = (bytes: Uint8Array, bounds: Bounds) => Read<Exposition>;
