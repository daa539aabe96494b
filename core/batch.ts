import { hash } from 'node:crypto';
import { type Columns, countOf } from './columns.ts';
import type { Exemplar } from './exemplars.ts';
import { keyOf, type LabelSet, pick } from './labels.ts';
import { limits } from './limits.ts';

/**
 * Who sends: exactly the `job` and `instance` of a label set, either of which may be missing.
 * Every series belongs to one source, which its own labels name.
 */
export type Source = LabelSet;

const isSourceLabel = (name: string): boolean => name === 'job' || name === 'instance';

export const sourceOf = (labels: LabelSet): Source => pick(labels, isSourceLabel);

/** The labels that stay once the source's are taken out: what replicas share. */
export const withoutSource = (labels: LabelSet): LabelSet => pick(labels, name => !isSourceLabel(name));

/** 22 characters, base64url of 128 bits: the same source has the same id everywhere. */
export const sourceIdOf = (source: Source): string => {
  const key = keyOf(source);
  const known = sourceIds.get(key);
  if (known !== undefined) return known;
  const id = hash('sha256', key, 'buffer').subarray(0, 16).toString('base64url');
  if (sourceIds.size >= limits.sourceIdsRemembered) sourceIds.clear();
  sourceIds.set(key, id);
  return id;
};

const sourceIds = new Map<string, string>();

export type FamilyType =
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'gaugehistogram'
  | 'summary'
  | 'info'
  | 'stateset'
  | 'unknown';

/** What a page says about one metric family besides its samples. */
export type Family = {
  readonly name: string;
  readonly type: FamilyType;
  readonly help?: string;
  readonly unit?: string;
};

/**
 * What one push or scrape delivered from one source.
 *
 * `id` names the delivery for good: the same delivery made again carries the same id. Series are without the source's
 * labels. Times are the producer's where it gave them, else the collector's accept time.
 */
export type Batch = {
  readonly id: string;
  readonly via: 'push' | 'pull';
  readonly source: Source;
  readonly acceptedAtMs: number;
  readonly columns: Columns;
  /** What the delivery says about metric families, where this is news; it is nobody's, whoever said it. */
  readonly families?: readonly Family[];
  /** Without the source's labels on their series; at most limits.exemplarBytes. */
  readonly exemplars?: readonly Exemplar[];
};

/** How many values batches bring, as they count on both sides of the buffer. */
export const samplesIn = (batches: readonly Batch[]): number =>
  batches.reduce((sum, { columns }) => sum + countOf(columns), 0);

/** What a message of the buffer is called: limits.messageNameChars of a digest of its bytes, the same whenever it comes. */
export const messageNameOf = (message: string): string =>
  hash('sha256', message, 'base64url').slice(0, limits.messageNameChars);

/**
 * The batch under a name that holds its message too: two producers of one source may count their keys alike, and one slot
 * may be scraped twice with two outcomes. Both were accepted, so both are stored; only the same bytes are the same message.
 */
export const namedByMessage = (batch: Batch, message: string): Batch => ({
  ...batch,
  id: `${batch.id}#${messageNameOf(message)}`,
});
