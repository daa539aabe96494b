import { metricNameLabel } from '../core/labels.ts';
import { type Matcher, selects } from '../core/promql/matchers.ts';
import type { Wanted } from './reading.ts';

/** Series that any of these selects; a name or a job that all of them demand is said apart. */
export const wantedBy = (selectors: readonly (readonly Matcher[])[]): Wanted => {
  const demanded = (label: string): string | undefined => {
    const values = selectors.map(matchers => matchers.find(({ name, op }) => name === label && op === '=')?.value);
    return values[0] !== '' && values.every(value => value === values[0]) ? values[0] : undefined;
  };
  const [name, job] = [demanded(metricNameLabel), demanded('job')];
  return {
    matches: labels => selectors.some(matchers => selects(matchers, labels)),
    ...(name !== undefined && { name }),
    ...(job !== undefined && { job }),
  };
};
