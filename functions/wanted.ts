import type { Source } from '../core/batch.ts';
import { type LabelSet, merged, metricNameLabel, metricNameOf } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { type Matcher, selects } from '../core/promql/matchers.ts';

/**
 * Which series are wanted. Where all of them have one metric name or one job, saying so spares looking at the others.
 */
export type Wanted = {
  readonly matches: (labels: LabelSet) => boolean;
  readonly name?: string;
  readonly job?: string;
  readonly instance?: string;
};

/** Series that any of these selects; a name or a job that all of them demand is said apart. */
export const wantedBy = (selectors: readonly (readonly Matcher[])[]): Wanted => {
  const demanded = (label: string): string | undefined => {
    const values = selectors.map(matchers => matchers.find(({ name, op }) => name === label && op === '=')?.value);
    return values[0] !== '' && values.every(value => value === values[0]) ? values[0] : undefined;
  };
  const [name, job, instance] = [demanded(metricNameLabel), demanded('job'), demanded('instance')];
  return {
    matches: labels => selectors.some(matchers => selects(matchers, labels)),
    ...(name !== undefined && { name }),
    ...(job !== undefined && { job }),
    ...(instance !== undefined && { instance }),
  };
};

/** Whether labels as a source's chunks have them, without the source's own, are wanted; asked of the same list again and again. */
export const wantedOf = ({ matches, name }: Wanted, source: Source): ((own: LabelSet) => boolean) => {
  const known = new Map<LabelSet, boolean>();
  return own => {
    // Of most of what stands beside what is wanted the name says enough.
    if (name !== undefined && metricNameOf(own) !== name) return false;
    const before = known.get(own);
    if (before !== undefined) return before;
    const isWanted = matches(merged(own, source));
    known.set(own, isWanted);
    return isWanted;
  };
};

/** The days that [fromMs, toMs] touches, as days since 1970 in UTC. */
export const daysOf = (fromMs: number, toMs: number): number[] => {
  const [first, last] = [Math.floor(fromMs / limits.catalogSpanMs), Math.floor(toMs / limits.catalogSpanMs)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
};
