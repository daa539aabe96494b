import { crc32 } from 'node:zlib';
import { limits } from '../limits.ts';
import { bytesOf, frameBytes, type Planned, type WrittenOrder } from './order.ts';
import { bucketOf, mixed } from './slots.ts';

const scrapesASecond = (planned: readonly Planned[]): number =>
  planned.reduce((sum, { target }) => sum + 1_000 / target.intervalMs, 0);

/** Whether a fleet is scraped for less by workers that are always awake than by one order a slot. */
export const isWorthLooping = (planned: readonly Planned[]): boolean =>
  scrapesASecond(planned) >= limits.loopWorthScrapesASecond;

/** Where orders may end that begin before `ms`: loops are ordered up to a multiple of limits.loopSpanMs. */
export const loopEndAfter = (ms: number): number => Math.ceil(ms / limits.loopSpanMs) * limits.loopSpanMs;

/**
 * Shares a fleet out to loops by the targets' ids, so that a target is in the same loop as long as their number stays, and a
 * share of one in n moves when it becomes n.
 */
const sharesOf = (planned: readonly Planned[]): Planned[][] => {
  const loops = Math.max(
    1,
    Math.ceil(Math.max(planned.length / limits.loopTargets, scrapesASecond(planned) / limits.loopScrapesASecond)),
  );
  const shares = Array.from({ length: loops }, (): Planned[] => []);
  for (const each of planned) shares[bucketOf(mixed(crc32(each.target.id)), loops)]!.push(each);
  return shares.filter(share => share.length > 0);
};

/**
 * The orders of loops for all slots in [fromMs, toMs), at the offsets that the fleet has: one a loop and multiple of
 * limits.loopSpanMs, cut to limits.messageBytes. Each is due limits.loopLeadMs before what it covers, and said by when it begins.
 */
export function* loopsBetween(
  planned: readonly Planned[],
  offsetsMs: ReadonlyMap<string, number>,
  fromMs: number,
  toMs: number,
): Generator<WrittenOrder> {
  const shares = sharesOf(planned);
  for (let startMs = fromMs; startMs < toMs; ) {
    const untilMs = Math.min(toMs, loopEndAfter(startMs + 1));
    for (const share of shares) yield* ordersOf(share, offsetsMs, startMs, untilMs);
    startMs = untilMs;
  }
}

function* ordersOf(
  share: readonly Planned[],
  offsetsMs: ReadonlyMap<string, number>,
  dueMs: number,
  untilMs: number,
): Generator<WrittenOrder> {
  let targets: string[] = [];
  let bytes = frameBytes;
  const order = (): WrittenOrder => ({
    dueMs: dueMs - limits.loopLeadMs,
    body: `{"dueMs":${dueMs},"untilMs":${untilMs},"targets":[${targets.join(',')}]}`,
  });
  for (const { target, written, report, shared } of share) {
    const offsetMs = offsetsMs.get(target.id);
    if (offsetMs === undefined) throw new Error(`${target.id} has no slot: offsets are of another fleet`);
    const more = frameBytes + bytesOf(written);
    if (targets.length > 0 && bytes + more > limits.messageBytes) {
      yield order();
      targets = [];
      bytes = frameBytes;
    }
    targets.push(`{"offsetMs":${offsetMs},"report":${report},"shared":${shared},"row":${written}}`);
    bytes += more;
  }
  if (targets.length > 0) yield order();
}
