import { type Label, type LabelSet, labelOf, labelSetOf, merged, noLabels } from '../labels.ts';
import type { GatheredSample } from '../protocol/gather.ts';
import type { Pushed } from '../protocol/pushed.ts';
import type { KeyRow } from './key.ts';

export type Scope = Pick<KeyRow, 'jobs' | 'forgedJobs'>;

/** What is pushed under whose name; `forbidden` jobs are those that the key is not for and does not rename. */
type Identified = { readonly pushed: Pushed; readonly forbidden: readonly string[] };

const claimed = 'exported_job';

/**
 * Sees to it that a key pushes for its own jobs only. What says of no job that it is from there is of the key's first job:
 * a producer that speaks a protocol without jobs needs nothing but the key. What says that it is of another job is refused,
 * or, where the key says so, becomes the key's own with the claim in `exported_job`, as a scraped label does in Prometheus.
 */
export const identified = (pushed: Pushed, { jobs, forgedJobs }: Scope): Identified => {
  const own = jobs?.[0];
  if (jobs === undefined || own === undefined) return { pushed, forbidden: [] };
  const forbidden = new Set<string>();
  /** The labels to lay over a set, so that its job is one of the key's. */
  const over = (labels: LabelSet): LabelSet => {
    const job = labelOf(labels, 'job');
    if (jobs.includes(job)) return noLabels;
    if (job !== '' && forgedJobs !== 'rename') forbidden.add(job);
    const told: Label[] = [['job', own], ...(job === '' ? [] : [[claimed, job] as const])];
    return labelSetOf(told);
  };
  const { samples, exemplars = [], sourceLabels = noLabels, alive = [] } = pushed;
  const forced = labelOf(sourceLabels, 'job') === '' ? sourceLabels : merged(sourceLabels, over(sourceLabels));
  const isForced = labelOf(forced, 'job') !== '';
  const laid = new Map<LabelSet, LabelSet>();
  const withJob = (sample: GatheredSample): GatheredSample => {
    const labels = laid.get(sample.labels) ?? merged(sample.labels, over(sample.labels));
    laid.set(sample.labels, labels);
    return { ...sample, labels };
  };
  const source = isForced ? forced : forced.length > 0 ? merged(forced, over(forced)) : forced;
  return {
    pushed: {
      ...pushed,
      samples: isForced ? samples : samples.map(withJob),
      ...(exemplars.length > 0 && {
        exemplars: isForced
          ? exemplars
          : exemplars.map(each => ({ ...each, series: merged(each.series, over(each.series)) })),
      }),
      ...(source.length > 0 && { sourceLabels: source }),
      ...(alive.length > 0 && { alive: alive.map(each => merged(each, over(each))) }),
    },
    forbidden: [...forbidden],
  };
};
