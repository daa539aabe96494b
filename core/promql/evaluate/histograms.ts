import { keyOf, type LabelSet, labelOf, pick } from '../../labels.ts';
import type { Call } from '../ast.ts';
import { withoutName } from '../naming.ts';
import { writeGeneral } from '../numbers.ts';
import { type Emit, emptySeries, type StepSeries, type Steps } from '../series.ts';
import { Union } from '../union.ts';
import { type Bucket, bucketFraction, bucketQuantile, type Forced } from './buckets.ts';
import type { Evaluation } from './evaluation.ts';

/** The series that are one classic histogram, by their bounds, ascending. */
type Histogram = {
  readonly labels: LabelSet;
  readonly buckets: { readonly bound: number; readonly series: StepSeries }[];
};

const boundLabel = 'le';

/** A bucket's bound as Go reads it; undefined where the label is none. */
const boundOf = (text: string): number | undefined => {
  const lower = text.toLowerCase().replace(/^[+-]/, '');
  const sign = text.startsWith('-') ? -1 : 1;
  if (lower === 'inf' || lower === 'infinity') return sign * Number.POSITIVE_INFINITY;
  if (lower === 'nan') return Number.NaN;
  return /^([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$/.test(lower) ? sign * Number(lower) : undefined;
};

const histogramsIn = (evaluation: Evaluation, call: Call, steps: Steps): Histogram[] => {
  const arg = call.args.at(-1)!;
  const found = new Map<string, Histogram>();
  evaluation.series(arg, steps, series => {
    if (!series.present.includes(1)) return;
    const written = labelOf(series.labels, boundLabel);
    const bound = boundOf(written);
    if (bound === undefined) {
      const about = `bucket label "${boundLabel}" is missing or has a malformed value of ${JSON.stringify(written)}`;
      evaluation.notes.warn(about, arg.from);
      return;
    }
    evaluation.budget.hold(steps.count);
    const labels = pick(series.labels, name => name !== boundLabel);
    const key = keyOf(labels);
    const histogram = found.get(key) ?? { labels: withoutName(labels), buckets: [] };
    found.set(key, histogram);
    histogram.buckets.push({ bound, series });
  });
  const histograms = [...found.values()];
  for (const { buckets } of histograms) buckets.sort((a, b) => a.bound - b.bound);
  return histograms;
};

/** `of` the buckets that each histogram has at each step; those without any give nothing. */
const overHistograms = (
  evaluation: Evaluation,
  call: Call,
  steps: Steps,
  emit: Emit<StepSeries>,
  of: (buckets: readonly Bucket[], step: number) => number,
): void => {
  const union = new Union(evaluation.budget);
  for (const { labels, buckets } of histogramsIn(evaluation, call, steps)) {
    const result = emptySeries(labels, steps.count);
    for (let step = 0; step < steps.count; step += 1) {
      const there: Bucket[] = [];
      for (const { bound, series } of buckets)
        if (series.present[step] === 1) there.push({ bound, count: series.values[step]! });
      if (there.length === 0) continue;
      result.values[step] = of(there, step);
      result.present[step] = 1;
    }
    union.add(result);
  }
  union.emit(emit);
};

export const noteQuantiles = (evaluation: Evaluation, quantiles: Float64Array, at: number): void => {
  for (const q of new Set(quantiles))
    if (!(q >= 0 && q <= 1))
      evaluation.notes.warn(`quantile value should be between 0 and 1, got ${writeGeneral(q)}`, at);
};

export const histogramQuantile = (evaluation: Evaluation, call: Call, steps: Steps, emit: Emit<StepSeries>): void => {
  const [first, arg] = call.args;
  const quantiles = evaluation.scalar(first!, steps);
  noteQuantiles(evaluation, quantiles, first!.from);
  const forced: { found: Forced; step: number }[] = [];
  overHistograms(evaluation, call, steps, emit, (buckets, step) => {
    const quantile = bucketQuantile(quantiles[step]!, buckets);
    if (quantile.forced !== undefined) forced.push({ found: quantile.forced, step });
    return quantile.value;
  });
  if (forced.length > 0) noteForced(evaluation, forced, steps, arg!.from);
};

/** One info for all that was forced, as Prometheus merges them. */
const noteForced = (
  evaluation: Evaluation,
  forced: readonly { readonly found: Forced; readonly step: number }[],
  { startMs, stepMs }: Steps,
  at: number,
): void => {
  let [from, to, most] = [Infinity, -Infinity, 0];
  let [first, last] = [Infinity, -Infinity];
  for (const { found, step } of forced) {
    [from, to, most] = [Math.min(from, found.from), Math.max(to, found.to), Math.max(most, found.most)];
    [first, last] = [Math.min(first, step), Math.max(last, step)];
  }
  const timeOf = (step: number): string => new Date(startMs + step * stepMs).toISOString().replace(/\.?0*Z$/, 'Z');
  const about =
    'input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)' +
    `, from buckets ${writeGeneral(from)} to ${writeGeneral(to)}, with a max diff of ${writeGeneral(most, 2)}` +
    `, over ${forced.length} samples from ${timeOf(first)} to ${timeOf(last)}`;
  evaluation.notes.inform(about, at);
};

export const histogramFraction = (evaluation: Evaluation, call: Call, steps: Steps, emit: Emit<StepSeries>): void => {
  const [lower, upper] = call.args.slice(0, 2).map(arg => evaluation.scalar(arg, steps));
  overHistograms(evaluation, call, steps, emit, (buckets, step) =>
    bucketFraction(lower![step]!, upper![step]!, buckets),
  );
};
