import type { Source } from '../batch.ts';
import type { LabelSet } from '../labels.ts';

/** Label sets under the hash of their bytes. Written unless it exists: whoever writes it writes the same. */
export type SchemaChunk = { readonly id: string; readonly bytes: Uint8Array; readonly sets: readonly LabelSet[] };

/** Says that a source had series of a chunk on a day: how a reader finds sources without scanning samples. */
export type CatalogEntry = { readonly day: number; readonly source: Source; readonly chunkId: string };

/**
 * The compressed samples of one source inside one hour. `key` orders by first time, names the batches it was made of,
 * and so is the same when the same batches are gathered again.
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
