import { type Source, sourceOf, withoutSource } from '../batch.ts';
import type { LabelList } from '../columns.ts';
import { keyOf, type LabelSet, labelOf, labelSetOf, metricNameLabel } from '../labels.ts';
import { limits } from '../limits.ts';
import { labelsOf, reportLabels, reportNamesOf, targetLabelsOver, targetLabelsUnder } from './labels.ts';
import { Overgrown, type Relabel } from './relabel.ts';
import type { Target } from './target.ts';

/** What is wrong with a series once it has its labels. */
type Wrong = { readonly reason: 'SCRAPE_LIMIT' | 'SCRAPE_PARSE'; readonly detail: string };

/** Where one series of a page is stored. */
type Place = {
  /** Without those of its source; undefined where metric_relabel dropped it. */
  readonly labels: LabelSet | undefined;
  /** Undefined for the target's own. */
  readonly source: Source | undefined;
  readonly wrong: Wrong | undefined;
  readonly hash: number;
};

/** Where the series of one page are stored, in the page's order. */
export type Places = {
  readonly all: readonly Place[];
  /**
   * Labels of what is stored as one page: all but what was dropped or stands further up, then what a good scrape says of
   * itself in the order of `reportNamesOf`. The very same list for the page after, if that has the same series.
   */
  readonly stored: readonly LabelSet[];
  /** How many metric_relabel left. */
  readonly kept: number;
  /** Whether all of them are the target's own. */
  readonly own: boolean;
  /** 1 for a series that stood further up already, or is one that the scrape reports itself. Undefined where there is none. */
  readonly repeats: Uint8Array | undefined;
  /** The first that is wrong, with its place on the page. */
  readonly wrong: (Wrong & { readonly at: number }) | undefined;
  /** How many were not on the page before. */
  readonly added: number;
};

/** Places of plain targets by their list of series, which replicas share: how many were added is each one's own. */
const shared = new WeakMap<readonly LabelSet[], Map<string, Omit<Places, 'added'>>>();

const sharedLists = new WeakSet<readonly LabelSet[]>();

/** Whether this list of labels that are stored is one that replicas share, and so is kept whoever has it. */
export const areShared = (stored: LabelList): boolean => !('read' in stored) && sharedLists.has(stored);

/** How many of a list were not on the one before: replicas come from the same one. */
const addedTo = new WeakMap<readonly LabelSet[], { readonly before: readonly LabelSet[]; readonly added: number }>();

const addedIn = (series: readonly LabelSet[], before: readonly LabelSet[]): number => {
  const last = addedTo.get(series);
  if (last?.before === before) return last.added;
  const known = new Set(before);
  const added = new Set(series).difference(known).size;
  addedTo.set(series, { before, added });
  return added;
};

const noSeries: readonly LabelSet[] = [];

type Before = { readonly series: readonly LabelSet[]; readonly places: Places };

/**
 * Gives the series of one target's pages, one after another, the labels they are stored under: once for each series that
 * stays the same object from page to page, and for nothing where the list stays the same.
 */
export class SeriesPlaces {
  readonly #target: Target;
  readonly #own: LabelSet;
  readonly #source: Source;
  readonly #plain: boolean;
  readonly #reported: readonly (readonly [hash: number, key: string])[];
  readonly #report: readonly LabelSet[];
  #before: Before | undefined;

  constructor(target: Target) {
    this.#target = target;
    this.#own = labelsOf(target);
    this.#source = sourceOf(this.#own);
    const { limits, metricRelabel, labels } = target;
    const isLimited = limits.labels > 0 || limits.labelNameBytes > 0 || limits.labelValueBytes > 0;
    this.#plain = metricRelabel === undefined && !isLimited && labels.length === 0;
    this.#report = reportNamesOf(target).map(name => reportLabels(target, name));
    this.#reported = this.#report.map(labels => [hashOf(labels), keyOf(labels)]);
  }

  /** Memory held between pages, about: what a place has, and a label set of its own where it needs one; of shared ones nothing. */
  get bytes(): number {
    const { series, places } = this.#before ?? {};
    if (series === undefined || areShared(places!.stored)) return 0;
    return series.length * (this.#plain ? 90 : 430);
  }

  /** `byText` where equal series of two pages are not the same objects. */
  of(series: readonly LabelSet[], { byText = false }: { readonly byText?: boolean } = {}): Places {
    const before = this.#before;
    if (before?.series === series)
      return before.places.added === 0 ? before.places : this.#keep(series, { ...before.places, added: 0 });
    const reported = this.#report.length.toString();
    const same = this.#plain && !byText ? shared.get(series)?.get(reported) : undefined;
    if (same !== undefined) return this.#keep(series, { ...same, added: addedIn(series, before?.series ?? noSeries) });
    const nameOf = (labels: LabelSet): LabelSet | string => (byText ? keyOf(labels) : labels);
    const known = new Map<LabelSet | string, Place>();
    for (const [at, labels] of (before?.series ?? []).entries()) known.set(nameOf(labels), before!.places.all[at]!);
    const seen = new Set<LabelSet | string>();
    const hashes = new Map<number, string | Place>(this.#reported);
    let repeats: Uint8Array | undefined;
    let kept = 0;
    let own = true;
    let added = 0;
    let wrong: Places['wrong'];
    const all = series.map((labels, at): Place => {
      const name = nameOf(labels);
      const old = known.get(name);
      const place = old ?? this.#placeOf(labels);
      if (old === undefined && !seen.has(name)) added += 1;
      if (place.wrong !== undefined) wrong ??= { ...place.wrong, at };
      if (place.labels !== undefined) {
        kept += 1;
        own &&= place.source === undefined;
        const other = hashes.get(place.hash);
        if (other === undefined) hashes.set(place.hash, place);
        else if ((typeof other === 'string' ? other : keyIn(other)) === keyIn(place)) {
          repeats ??= new Uint8Array(series.length);
          repeats[at] = 1;
        }
      }
      if (old === undefined) seen.add(name);
      return place;
    });
    const stored = all.flatMap(({ labels }, at) => (labels === undefined || repeats?.[at] === 1 ? [] : [labels]));
    stored.push(...this.#report);
    const places = { all, stored, kept, own, repeats, wrong, added };
    // Of plain ones all but what names its own source is stored as it is, whoever the target is.
    if (this.#plain && !byText && all.every(({ labels }, at) => labels === series[at])) {
      shared.set(series, (shared.get(series) ?? new Map()).set(reported, places));
      sharedLists.add(stored);
    }
    return this.#keep(series, places);
  }

  #keep(series: readonly LabelSet[], places: Places): Places {
    // What is wrong is not gone by: the next page says it again.
    this.#before = places.wrong === undefined ? { series, places } : undefined;
    return places;
  }

  #placeOf(scraped: LabelSet): Place {
    const { honorLabels, metricRelabel } = this.#target;
    if (this.#plain && labelOf(scraped, 'job') === '' && labelOf(scraped, 'instance') === '')
      return { labels: scraped, source: undefined, wrong: undefined, hash: hashOf(scraped) };
    const under = honorLabels ? targetLabelsUnder(scraped, this.#own) : targetLabelsOver(scraped, this.#own);
    const { labels, wrong } = relabeled(under, metricRelabel);
    if (wrong !== undefined) return { labels: undefined, source: undefined, wrong, hash: 0 };
    if (labels === undefined || labels.length === 0)
      return { labels: undefined, source: undefined, wrong: undefined, hash: 0 };
    const source = sourceOf(labels);
    const isOwn = keyOf(source) === keyOf(this.#source);
    const shared = labelSetOf(withoutSource(labels));
    return {
      labels: shared,
      source: isOwn ? undefined : source,
      wrong: this.#wrongIn(labels),
      hash: hashOf(isOwn ? shared : labels),
    };
  }

  /** Prometheus's verifyLabelLimits, and what metric_relabel must not do. Lengths are bytes; the metric's name counts. */
  #wrongIn(labels: LabelSet): Wrong | undefined {
    const { limits } = this.#target;
    const name = labelOf(labels, metricNameLabel);
    if (name === '') return { reason: 'SCRAPE_PARSE', detail: 'metric_relabel leaves a series without a name' };
    if (limits.labels > 0 && labels.length > limits.labels)
      return limited(`label_limit: ${labels.length} labels on ${name}, the limit is ${limits.labels}`);
    for (const [label, value] of labels) {
      if (limits.labelNameBytes > 0 && Buffer.byteLength(label) > limits.labelNameBytes)
        return limited(
          `label_name_length_limit: ${label} on ${name} has ${Buffer.byteLength(label)} bytes, the limit is ${limits.labelNameBytes}`,
        );
      if (limits.labelValueBytes > 0 && Buffer.byteLength(value) > limits.labelValueBytes)
        return limited(
          `label_value_length_limit: the value of ${label} on ${name} has ${Buffer.byteLength(value)} bytes, the limit is ${limits.labelValueBytes}`,
        );
    }
    return undefined;
  }
}

/** What metric_relabel makes of a series, which may be more than is kept of any. */
const relabeled = (
  labels: LabelSet,
  rules: Relabel | undefined,
): { readonly labels?: LabelSet | undefined; readonly wrong?: Wrong } => {
  if (rules === undefined) return { labels };
  try {
    const made = rules(labels);
    const over = made?.find(([, value]) => Buffer.byteLength(value) > limits.labelValueBytes);
    return over === undefined
      ? { labels: made }
      : { wrong: limited(`metric_relabel: a value of ${over[0]} is over ${limits.labelValueBytes} bytes`) };
  } catch (error) {
    if (error instanceof Overgrown) return { wrong: limited(`metric_relabel: ${error.message}`) };
    throw error;
  }
};

const limited = (detail: string): Wrong => ({ reason: 'SCRAPE_LIMIT', detail });

const keyIn = ({ labels, source }: Place): string =>
  `${keyOf(labels!)} ${source === undefined ? '' : keyOf(source)}`.trimEnd();

/** 53 bits of a label set, by which most that differ are told apart. */
const hashOf = (labels: LabelSet): number => {
  let low = 0x811c9dc5;
  let high = 0x1b873593;
  for (const [name, value] of labels) {
    for (let at = 0; at < name.length; at += 1) {
      const unit = name.charCodeAt(at);
      low = Math.imul(low ^ unit, 0x01000193);
      high = Math.imul(high ^ unit, 0x85ebca6b) + 1;
    }
    low = Math.imul(low ^ 0xff01, 0x01000193);
    high = Math.imul(high ^ 0xff01, 0x85ebca6b) ^ (high >>> 15);
    for (let at = 0; at < value.length; at += 1) {
      const unit = value.charCodeAt(at);
      low = Math.imul(low ^ unit, 0x01000193);
      high = Math.imul(high ^ unit, 0x85ebca6b) + 1;
    }
    low = Math.imul(low ^ 0xff02, 0x01000193);
    high = Math.imul(high ^ 0xff02, 0x85ebca6b) ^ (high >>> 13);
  }
  return (low >>> 0) * 0x200000 + ((high ^ (high >>> 11)) >>> 11);
};
