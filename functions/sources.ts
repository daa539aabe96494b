import type { HeartbeatKey } from '../core/heartbeat/heartbeat.ts';
import { readHeartbeat } from '../core/heartbeat/row.ts';
import { labelOf } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { textOfReject } from '../core/reject.ts';
import { isDiscovery } from '../core/scrape/discovery.ts';
import { offsetsMsOf } from '../core/scrape/slots.ts';
import { readTargetRow, type Target } from '../core/scrape/target.ts';
import { openAlarms, openAlerts, pastAlarms } from '../core/view/alarms.ts';
import { type SourceLine, type SourcesSeen, sourceLines } from '../core/view/sources.ts';
import type { Ports } from '../io/ports.ts';

type SourcePorts = Pick<Ports, 'clock' | 'targets' | 'heartbeats' | 'series' | 'history'>;
type Invalid = SourcesSeen['invalid'][number];

/** Everybody there is, for the page: registry, records and catalog, and no samples at all. */
export const listSources = async (
  ports: SourcePorts,
  known: () => Promise<readonly HeartbeatKey[]>,
): Promise<readonly SourceLine[]> => {
  const { clock, targets, heartbeats, history } = ports;
  const nowMs = clock.nowMs();
  const [rows, records, stored, alarms, collector] = await Promise.all([
    targets.all(),
    heartbeats.all(),
    known(),
    history.newest(limits.alarmsListed),
    heartbeats.collector(),
  ]);
  const invalid: Invalid[] = [];
  const active: Target[] = [];
  for (const row of rows) {
    if (isDiscovery(row)) continue;
    const { value, rejects } = readTargetRow(row);
    const problem = value === undefined ? rejects.map(textOfReject).join('; ') : (row['problem'] ?? null);
    if (problem !== null) invalid.push({ kind: 'target', id: String(row['id']), problem: String(problem) });
    else if (value?.target !== undefined) active.push(value.target);
  }
  const read = records.map(row => ({ row, ...readHeartbeat(row) }));
  for (const { row, value, rejects } of read) {
    const problem = rejects.map(textOfReject).join('; ');
    if (value === undefined) invalid.push({ kind: 'heartbeat', id: String(row['job']), problem });
  }
  const offsets = offsetsMsOf(active);
  return sourceLines({
    targets: active.map(target => ({ target, offsetMs: offsets.get(target.id) ?? 0 })),
    heartbeats: read.flatMap(({ value }) => value ?? []),
    invalid,
    known: stored,
    alarms,
    blind: collector?.blind ?? [],
    nowMs,
  });
};

/** Sources that had series today or yesterday, as they were at most limits.sourcesKeptMs ago. */
export const knownSources = ({ clock, series }: Pick<Ports, 'clock' | 'series'>): (() => Promise<HeartbeatKey[]>) => {
  let last: { readonly atMs: number; readonly keys: Promise<HeartbeatKey[]> } | undefined;
  const look = async (nowMs: number): Promise<HeartbeatKey[]> => {
    const today = Math.floor(nowMs / limits.catalogSpanMs);
    const entries = (await Promise.all([series.catalogOn(today), series.catalogOn(today - 1)])).flat();
    const keys = entries.map(({ source }) => ({ job: labelOf(source, 'job'), instance: labelOf(source, 'instance') }));
    return [...new Map(keys.map(key => [JSON.stringify([key.job, key.instance]), key])).values()];
  };
  return () => {
    const nowMs = clock.nowMs();
    if (last === undefined || nowMs - last.atMs > limits.sourcesKeptMs) {
      last = { atMs: nowMs, keys: look(nowMs) };
      // What failed is asked again.
      last.keys.catch(() => {
        last = undefined;
      });
    }
    return last.keys;
  };
};

/** Who is down now and which alerts fire, and what was rung. */
export const listAlarms = async ({ heartbeats, history, rules }: Pick<Ports, 'heartbeats' | 'history' | 'rules'>) => {
  const [records, rung, groups] = await Promise.all([
    heartbeats.all(),
    history.newest(limits.alarmsListed),
    rules.all(),
  ]);
  const down = openAlarms(records.flatMap(row => readHeartbeat(row).value ?? []));
  return {
    open: [...down, ...openAlerts(groups)].sort((a, b) => b.sinceMs - a.sinceMs),
    past: pastAlarms(rung),
  };
};
