import type { AggregateOp } from '../ast.ts';
import type { StepSeries } from '../series.ts';

/** One group's value at every step, from series added one after the other. */
export type Accumulator = {
  add(series: StepSeries): void;
  /** The values; only those of steps at which some series was present count. */
  values(): Float64Array;
};

type Accumulated = Exclude<AggregateOp, 'topk' | 'bottomk' | 'quantile' | 'count_values' | 'limitk'>;

const sum = (count: number): Accumulator => {
  const [totals, lost, seen] = [new Float64Array(count), new Float64Array(count), new Uint8Array(count)];
  return {
    add({ values, present }) {
      for (let step = 0; step < count; step += 1) {
        if (present[step] === 0) continue;
        const value = values[step]!;
        if (seen[step] === 0) {
          seen[step] = 1;
          totals[step] = value;
          continue;
        }
        // Neumaier's sum, see summing.ts: here over columns, without an object for each step.
        const before = totals[step]!;
        const total = before + value;
        if (total === Infinity || total === -Infinity) lost[step] = 0;
        else if (Math.abs(before) >= Math.abs(value)) lost[step]! += before - total + value;
        else lost[step]! += value - total + before;
        totals[step] = total;
      }
    },
    values: () => totals.map((total, step) => total + lost[step]!),
  };
};

/** Folds values one by one: `first` of the one that comes first, `next` of what there is and one more. */
const folding =
  (first: (value: number) => number, next: (known: number, value: number) => number) =>
  (count: number): Accumulator => {
    const [folded, seen] = [new Float64Array(count), new Uint8Array(count)];
    return {
      add({ values, present }) {
        for (let step = 0; step < count; step += 1) {
          if (present[step] === 0) continue;
          folded[step] = seen[step] === 0 ? first(values[step]!) : next(folded[step]!, values[step]!);
          seen[step] = 1;
        }
      },
      values: () => folded,
    };
  };

/** As Mean in summing.ts, over columns: the sum by the count, or, from where that overflows, step by step. */
const avg = (count: number): Accumulator => {
  const [totals, lost, counts] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  const stepwise = new Uint8Array(count);
  /** Neumaier's sum of both; tells the new total. */
  const added = (step: number, before: number, lostBefore: number, value: number): number => {
    const total = before + value;
    if (total === Infinity || total === -Infinity) lost[step] = 0;
    else
      lost[step] = lostBefore + (Math.abs(before) >= Math.abs(value) ? before - total + value : value - total + before);
    return total;
  };
  return {
    add({ values, present }) {
      for (let step = 0; step < count; step += 1) {
        if (present[step] === 0) continue;
        const value = values[step]!;
        counts[step]! += 1;
        const nth = counts[step]!;
        if (nth === 1) {
          totals[step] = value;
          continue;
        }
        if (stepwise[step] === 0) {
          const [before, lostBefore] = [totals[step]!, lost[step]!];
          const total = added(step, before, lostBefore, value);
          if (total !== Infinity && total !== -Infinity) {
            totals[step] = total;
            continue;
          }
          stepwise[step] = 1;
          totals[step] = before / (nth - 1);
          lost[step] = lostBefore / (nth - 1);
        }
        const share = (nth - 1) / nth;
        totals[step] = added(step, totals[step]! * share, lost[step]! * share, value / nth);
      }
    },
    values: () =>
      totals.map((total, step) =>
        stepwise[step] === 1 ? total + lost[step]! : total / counts[step]! + lost[step]! / counts[step]!,
      ),
  };
};

/** Welford's way, as Prometheus aggregates; infinities and NaN make NaN. */
const variance =
  (of: (variance: number) => number) =>
  (count: number): Accumulator => {
    const [counts, means, squares] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
    return {
      add({ values, present }) {
        for (let step = 0; step < count; step += 1) {
          if (present[step] === 0) continue;
          const value = values[step]!;
          counts[step]! += 1;
          if (counts[step] === 1) {
            means[step] = value;
            squares[step] = Number.isFinite(value) ? 0 : Number.NaN;
            continue;
          }
          const distance = value - means[step]!;
          means[step]! += distance / counts[step]!;
          squares[step]! += distance * (value - means[step]!);
        }
      },
      values: () => squares.map((square, step) => of(square / counts[step]!)),
    };
  };

export const accumulators: Readonly<Record<Accumulated, (count: number) => Accumulator>> = {
  sum,
  avg,
  min: folding(
    value => value,
    (known, value) => (known > value || Number.isNaN(known) ? value : known),
  ),
  max: folding(
    value => value,
    (known, value) => (known < value || Number.isNaN(known) ? value : known),
  ),
  count: folding(
    () => 1,
    known => known + 1,
  ),
  group: folding(
    () => 1,
    () => 1,
  ),
  stddev: variance(Math.sqrt),
  stdvar: variance(value => value),
};
