import { limits } from '../limits.ts';
import type { BlockIndex, PlacedChunk, PlacedFrame } from './block.ts';
import type { Stripe } from './stripes.ts';

/** Where a cell's bytes stand in the object. */
export type PlacedCell = {
  readonly frame: PlacedFrame;
  readonly chunk: PlacedChunk;
  readonly stripe: Stripe;
  readonly from: number;
  readonly sizes: readonly number[];
};

/** What a reader wants of an object. */
export type Selection = {
  readonly isFrame: (frame: PlacedFrame) => boolean;
  /** Asked with the fingerprints of a stripe's metric names. */
  readonly isStripe: (names: readonly number[]) => boolean;
};

/** The wanted frames, whether or not they have cells, and of these the wanted cells. */
export const selected = ({ frames, chunks }: BlockIndex, { isFrame, isStripe }: Selection) => {
  const isWanted = frames.map(isFrame);
  const cells: PlacedCell[] = [];
  for (const chunk of chunks) {
    for (const stripe of chunk.stripes) {
      if (!isStripe(stripe.names)) continue;
      let { from } = stripe;
      for (let at = 0; at < stripe.cells.length; ) {
        const place = stripe.cells[at]!;
        const end = at + 2 + stripe.cells[at + 1]!;
        const begin = from;
        for (let part = at + 2; part < end; part += 1) from += stripe.cells[part]!;
        if (isWanted[place])
          cells.push({
            frame: frames[place]!,
            chunk,
            stripe,
            from: begin,
            sizes: [...stripe.cells.subarray(at + 2, end)],
          });
        at = end;
      }
    }
  }
  return { frames: frames.filter((_, place) => isWanted[place]), cells };
};

/** A run of bytes of an object; `to` is not included. */
type Span = { readonly from: number; readonly to: number };

/**
 * The fewest reads that bring these cells: pieces less than limits.blockGapBytes apart are read as one, because a request
 * costs the same however much it brings.
 */
export const spansOf = (cells: readonly PlacedCell[]): Span[] => {
  const pieces = [
    ...cells.map(({ from, sizes }) => ({ from, to: sizes.reduce((sum, size) => sum + size, from) })),
    ...[...new Set(cells.map(({ chunk }) => chunk))].map(({ from, size }) => ({ from, to: from + size })),
  ].filter(({ from, to }) => to > from);
  const spans: { from: number; to: number }[] = [];
  for (const { from, to } of pieces.sort((a, b) => a.from - b.from)) {
    const last = spans.at(-1);
    if (last !== undefined && from - last.to <= limits.blockGapBytes) last.to = Math.max(last.to, to);
    else spans.push({ from, to });
  }
  return spans;
};
