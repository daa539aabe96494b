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

/** Schema chunks and the catalog outlive the samples that name them. */
export const schemaMsOf = ({ rawMs }: Retention): number => rawMs + limits.schemaOutlivesMs;
