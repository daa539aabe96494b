import { type Batch, type Family, type Source, sourceIdOf, sourceOf } from '../batch.ts';
import type { SeriesColumn } from '../columns.ts';
import type { SampleColumns } from '../exposition/exposition.ts';
import { boundedFamilies } from '../families.ts';
import type { DownReason } from '../heartbeat/heartbeat.ts';
import { keyOf, type Label, type LabelSet, labelSetOf } from '../labels.ts';
import { batchesOf, type GatheredSample } from '../protocol/gather.ts';
import { timestampReject } from '../protocol/timestamps.ts';
import { Column } from '../sample.ts';
import { labelsOf, reportLabels } from './labels.ts';
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

export type Delivery = {
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
const reportOf = (target: Target, outcome: Outcome): (readonly [labels: LabelSet, value: number])[] => {
  const report: (readonly [name: string, value: number, more?: readonly Label[]])[] = [
    ['up', outcome.ok ? 1 : 0],
    ['scrape_duration_seconds', outcome.durationMs / 1_000],
    ['scrape_samples_scraped', outcome.scraped],
    ['scrape_samples_post_metric_relabeling', outcome.kept],
    ['scrape_series_added', outcome.ok ? outcome.places.added : 0],
  ];
  if (target.retries > 0) report.push(['scrape_attempts', outcome.attempts]);
  if (!outcome.ok) report.push(['up_reason', 1, [['reason', outcome.reason]]]);
  return report.map(([name, value, more]) => [reportLabels(target, name, more), value]);
};

const valueColumn = (value: number): Column => {
  const column = new Column(1);
  column.set(0, value);
  return column;
};

/**
 * Everything that one scrape stores. The batch of the target's own source says that it is a whole page, unless others
 * write to that source too; what the page says of other sources (honor_labels, metric_relabel) never ends anything there.
 */
export const batchesOfScrape = (target: Target, outcome: Outcome, { slotMs, shared, families }: Delivery): Batch[] => {
  const id = `${target.id}@${slotMs}`;
  const report = reportOf(target, outcome);
  const timed = outcome.ok && target.honorTimestamps && outcome.columns.timestampsMs !== undefined;
  if (outcome.ok && (timed || !outcome.places.own)) {
    const own = labelsOf(target);
    const samples = [
      ...samplesIn(target, sourceOf(own), outcome.columns, outcome.places, slotMs),
      ...report.map(([labels, value]) => ({ labels: labelSetOf([...labels, ...own]), value })),
    ];
    const ownKey = keyOf(sourceOf(own));
    return batchesOf(samples, { id, via: 'pull', acceptedAtMs: slotMs, pages: true, families }).map(batch =>
      !shared && keyOf(batch.source) === ownKey ? batch : withoutPages(batch),
    );
  }
  const series: SeriesColumn[] = [];
  if (outcome.ok) {
    const { places } = outcome;
    const { values } = outcome.columns;
    for (let at = 0; at < places.all.length; at += 1) {
      const { labels } = places.all[at]!;
      if (labels !== undefined && places.repeats?.[at] !== 1) series.push({ labels, column: valueColumn(values[at]!) });
    }
  }
  for (const [labels, value] of report) series.push({ labels, column: valueColumn(value) });
  return [
    {
      id,
      via: 'pull',
      source: sourceOf(labelsOf(target)),
      acceptedAtMs: slotMs,
      columns: { timestampsMs: [slotMs], pages: new Set(shared ? [] : [0]), series },
      ...(families.length > 0 && { families: boundedFamilies(families) }),
    },
  ];
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

/** An empty page, by which everything ends that was on the pages of a source before. */
export const endOf = (target: Pick<Target, 'id'>, source: Source, atMs: number): Batch => ({
  id: `${target.id}@${atMs}/end/${sourceIdOf(source)}`,
  via: 'pull',
  source,
  acceptedAtMs: atMs,
  columns: { timestampsMs: [atMs], pages: new Set([0]), series: [] },
});
