import { createHash } from 'node:crypto';
import type { Family } from './batch.ts';
import { limits } from './limits.ts';

/** A family as it was told last, at an instant of the collector. */
export type ToldFamily = Family & { readonly atMs: number };

/** 22 characters, base64url of 128 bits, of all that is said about a family: another help text is another id. */
export const familyIdOf = ({ name, type, help = '', unit = '' }: Family): string =>
  createHash('sha256')
    .update(JSON.stringify([name, type, help, unit]))
    .digest()
    .subarray(0, 16)
    .toString('base64url');

/** The same for lists that say the same. */
export const digestOfFamilies = (families: readonly Family[]): string =>
  createHash('sha256').update(JSON.stringify(families)).digest('base64url');

/** As many of the first families as have limits.familyBytes of text together: what is kept of one delivery's. */
export const boundedFamilies = (families: readonly Family[]): readonly Family[] => {
  let bytes = 0;
  const end = families.findIndex(({ name, help = '', unit = '' }) => {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(help) + Buffer.byteLength(unit) + familyOverheadBytes;
    return bytes > limits.familyBytes;
  });
  return end < 0 ? families : families.slice(0, end);
};

/** A family without any text is not for nothing: its type and what stands around it. */
const familyOverheadBytes = 32;

/** What deliveries say about families, each once and at the last time it was said. */
export const toldIn = (
  deliveries: Iterable<{ readonly families?: readonly Family[]; readonly acceptedAtMs: number }>,
): ToldFamily[] => {
  const told = new Map<string, ToldFamily>();
  for (const { families = [], acceptedAtMs } of deliveries) {
    for (const family of families) {
      const id = familyIdOf(family);
      const before = told.get(id);
      if (before === undefined || before.atMs < acceptedAtMs) told.set(id, { ...family, atMs: acceptedAtMs });
    }
  }
  return [...told.values()];
};
