import type { SourceLine, SourceState } from '../core/view/sources.ts';
import { stateOrder } from './state.tsx';

export type SortBy = 'state' | 'job' | 'since' | 'heard' | 'every';

const ranks = new Map(stateOrder.map((state, rank) => [state, rank]));

const compareText = new Intl.Collator('en', { numeric: true }).compare;

const bySource = (a: SourceLine, b: SourceLine): number =>
  compareText(a.job, b.job) || compareText(a.instance, b.instance);

const orders: Readonly<Record<SortBy, (a: SourceLine, b: SourceLine) => number>> = {
  state: (a, b) => ranks.get(a.state)! - ranks.get(b.state)! || bySource(a, b),
  job: bySource,
  since: (a, b) => (b.sinceMs ?? 0) - (a.sinceMs ?? 0) || bySource(a, b),
  heard: (a, b) => (b.heardMs ?? 0) - (a.heardMs ?? 0) || bySource(a, b),
  every: (a, b) => (a.intervalMs ?? Number.MAX_VALUE) - (b.intervalMs ?? Number.MAX_VALUE) || bySource(a, b),
};

/** Each line with what a filter looks at, made once for each list. */
const searched = new WeakMap<SourceLine, string>();

const textOf = (line: SourceLine): string => {
  const known = searched.get(line);
  if (known !== undefined) return known;
  const text = [line.job, line.instance, line.url, line.id, line.reason, line.state, line.kind].join(' ').toLowerCase();
  searched.set(line, text);
  return text;
};

/** All lines in order. Comparing names as people do takes longer than everything else: once a list, and not at each key. */
export const ordered = (lines: readonly SourceLine[], sortBy: SortBy, isReversed: boolean): readonly SourceLine[] => {
  const sorted = lines.toSorted(orders[sortBy]);
  return isReversed ? sorted.reverse() : sorted;
};

/** Lines that have every word somewhere, and the state where one is asked for; as they stand. */
export const chosen = (
  lines: readonly SourceLine[],
  words: string,
  state: SourceState | undefined,
): readonly SourceLine[] => {
  const wanted = words
    .toLowerCase()
    .split(/\s+/)
    .filter(word => word !== '');
  return lines.filter(
    line => (state === undefined || line.state === state) && wanted.every(word => textOf(line).includes(word)),
  );
};

export const countsOf = (lines: readonly SourceLine[]): ReadonlyMap<SourceState, number> => {
  const counts = new Map<SourceState, number>();
  for (const { state } of lines) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
};
