import { limits } from './limits.ts';

/** How long what was collected is kept: samples, buckets of five minutes, buckets of an hour. */
export type Retention = { readonly rawMs: number; readonly fiveMinuteMs: number; readonly hourMs: number };

export const usualRetention: Retention = {
  rawMs: limits.rawRetentionMs,
  fiveMinuteMs: limits.fiveMinuteRetentionMs,
  hourMs: limits.hourRetentionMs,
};

/** Reads three numbers of days, as lib writes them for the functions. What is no such text is a bug in lib's wiring. */
export const readRetention = (text: string): Retention => {
  const days = text.split(',').map(Number);
  const [rawMs, fiveMinuteMs, hourMs] = days.map(each => each * limits.catalogSpanMs);
  if (days.length !== 3 || days.some(each => !(each >= 1)))
    throw new Error(`retention ${JSON.stringify(text)}, expected three numbers of days`);
  return { rawMs: rawMs!, fiveMinuteMs: fiveMinuteMs!, hourMs: hourMs! };
};

/** How old pushed samples may be where nothing else is asked for: as old as what is kept, since nobody reads older ones. */
export const usualBackfillMs = ({ rawMs }: Retention): number => rawMs;

/** Reads a number of days, as lib writes it for the functions. */
export const readBackfillMs = (text: string): number => {
  const days = Number(text);
  if (!(days > 0)) throw new Error(`backfill ${JSON.stringify(text)}, expected a number of days`);
  return days * limits.catalogSpanMs;
};

/** Schema chunks and the catalog outlive the samples that name them. */
export const schemaMsOf = ({ rawMs }: Retention): number => rawMs + limits.schemaOutlivesMs;
