import { limits } from '../limits.ts';
import type { Reject } from '../reject.ts';
import type { Accepted } from './request.ts';

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`;

/** Refuses a time outside [accept time - behindMs, accept time + limits.timestampAheadMs]; both ends are taken. */
export const windowReject = (
  timestampMs: number,
  acceptedAtMs: number,
  path: string,
  behindMs: number = limits.timestampBehindMs,
): Reject | undefined => {
  const aheadMs = timestampMs - acceptedAtMs;
  if (aheadMs >= -behindMs && aheadMs <= limits.timestampAheadMs) return undefined;
  const [distance, limit, side] =
    aheadMs < 0 ? [-aheadMs, behindMs, 'behind'] : [aheadMs, limits.timestampAheadMs, 'ahead of'];
  const reason = `timestamp ${timestampMs} is ${seconds(distance)} ${side} the accept time, the limit is ${seconds(limit)}`;
  return { code: 'timestamp_out_of_bounds', place: { path }, reason };
};

/** The same where samples may be as old as `backfillMs`. */
export const backfillReject = (
  timestampMs: number,
  { acceptedAtMs, backfillMs }: Accepted,
  path: string,
): Reject | undefined => windowReject(timestampMs, acceptedAtMs, path, backfillMs);
