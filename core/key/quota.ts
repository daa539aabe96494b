import * as z from 'zod';
import { limits } from '../limits.ts';

/** How much may be pushed with one key. */
export type Quota = {
  readonly samplesPerSecond: number;
  readonly requestsPerSecond: number;
  /** Series seen within limits.activeSeriesMs. */
  readonly activeSeries: number;
  readonly bodyBytes: number;
  readonly unpackedBytes: number;
  readonly samplesPerPush: number;
  readonly labels: number;
};

const most: Quota = {
  samplesPerSecond: limits.keySamplesPerSecondMax,
  requestsPerSecond: limits.keyRequestsPerSecondMax,
  activeSeries: limits.keyActiveSeriesMax,
  bodyBytes: limits.pushBodyBytes,
  unpackedBytes: limits.pushUnpackedBytes,
  samplesPerPush: limits.pushSamples,
  labels: limits.labelCount,
};

/** Of a key that says nothing of it. */
export const usualQuota: Quota = {
  ...most,
  samplesPerSecond: limits.keySamplesPerSecond,
  requestsPerSecond: limits.keyRequestsPerSecond,
  activeSeries: limits.keyActiveSeries,
};

export const quotaNames = Object.keys(most) as (keyof Quota)[];

const upTo = (name: keyof Quota) => z.number().int().min(1).max(most[name]).optional();

/** As it stands in a key's row, under `limits`. Nothing may be above what holds for everybody. */
export const quotaField = z
  .strictObject({
    samplesPerSecond: upTo('samplesPerSecond'),
    requestsPerSecond: upTo('requestsPerSecond'),
    activeSeries: upTo('activeSeries'),
    bodyBytes: upTo('bodyBytes'),
    unpackedBytes: upTo('unpackedBytes'),
    samplesPerPush: upTo('samplesPerPush'),
    labels: upTo('labels'),
  } satisfies Record<keyof Quota, unknown>)
  .optional();

export const quotaOf = (told: z.output<typeof quotaField>): Quota => {
  const given = Object.entries(told ?? {}).filter(([, value]) => value !== undefined);
  return { ...usualQuota, ...Object.fromEntries(given) };
};
