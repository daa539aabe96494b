import type { Source } from '../batch.ts';
import type { LabelSet } from '../labels.ts';

/** Label sets under the hash of their bytes. Written unless it exists: whoever writes it writes the same. */
export type SchemaChunk = { readonly id: string; readonly bytes: Uint8Array; readonly sets: readonly LabelSet[] };

/** A chunk, and the fingerprints of the metric names in it: what tells a reader which chunks it need not look into. */
export type CatalogChunk = { readonly id: string; readonly names: readonly number[] };

/**
 * Says that a source had series of these chunks on a day: how a reader finds sources without scanning samples. A source
 * may have several entries a day, each listing what was not listed before; together they are a set.
 */
export type CatalogEntry = { readonly day: number; readonly source: Source; readonly chunks: readonly CatalogChunk[] };

/**
 * The compressed samples of one source inside one hour. `key` names its bytes: written again it is the same item, and
 * what builds on it finds what it was built on. Segments that build on nothing sort before the others.
 */
export type Segment = {
  readonly sourceId: string;
  readonly hourMs: number;
  readonly key: string;
  readonly bytes: Uint8Array;
};

/** All that one ingest stores. Each write says the same thing when said again. */
export type SeriesWrites = {
  readonly chunks: readonly SchemaChunk[];
  readonly catalog: readonly CatalogEntry[];
  readonly segments: readonly Segment[];
};

export type Resolution = 'raw' | '5m' | '1h';

/** One object of samples; see block.ts. */
export type BlockObject = {
  readonly key: string;
  readonly resolution: Resolution;
  readonly indexBytes: number;
  readonly bytes: number;
};

/**
 * What the samples of a shard's sources were merged into: those of one hour, or (no hour) of the whole day, which replaces
 * its hours. Swapped as a whole, under the condition that it still is at the version that was seen.
 */
export type Manifest = {
  readonly day: number;
  readonly shard: number;
  readonly hourMs?: number;
  readonly version: number;
  /** Raw objects are read as a union; of the others the last one that has a source speaks for it. */
  readonly objects: readonly BlockObject[];
  /** Sources of which a segment could not be read when it was merged: their segments are read as well. */
  readonly unmerged: readonly string[];
  /** Keys of late segments that were merged: they may be deleted, and do no harm until they are. */
  readonly applied: readonly string[];
  /** Raw objects that hold the day's last hour, for the counters of the next day. */
  readonly tail?: readonly BlockObject[];
};

/** A late segment, stored after its hour was merged or about to be. */
export type LateSegment = Segment & { readonly day: number; readonly shard: number };

/** Says that a shard has late segments of a day; `token` changes whenever one comes. */
export type LateMark = { readonly day: number; readonly shard: number; readonly token: string };
