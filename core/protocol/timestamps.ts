import { limits } from '../limits.ts';
import { type Place, placed, type Reject } from '../reject.ts';

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`;

/** Refuses a producer's time that is too far from the accept time; both bounds are still allowed. */
export const timestampReject = (
  timestampMs: number,
  acceptedAtMs: number,
  place: Place | undefined,
  exactMs: bigint | number = timestampMs,
): Reject | undefined => {
  const aheadMs = timestampMs - acceptedAtMs;
  if (aheadMs >= -limits.timestampBehindMs && aheadMs <= limits.timestampAheadMs) return undefined;
  const [distance, limit, side] =
    aheadMs < 0 ? [-aheadMs, limits.timestampBehindMs, 'behind'] : [aheadMs, limits.timestampAheadMs, 'ahead of'];
  const reason = `timestamp ${exactMs} is ${seconds(distance)} ${side} the accept time, the limit is ${seconds(limit)}`;
  return { code: 'timestamp_out_of_bounds', ...(place && { place }), reason };
};

type Timed = { readonly timestampMs?: number; readonly timestampExactMs?: bigint; readonly line: number };

/** One reject for each sample whose time is out of bounds; samples without a time have the accept time. */
export const timestampRejects = (samples: Iterable<Timed>, acceptedAtMs: number): Reject[] => {
  const rejects: Reject[] = [];
  for (const { timestampMs, timestampExactMs, line } of samples) {
    if (timestampMs === undefined) continue;
    const reject = timestampReject(timestampMs, acceptedAtMs, placed({ line }).place, timestampExactMs);
    if (reject !== undefined) rejects.push(reject);
  }
  return rejects;
};
