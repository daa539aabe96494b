import type { Family } from '../batch.ts';
import type { Exemplar } from '../exemplars.ts';
import { type LabelSet, merged, metricNameOf } from '../labels.ts';
import { limits } from '../limits.ts';
import { placed, type Read, type Reject } from '../reject.ts';
import type { GatheredSample } from './gather.ts';

/** A push as it was understood: its samples, the labels that are forced on every one of them, and what it says of families. */
export type Pushed = {
  readonly samples: readonly GatheredSample[];
  readonly sourceLabels?: LabelSet;
  readonly families?: readonly Family[];
  readonly exemplars?: readonly Exemplar[];
  /** Sources that were heard although no sample is theirs. */
  readonly alive?: readonly LabelSet[];
  /** Whether it is a whole page of each of its sources: what is not in it has ended. */
  readonly pages?: boolean;
  /** What names the delivery, where the protocol has a name for it that stays when it is made again. */
  readonly deliveryId?: string;
};

/** What every reader of a push is told: the bytes, unpacked, and when they were accepted. */
export type PushBody = { readonly contentType: string; readonly body: Uint8Array; readonly acceptedAtMs: number };

/** All or nothing: with any reject nothing of a push is taken. */
export const wholePush = (pushed: Pushed, rejects: readonly Reject[]): Read<Pushed | undefined> => ({
  value: rejects.length > 0 ? undefined : pushed,
  rejects,
});

/** A sample may stand at the limit by itself and be over it with the labels that are forced on it. */
export const forcedLabelRejects = (
  samples: readonly (GatheredSample & { readonly line?: number })[],
  forced: LabelSet,
): Reject[] => {
  const rejects: Reject[] = [];
  for (const { labels, line } of samples) {
    if (labels.length + forced.length <= limits.labelCount) continue;
    const count = merged(labels, forced).length;
    if (count <= limits.labelCount) continue;
    const reason = `${count} labels on ${metricNameOf(labels)}, the source's included, the limit is ${limits.labelCount}`;
    rejects.push({ code: 'label_limit', ...placed({ line }), reason });
    if (rejects.length >= limits.rejectsListed) break;
  }
  return rejects;
};
