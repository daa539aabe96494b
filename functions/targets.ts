import type { Heartbeat, HeartbeatKey } from '../core/heartbeat/heartbeat.ts';
import { readHeartbeat } from '../core/heartbeat/row.ts';
import { labelOf, metricNameOf } from '../core/labels.ts';
import { textOfReject } from '../core/reject.ts';
import { isDiscovery } from '../core/scrape/discovery.ts';
import { type ListedTarget, lastToldIn, listedTarget, tellingNames, tellingSpanMs } from '../core/scrape/listing.ts';
import { offsetsMsOf } from '../core/scrape/slots.ts';
import { type Discovered, readTargetRow, type Target } from '../core/scrape/target.ts';
import type { Ports } from '../io/ports.ts';
import type { SeriesReader } from './reading.ts';

type TargetPorts = Pick<Ports, 'clock' | 'targets' | 'heartbeats'>;

const idOf = ({ job, instance }: HeartbeatKey): string => JSON.stringify([job, instance]);

type Active = Discovered & { readonly target: Target };

/** What Prometheus's /api/v1/targets answers, and the rows that cannot be read, which a Prometheus would not have started with. */
type TargetList = {
  readonly activeTargets: readonly ListedTarget[];
  readonly droppedTargets: readonly { readonly discoveredLabels: Readonly<Record<string, string>> }[];
  readonly droppedTargetCounts: Readonly<Record<string, number>>;
  readonly invalidTargets: readonly { readonly id: string; readonly problem: string }[];
};

/** Registry and last evidence. `state` is active, dropped or any, `pool` a job; undefined is any. */
export const listTargets = async (
  { clock, targets, heartbeats }: TargetPorts,
  reader: SeriesReader,
  state: string,
  pool: string | undefined,
): Promise<TargetList> => {
  const nowMs = clock.nowMs();
  const [rows, records] = await Promise.all([targets.all(), heartbeats.all()]);
  const active: Active[] = [];
  const dropped: Discovered[] = [];
  const invalidTargets: { id: string; problem: string }[] = [];
  for (const row of rows) {
    if (isDiscovery(row)) continue;
    const { value, rejects } = readTargetRow(row);
    const id = String(row['id']);
    if (value === undefined) invalidTargets.push({ id, problem: rejects.map(textOfReject).join('; ') });
    else if (value.target === undefined) dropped.push(value);
    else if (row['problem'] !== undefined && row['problem'] !== null)
      invalidTargets.push({ id, problem: String(row['problem']) });
    else active.push({ discovered: value.discovered, target: value.target });
  }
  // Where one sits depends on all.
  const offsets = offsetsMsOf(active.map(({ target }) => target));
  const wanted = active.filter(({ target }) => pool === undefined || target.job === pool);
  const told = state === 'dropped' ? new Map() : lastToldIn(await seriesOf(wanted, reader, nowMs));
  const recordOf = recordsIn(records.map(row => readHeartbeat(row).value));
  return {
    activeTargets:
      state === 'dropped'
        ? []
        : wanted.map(each => listedTarget(each, told, recordOf(each.target), offsets.get(each.target.id) ?? 0, nowMs)),
    droppedTargets:
      state === 'active' ? [] : dropped.map(({ discovered }) => ({ discoveredLabels: Object.fromEntries(discovered) })),
    droppedTargetCounts: countsOf(dropped),
    invalidTargets,
  };
};

/** What the targets' own series said last: of those with long intervals longer ago, so that few are read for long. */
const seriesOf = async (active: readonly Active[], reader: SeriesReader, nowMs: number) => {
  const spans = Map.groupBy(active, ({ target }) => tellingSpanMs(target));
  const read = await Promise.all(
    [...spans].map(([spanMs, group]) => {
      const sources = new Set(group.map(({ target }) => idOf(target)));
      return reader.read(
        {
          matches: labels =>
            tellingNames.has(metricNameOf(labels)) &&
            sources.has(idOf({ job: labelOf(labels, 'job'), instance: labelOf(labels, 'instance') })),
        },
        nowMs - spanMs,
        nowMs,
      );
    }),
  );
  return read.flatMap(({ series }) => series);
};

const recordsIn = (records: readonly (Heartbeat | undefined)[]): ((key: HeartbeatKey) => Heartbeat | undefined) => {
  const byKey = new Map(records.flatMap(each => (each === undefined ? [] : [[idOf(each.key), each] as const])));
  return ({ job, instance }) => byKey.get(idOf({ job, instance }));
};

const countsOf = (dropped: readonly Discovered[]): Record<string, number> => {
  const counts: Record<string, number> = Object.create(null) as Record<string, number>;
  for (const { discovered } of dropped) {
    const pool = labelOf(discovered, 'job');
    counts[pool] = (counts[pool] ?? 0) + 1;
  }
  return counts;
};
