import type { Family } from '../batch.ts';
import type { LabelSet } from '../labels.ts';
import type { Read } from '../reject.ts';

/** One sample line: labels with the metric name, the producer's own time where it gave one, and where it stood. */
export type ParsedSample = {
  readonly labels: LabelSet;
  readonly value: number;
  readonly timestampMs?: number;
  readonly line: number;
};

/** What one page says: its samples and its families, each in the order of the page. */
export type Exposition = { readonly samples: readonly ParsedSample[]; readonly families: readonly Family[] };

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
 * limits.rejectsListed of them.
 */
export type ReadPage = (bytes: Uint8Array, bounds: Bounds) => Read<Exposition>;
