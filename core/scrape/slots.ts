import { createHash } from 'node:crypto';
import type { Target } from './target.ts';

/**
 * Where in its interval a target is scraped: from 0 (included) to intervalMs (not included), finer than a second, the
 * same for ever, whatever other targets there are.
 */
export const offsetMsOf = ({ id, intervalMs }: Pick<Target, 'id' | 'intervalMs'>): number => {
  const share = createHash('sha256').update(id).digest().readUIntBE(0, 6) / 2 ** 48;
  return Math.floor(share * intervalMs);
};

/** The target's slots in [fromMs, toMs): absolute instants, independent of restarts and of who asks. */
export const slotsBetween = (target: Pick<Target, 'id' | 'intervalMs'>, fromMs: number, toMs: number): number[] => {
  const { intervalMs } = target;
  const offsetMs = offsetMsOf(target);
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
