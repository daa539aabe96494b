import type { LabelSet } from '../../labels.ts';
import type { Aggregation } from '../ast.ts';
import { EvaluationError } from '../failure.ts';
import { type Emit, emptySeries, type StepSeries, type Steps } from '../series.ts';
import type { Evaluation } from './evaluation.ts';
import { grouperOf } from './group.ts';

type Entry = { readonly value: number; readonly series: number };

/** Whether `a` comes before `b` in a heap whose root is the first to go: NaN goes first of all. */
type Before = (a: number, b: number) => boolean;

const lowest: Before = (a, b) => Number.isNaN(a) || a < b;
const highest: Before = (a, b) => Number.isNaN(a) || a > b;

/** Go's container/heap, so that of equal values the same ones stay. */
const push = (heap: Entry[], entry: Entry, before: Before): void => {
  heap.push(entry);
  let at = heap.length - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(heap[at]!.value, heap[parent]!.value)) return;
    [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
    at = parent;
  }
};

const sink = (heap: Entry[], before: Before): void => {
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    if (left >= heap.length) return;
    const right = left + 1;
    const child = right < heap.length && before(heap[right]!.value, heap[left]!.value) ? right : left;
    if (!before(heap[child]!.value, heap[at]!.value)) return;
    [heap[at], heap[child]] = [heap[child]!, heap[at]!];
    at = child;
  }
};

/** Takes the entry in if there is room, or if it beats the one that would go first. */
const offer = (heap: Entry[], entry: Entry, most: number, before: Before): void => {
  if (heap.length < most) push(heap, entry, before);
  else if (before(heap[0]!.value, entry.value) && !Number.isNaN(entry.value)) {
    heap[0] = entry;
    sink(heap, before);
  }
};

const bestFirst =
  (before: Before) =>
  (a: Entry, b: Entry): number =>
    before(b.value, a.value) ? (before(a.value, b.value) ? 0 : -1) : before(a.value, b.value) ? 1 : 0;

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
  const before = expr.op === 'bottomk' ? highest : lowest;
  const limited = expr.op === 'limitk';
  const grouper = grouperOf(expr.grouping);
  const labelsOf: LabelSet[] = [];
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
      const entry = { value: values[step]!, series: labelsOf.length - 1 };
      if (!limited) offer(heap, entry, most, before);
      else if (heap.length < most) heap.push(entry);
    }
  });
  const results = new Map<number, StepSeries>();
  for (const heaps of groups.values()) {
    for (const [step, heap] of heaps.entries()) {
      if (!limited) heap.sort(bestFirst(before));
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
