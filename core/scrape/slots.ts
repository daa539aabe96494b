import { createHash } from 'node:crypto';
import { limits } from '../limits.ts';
import type { Target } from './target.ts';

type Slotted = Pick<Target, 'id' | 'intervalMs'>;

/** What a target draws from its id: who goes first, where it would like to sit, and where on its seat. */
type Drawn = { readonly id: string; readonly rank: number; readonly wish: number; readonly share: number };

/**
 * Where in its interval each target of a fleet is scraped, by id: from 0 (included) to its interval (not included).
 *
 * Targets of one interval share a ring of bins of limits.slotBinMs. Each goes to the bin it draws by its id, and draws
 * again while that one is full; bins hold an even share and a little more, so that the fullest is limits.slotRoom over the mean
 * at most, rounded up to whole targets. Nobody remembers anything: the same fleet sits the same way for ever, and when a target
 * joins or leaves, the few move whose bin that fills or frees.
 */
export const offsetsMsOf = (targets: readonly Slotted[]): ReadonlyMap<string, number> => {
  const rings = new Map<number, Drawn[]>();
  for (const { id, intervalMs } of targets) {
    const ring = rings.get(intervalMs);
    if (ring === undefined) rings.set(intervalMs, [drawnBy(id)]);
    else ring.push(drawnBy(id));
  }
  const offsets = new Map<string, number>();
  for (const [intervalMs, ring] of rings) seat(ring, intervalMs, offsets);
  return offsets;
};

const drawnBy = (id: string): Drawn => {
  const digest = createHash('sha256').update(id).digest();
  return { id, rank: digest.readUInt32LE(0), wish: digest.readUInt32LE(4), share: digest.readUInt32LE(8) / 2 ** 32 };
};

const seat = (ring: readonly Drawn[], intervalMs: number, offsets: Map<string, number>): void => {
  const bins = Math.max(1, Math.floor(intervalMs / limits.slotBinMs));
  // A fleet smaller than its ring gets free bins to choose from: it stays even, and fewer have to move for each other.
  const seats = Math.max(Math.ceil(ring.length * limits.slotRoom), Math.min(2 * ring.length, bins));
  const open = Math.min(seats, bins);
  const stride = strideOf(bins);
  const taken = new Uint32Array(open);
  for (const { id, wish, share } of ring.toSorted((a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1))) {
    for (let draw = 0; ; draw += 1) {
      const chosen = bucketOf(mixed(wish + Math.imul(draw, step)), open);
      // Seats are dealt to the bins in rounds.
      if (taken[chosen]! >= Math.floor((seats + bins - 1 - chosen) / bins)) continue;
      taken[chosen]! += 1;
      offsets.set(id, Math.floor(((((chosen * stride) % bins) + share) * intervalMs) / bins));
      break;
    }
  }
};

/** Bins open in this stride: the first few of any number lie far apart (the golden section, three-distance theorem). */
const strideOf = (bins: number): number => {
  let stride = Math.max(1, Math.round(bins * 0.618_033_988_75));
  while (greatestDivisor(stride, bins) !== 1) stride += 1;
  return stride;
};

const greatestDivisor = (one: number, other: number): number =>
  other === 0 ? one : greatestDivisor(other, one % other);

const step = 0x9e3779b9;

/** 32 bits from 32 bits, every one of them depending on all (C. Wellons, hash prospector: triple32's shorter sister). */
export const mixed = (bits: number): number => {
  let hash = bits >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return (hash ^ (hash >>> 15)) >>> 0;
};

/** One of so many buckets; when there is one more, one in that many goes over to it (Lamping and Veach, jump hash). */
export const bucketOf = (bits: number, buckets: number): number => {
  let key = bits;
  let bucket = -1;
  for (let next = 0; next < buckets; ) {
    bucket = next;
    key = mixed(key + step);
    next = Math.floor((bucket + 1) * (2 ** 32 / (key + 1)));
  }
  return bucket;
};

/** The slots in [fromMs, toMs) at that offset: absolute instants, independent of restarts and of who asks. */
export const slotsBetween = (offsetMs: number, intervalMs: number, fromMs: number, toMs: number): number[] => {
  const slots: number[] = [];
  for (
    let slotMs = Math.ceil((fromMs - offsetMs) / intervalMs) * intervalMs + offsetMs;
    slotMs < toMs;
    slotMs += intervalMs
  ) {
    slots.push(slotMs);
  }
  return slots;
};
