import type { VectorSelector } from '../ast.ts';
import { lookedAt, olderEndMs } from '../query.ts';
import {
  type Emit,
  emptySeries,
  type Points,
  type SeriesColumns,
  type StepSeries,
  type Steps,
  timeAt,
} from '../series.ts';
import type { Evaluation } from './evaluation.ts';

/** What is taken of the sample found: its value, or when it was, in seconds. */
type Taken = 'value' | 'time';

/**
 * The newest sample of each series in (look - lookback, look]. A series whose newest sample there is stale has ended and
 * gives none.
 */
export const selectSeries = (
  evaluation: Evaluation,
  selector: VectorSelector,
  steps: Steps,
  taken: Taken,
  emit: Emit<StepSeries>,
): void => {
  const lookbackMs = evaluation.query.lookbackMs + olderEndMs(evaluation.query);
  const looks = lookedAt(selector, steps, evaluation.query);
  for (const columns of evaluation.read(selector)) {
    evaluation.budget.visit(looks.count);
    const found = newestAt(columns, looks, lookbackMs, taken);
    if (found !== undefined) emit(found);
  }
};

const newestAt = (columns: SeriesColumns, looks: Steps, lookbackMs: number, taken: Taken): StepSeries | undefined => {
  const { labels, timesMs, values, stale } = columns;
  let found: StepSeries | undefined;
  let next = 0;
  for (let step = 0; step < looks.count; step += 1) {
    const lookMs = timeAt(looks, step);
    while (next < timesMs.length && timesMs[next]! <= lookMs) next += 1;
    const newest = next - 1;
    if (newest < 0 || timesMs[newest]! <= lookMs - lookbackMs || stale?.[newest] === 1) continue;
    found ??= emptySeries(labels, looks.count);
    found.values[step] = taken === 'value' ? values[newest]! : timesMs[newest]! / 1_000;
    found.present[step] = 1;
  }
  return found;
};

/** The samples of a series that are no staleness markers. */
export const pointsOf = (columns: SeriesColumns): Points => {
  const { labels, timesMs, values, stale } = columns;
  if (stale === undefined || !stale.includes(1)) return columns;
  const kept: number[] = [];
  for (let at = 0; at < stale.length; at += 1) if (stale[at] !== 1) kept.push(at);
  return {
    labels,
    timesMs: Float64Array.from(kept, at => timesMs[at]!),
    values: Float64Array.from(kept, at => values[at]!),
  };
};
