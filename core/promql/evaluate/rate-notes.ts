import { metricNameOf } from '../../labels.ts';
import type { Call } from '../ast.ts';
import type { Points } from '../series.ts';
import type { Evaluation } from './evaluation.ts';

const counterName = /_(?:total|sum|count|bucket)$/;

/** What is said of a series that a function gave something for: rate and increase of a metric that is no counter by its name. */
export const noteRates = (evaluation: Evaluation, { name, args }: Call): ((points: Points) => void) | undefined => {
  if (name !== 'rate' && name !== 'increase') return undefined;
  const noted = new Set<string>();
  return ({ labels }) => {
    const metric = metricNameOf(labels);
    if (metric === '' || noted.has(metric)) return;
    noted.add(metric);
    if (counterName.test(metric)) return;
    const about = 'metric might not be a counter, name does not end in _total/_sum/_count/_bucket';
    evaluation.notes.inform(`${about}: ${JSON.stringify(metric)}`, args[0]!.from);
  };
};
