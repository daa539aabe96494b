import type { LabelList, WrittenLabels } from '../columns.ts';
import type { LabelSet } from '../labels.ts';
import { decodeLabelSets, encodeLabelSets } from './chunk.ts';

const written = new WeakMap<readonly LabelSet[], Uint8Array>();

/** The bytes of a list, made once where pages have it again and again. */
export const bytesOfLabels = (labels: LabelList): Uint8Array => {
  if ('read' in labels) return labels.bytes;
  const known = written.get(labels);
  if (known !== undefined) return known;
  const made = encodeLabelSets(labels);
  written.set(labels, made);
  return made;
};

/** A list that nobody else keeps, in a fiftieth of its memory. */
export const writtenLabels = (labels: LabelList): WrittenLabels => {
  if ('read' in labels) return labels;
  const bytes = bytesOfLabels(labels);
  return {
    bytes,
    length: labels.length,
    read: () => {
      const read = decodeLabelSets(bytes);
      if (!read.ok) throw new Error(`what was just written cannot be read: ${read.reject.reason}`);
      return read.sets;
    },
  };
};

/** Whether two lists are known to say the same in the same order. */
export const areSameLists = (a: LabelList, b: LabelList): boolean =>
  a === b || (('read' in a || 'read' in b) && Buffer.compare(bytesOfLabels(a), bytesOfLabels(b)) === 0);
