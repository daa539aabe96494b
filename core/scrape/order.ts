import { limits } from '../limits.ts';
import { slotsBetween } from './slots.ts';
import type { Target } from './target.ts';

/** A target as it is put into orders: its row as `writeRow` wrote it, for functions cannot travel. */
export type Planned = {
  readonly target: Pick<Target, 'id' | 'intervalMs'>;
  readonly written: string;
  /** Whether a record of it wants to hear of good scrapes too. */
  readonly report: boolean;
  /** Whether another target has the same job and instance: then neither page is all there is of them. */
  readonly shared: boolean;
};

/** What one worker does together, as text for the queue: scrapes due within the same second, oldest slot first. */
export type WrittenOrder = { readonly dueMs: number; readonly body: string };

/** One scrape to make, for which slot; see Planned. */
export type OrderedScrape = {
  readonly target: Target;
  readonly row: object;
  readonly slotMs: number;
  readonly report: boolean;
  readonly shared: boolean;
  /** Beside the target's slots: what comes of it is kept only if it is good, for nobody promised to be there. */
  readonly extra: boolean;
  /** No scrape: the end of everything of a row that was taken out, unless one of its source stands there by then. */
  readonly end: boolean;
};

/** A row without what the collector noted on it. */
export const writeRow = ({
  problem: _problem,
  checkedAtMs: _checkedAtMs,
  ...row
}: Readonly<Record<string, unknown>>): string => JSON.stringify(row);

/**
 * Whether two rows ask for the same, whatever was noted on them and in whatever order a table gives their attributes.
 */
export const isSameRow = (one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): boolean =>
  canonical(one) === canonical(other);

/** The same text for all rows that ask for the same. */
export const canonical = (row: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(JSON.parse(writeRow(row)), (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );

/** The order of one scrape beside the target's slots; see OrderedScrape. The same row and instant are the same samples. */
export const extraOrder = (row: Readonly<Record<string, unknown>>, atMs: number): WrittenOrder => ({
  dueMs: atMs,
  body: `{"dueMs":${atMs},"scrapes":[{"slotMs":${atMs},"report":false,"shared":false,"extra":true,"row":${writeRow(row)}}]}`,
});

/** The orders to end everything of rows that were taken out: rows as `writeRow` wrote them, and when all that was ordered of them is over. */
export const endOrders = (written: readonly string[], atMs: number): readonly WrittenOrder[] => [
  ...ordersOf(
    atMs,
    written.map(each => ({ each: { written: each, report: false, shared: false, end: true }, slotMs: atMs })),
  ),
];

/** What every order has around its rows, and each row around itself, at most. */
export const frameBytes = 200;

/**
 * The orders for all slots in [fromMs, toMs), at the offsets that the fleet has. Grouped by the second they are due in, because
 * that is as finely as a queue delays, and cut to limits.orderTargets and limits.messageBytes; the worker waits out the rest of
 * the second. Seconds begin `phaseMs` after full ones: queues count theirs from when they are told. Made one by one: those of a large fleet need not be in memory together.
 */
export function* ordersBetween(
  planned: readonly Planned[],
  offsetsMs: ReadonlyMap<string, number>,
  fromMs: number,
  toMs: number,
  phaseMs = 0,
): Generator<WrittenOrder> {
  const nextMs = Float64Array.from(planned, ({ target }) => {
    const offsetMs = offsetsMs.get(target.id);
    if (offsetMs === undefined) throw new Error(`${target.id} has no slot: offsets are of another fleet`);
    return slotsBetween(offsetMs, target.intervalMs, fromMs, fromMs + target.intervalMs)[0]!;
  });
  for (let dueMs = Math.floor((fromMs - phaseMs) / 1_000) * 1_000 + phaseMs; dueMs < toMs; dueMs += 1_000) {
    const untilMs = Math.min(toMs, dueMs + 1_000);
    const due: { readonly each: Planned; readonly slotMs: number }[] = [];
    for (let at = 0; at < nextMs.length; at += 1) {
      const slotMs = nextMs[at]!;
      if (slotMs >= untilMs) continue;
      const each = planned[at]!;
      due.push({ each, slotMs });
      nextMs[at] = slotMs + each.target.intervalMs;
    }
    due.sort((a, b) => a.slotMs - b.slotMs);
    yield* ordersOf(dueMs, due);
  }
}

function* ordersOf(
  dueMs: number,
  due: readonly { readonly each: Omit<Planned, 'target'> & { readonly end?: boolean }; readonly slotMs: number }[],
): Generator<WrittenOrder> {
  let scrapes: string[] = [];
  let bytes = frameBytes;
  const body = (): string => `{"dueMs":${dueMs},"scrapes":[${scrapes.join(',')}]}`;
  for (const { each, slotMs } of due) {
    const { written, report, shared, end = false } = each;
    const ending = end ? ',"end":true' : '';
    const more = frameBytes + bytesOf(written);
    if (scrapes.length === limits.orderTargets || (scrapes.length > 0 && bytes + more > limits.messageBytes)) {
      yield { dueMs, body: body() };
      scrapes = [];
      bytes = frameBytes;
    }
    scrapes.push(`{"slotMs":${slotMs},"report":${report},"shared":${shared}${ending},"row":${written}}`);
    bytes += more;
  }
  if (scrapes.length > 0) yield { dueMs, body: body() };
}

/** In UTF-8; most rows are ASCII, and a short one is not worth a look. */
export const bytesOf = (text: string): number => (text.length < 10_000 ? 3 * text.length : Buffer.byteLength(text));

type Ordered = {
  readonly report: boolean;
  readonly shared: boolean;
  readonly extra?: boolean;
  readonly end?: boolean;
  readonly row: object;
};

/** What a worker is told to do: scrapes due in one second, or all of a loop's up to `untilMs`. Oldest slot first. */
type Order = {
  readonly dueMs: number;
  /** The end of a loop's span, which is not in it; undefined for an order by the slot. */
  readonly untilMs: number | undefined;
  readonly scrapes: readonly OrderedScrape[];
};

/**
 * Reads an order. Only our own planner writes to that queue, so a bad order is a bug and throws. Rows that `targetOf` knows
 * no target for are left out.
 */
export const readOrder = (text: string, targetOf: (row: object) => Target | undefined): Order => {
  const { dueMs, untilMs, ...lists } = JSON.parse(text) as {
    readonly dueMs: number;
    readonly untilMs?: number;
    readonly scrapes?: readonly (Ordered & { readonly slotMs: number })[];
    readonly targets?: readonly (Ordered & { readonly offsetMs: number })[];
  };
  const scrapes: OrderedScrape[] = [];
  for (const { row, extra = false, end = false, ...scrape } of lists.scrapes ?? []) {
    const target = targetOf(row);
    if (target !== undefined) scrapes.push({ ...scrape, extra, end, row, target });
  }
  for (const { row, offsetMs, report, shared } of lists.targets ?? []) {
    const target = targetOf(row);
    if (target === undefined) continue;
    for (const slotMs of slotsBetween(offsetMs, target.intervalMs, dueMs, untilMs!))
      scrapes.push({ target, row, slotMs, report, shared, extra: false, end: false });
  }
  if (untilMs !== undefined) scrapes.sort((a, b) => a.slotMs - b.slotMs);
  return { dueMs, untilMs, scrapes };
};
