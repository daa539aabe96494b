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
