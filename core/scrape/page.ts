import { type Batch, type Family, type Source, sourceIdOf, sourceOf, withoutSource } from '../batch.ts';
import { columnsOfRows } from '../columns.ts';
import { boundedExemplars } from '../exemplars.ts';
import type { SampleColumns } from '../exposition/exposition.ts';
import { boundedFamilies } from '../families.ts';
import type { DownReason } from '../heartbeat/heartbeat.ts';
import { keyOf, type LabelSet, labelSetOf } from '../labels.ts';
import { batchesOf, type GatheredSample } from '../protocol/gather.ts';
import { timestampReject } from '../protocol/timestamps.ts';
import { beginningsOf, exemplarsOf } from './besides.ts';
import { labelsOf, reportLabels, reportNamesOf } from './labels.ts';
import type { Places } from './places.ts';
import type { Target } from './target.ts';

/** What every scrape says of itself. */
type Told = {
  readonly durationMs: number;
  readonly attempts: number;
  /** Samples on the page, and those that metric_relabel left. */
  readonly scraped: number;
  readonly kept: number;
};

/** What became of one scrape. All or nothing: a page with anything wrong in it gives no samples. */
export type Outcome = Told &
  (
    | {
        readonly ok: true;
        readonly columns: SampleColumns;
        readonly places: Places;
        /** The very same list as for the page before where that said the same. */
        readonly families: readonly Family[];
      }
    | { readonly ok: false; readonly reason: DownReason; readonly detail: string }
  );

type Delivery = {
  readonly slotMs: number;
  /** Whether other targets write series of the same job and instance: then this page is not all there is of them. */
  readonly shared: boolean;
  readonly families: readonly Family[];
};

/**
 * `up` and the scrape series, which are written after every attempt, good or bad (prometheus scrape/scrape.go, report);
 * where the row asks for retries, how many tries it took; and where it failed, `up_reason` with the reason as its label, 1 as
 * long as it is so.
 */
const reportOf = (target: Target, outcome: Outcome): readonly (readonly [labels: LabelSet, value: number])[] => {
  const values = reportValues(target, outcome);
  const report = reportNamesOf(target).map((name, at): readonly [LabelSet, number] => [
    reportLabels(target, name),
    values[at]!,
  ]);
  return outcome.ok ? report : [...report, [reportLabels(target, 'up_reason', [['reason', outcome.reason]]), 1]];
};

/** In the order of reportNamesOf. */
const reportValues = (target: Target, outcome: Outcome): readonly number[] => [
  outcome.ok ? 1 : 0,
  outcome.durationMs / 1_000,
  outcome.scraped,
  outcome.kept,
  outcome.ok ? outcome.places.added : 0,
  ...(target.retries > 0 ? [outcome.attempts] : []),
];

/**
 * Everything that one scrape stores. The batch of the target's own source says that it is a whole page, unless others
 * write to that source too; what the page says of other sources (honor_labels, metric_relabel) never ends anything there.
 */
export const batchesOfScrape = (target: Target, outcome: Outcome, { slotMs, shared, families }: Delivery): Batch[] => {
  const id = `${target.id}@${slotMs}`;
  const report = reportOf(target, outcome);
  const exemplars = outcome.ok ? exemplarsOf(target, outcome, slotMs) : [];
  const beginnings = outcome.ok ? beginningsOf(target, outcome, slotMs) : [];
  const timed = outcome.ok && target.honorTimestamps && outcome.columns.timestampsMs !== undefined;
  if (outcome.ok && (timed || !outcome.places.own)) {
    const own = labelsOf(target);
    const samples = [
      ...samplesIn(target, sourceOf(own), outcome.columns, outcome.places, slotMs),
      ...report.map(([labels, value]) => ({ labels: labelSetOf([...labels, ...own]), value })),
    ];
    const ownKey = keyOf(sourceOf(own));
    const delivery = { id, via: 'pull', acceptedAtMs: slotMs, pages: true, families, exemplars } as const;
    const pages = batchesOf(samples, delivery).map(batch =>
      !shared && keyOf(batch.source) === ownKey ? batch : withoutPages(batch),
    );
    return [...pages, ...beginnings];
  }
  const rows = outcome.ok
    ? { labels: outcome.places.stored, values: [valuesOf(outcome, reportValues(target, outcome))] }
    : { labels: report.map(([labels]) => labels), values: [Float64Array.from(report, ([, value]) => value)] };
  return [
    {
      id,
      via: 'pull',
      source: sourceIn(target),
      acceptedAtMs: slotMs,
      columns: columnsOfRows([slotMs], [!shared], rows),
      ...(families.length > 0 && { families: boundedFamilies(families) }),
      ...(exemplars.length > 0 && {
        exemplars: boundedExemplars(exemplars.map(each => ({ ...each, series: withoutSource(each.series) }))),
      }),
    },
    ...beginnings,
  ];
};

/** Values for places.stored. */
const valuesOf = (
  { columns: { values }, places: { all, stored, repeats } }: Extract<Outcome, { ok: true }>,
  report: readonly number[],
): Float64Array => {
  const kept = new Float64Array(stored.length);
  let count = 0;
  for (let at = 0; at < all.length; at += 1) {
    if (all[at]!.labels === undefined || repeats?.[at] === 1) continue;
    kept[count] = values[at]!;
    count += 1;
  }
  kept.set(report, count);
  return kept;
};

const withoutPages = (batch: Batch): Batch => ({ ...batch, columns: { ...batch.columns, pages: new Set() } });

/**
 * A page's samples one by one. Where it gives a series twice at one time the first stays, and a time far off is left out
 * with its sample, both as in Prometheus: the target is up, only its clock is not.
 */
function* samplesIn(
  { honorTimestamps }: Target,
  own: Source,
  { values, timestampsMs }: SampleColumns,
  { all, repeats }: Places,
  slotMs: number,
): Generator<GatheredSample> {
  const ownTimes = honorTimestamps ? timestampsMs : undefined;
  const seen = new Set<string>();
  for (let at = 0; at < all.length; at += 1) {
    const { labels, source } = all[at]!;
    if (labels === undefined) continue;
    const timestampMs = ownTimes?.[at] ?? Number.NaN;
    const isTimed = !Number.isNaN(timestampMs);
    if (isTimed && timestampReject(timestampMs, slotMs, undefined) !== undefined) continue;
    if (ownTimes === undefined && repeats?.[at] === 1) continue;
    const full = labelSetOf([...labels, ...(source ?? own)]);
    if (ownTimes !== undefined) {
      const key = `${isTimed ? timestampMs : slotMs} ${keyOf(full)}`;
      if (seen.has(key)) continue;
      seen.add(key);
    }
    yield { labels: full, value: values[at]!, ...(isTimed && { timestampMs }) };
  }
}

/** In whose name a target's pages are stored. */
export const sourceIn = (target: Target): Source => sourceOf(labelsOf(target));

/** An empty page, by which everything ends that was on the pages of a source before. */
export const endOf = (target: Target, atMs: number): Batch => ({
  id: `${target.id}@${atMs}/end/${sourceIdOf(sourceIn(target))}`,
  via: 'pull',
  source: sourceIn(target),
  acceptedAtMs: atMs,
  columns: { timestampsMs: [atMs], pages: new Set([0]), series: [] },
});
