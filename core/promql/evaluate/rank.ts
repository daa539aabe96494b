import type { LabelSet } from '../../labels.ts';
import type { Aggregation } from '../ast.ts';
import { compareLabels } from '../label-sets.ts';
import { EvaluationError } from '../result.ts';
import { type Emit, emptySeries, type StepSeries, type Steps } from '../series.ts';
import type { Evaluation } from './evaluation.ts';
import { grouperOf } from './group.ts';

type Entry = { readonly value: number; readonly series: number };

/** Whether `a` is the one to go where only one of both can stay. No two are equal. */
type Worse = (a: Entry, b: Entry) => boolean;

/**
 * By value, NaN being worst, then by labels, the later ones going first. Prometheus leaves it to chance which of equal
 * values stay; here the same ones do whatever order they come in, so that a step of a range is the instant at that time.
 */
const worseBy =
  (op: Aggregation['op'], labelsOf: readonly LabelSet[]): Worse =>
  (a, b) => {
    if (op !== 'limitk') {
      const [noA, noB] = [Number.isNaN(a.value), Number.isNaN(b.value)];
      if (noA !== noB) return noA;
      if (!noA && a.value !== b.value) return op === 'topk' ? a.value < b.value : a.value > b.value;
    }
    return compareLabels(labelsOf[a.series]!, labelsOf[b.series]!) > 0;
  };

/** A heap whose root is the worst. */
const push = (heap: Entry[], entry: Entry, worse: Worse): void => {
  heap.push(entry);
  let at = heap.length - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!worse(heap[at]!, heap[parent]!)) return;
    [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
    at = parent;
  }
};

const sink = (heap: Entry[], worse: Worse): void => {
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    if (left >= heap.length) return;
    const right = left + 1;
    const child = right < heap.length && worse(heap[right]!, heap[left]!) ? right : left;
    if (!worse(heap[child]!, heap[at]!)) return;
    [heap[at], heap[child]] = [heap[child]!, heap[at]!];
    at = child;
  }
};

/** Takes the entry in if there is room, or if it is better than the worst. */
const offer = (heap: Entry[], entry: Entry, most: number, worse: Worse): void => {
  if (heap.length < most) push(heap, entry, worse);
  else if (worse(heap[0]!, entry)) {
    heap[0] = entry;
    sink(heap, worse);
  }
};

/** How many at each step; NaN or more than Go's integers hold is refused. */
const countsOf = (evaluation: Evaluation, { parameter }: Aggregation, steps: Steps): Float64Array | undefined => {
  const counts = evaluation.scalar(parameter!, steps);
  let most = Number.NEGATIVE_INFINITY;
  for (const count of counts) if (count > most) most = count;
  if (counts.some(Number.isNaN)) throw new EvaluationError('Parameter value is NaN');
  if (most < 1) return undefined;
  for (const count of counts) {
    if (count <= -(2 ** 63)) throw new EvaluationError(`Scalar value ${count} underflows int64`);
    if (count >= 2 ** 63) throw new EvaluationError(`Scalar value ${count} overflows int64`);
  }
  return counts.map(Math.trunc);
};

/**
 * topk, bottomk and limitk: the series themselves, at the steps where they are among their group's. At one step they come
 * group by group, the best first.
 */
export const ranked = (evaluation: Evaluation, expr: Aggregation, steps: Steps, emit: Emit<StepSeries>): void => {
  const counts = countsOf(evaluation, expr, steps);
  const grouper = grouperOf(expr.grouping);
  const labelsOf: LabelSet[] = [];
  const worse = worseBy(expr.op, labelsOf);
  const groups = new Map<string, Entry[][]>();
  evaluation.series(expr.body, steps, ({ labels, values, present }) => {
    if (counts === undefined) return;
    const key = grouper.keyOf(labels);
    let heaps = groups.get(key);
    if (heaps === undefined) {
      // An empty heap takes as much as some values.
      evaluation.budget.hold(8 * steps.count);
      heaps = Array.from({ length: steps.count }, () => []);
      groups.set(key, heaps);
    }
    labelsOf.push(labels);
    for (let step = 0; step < steps.count; step += 1) {
      const most = counts[step]!;
      if (present[step] === 0 || most < 1) continue;
      const heap = heaps[step]!;
      if (heap.length < most) evaluation.budget.hold(8);
      offer(heap, { value: values[step]!, series: labelsOf.length - 1 }, most, worse);
    }
  });
  const results = new Map<number, StepSeries>();
  for (const heaps of groups.values()) {
    for (const [step, heap] of heaps.entries()) {
      heap.sort((a, b) => (worse(b, a) ? -1 : 1));
      for (const { value, series } of heap) {
        let result = results.get(series);
        if (result === undefined) {
          evaluation.budget.hold(steps.count);
          result = emptySeries(labelsOf[series]!, steps.count);
          results.set(series, result);
        }
        result.values[step] = value;
        result.present[step] = 1;
      }
    }
  }
  for (const series of results.values()) emit(series);
};
