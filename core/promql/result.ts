import type { LabelSet } from '../labels.ts';
import type { Points, Steps, StepSeries } from './series.ts';

/** What a query gives. `vector` has the order that the expression says, `matrix` and `steps` that of the labels. */
export type Value =
  | { readonly type: 'scalar'; readonly atMs: number; readonly value: number }
  | { readonly type: 'string'; readonly atMs: number; readonly value: string }
  | {
      readonly type: 'vector';
      readonly atMs: number;
      readonly series: readonly { readonly labels: LabelSet; readonly value: number }[];
    }
  | { readonly type: 'matrix'; readonly series: readonly Points[] }
  | { readonly type: 'steps'; readonly steps: Steps; readonly series: readonly StepSeries[] };

export type Result = { readonly value: Value; readonly warnings: readonly string[]; readonly infos: readonly string[] };
