import type { Alarm } from '../heartbeat/alarm.ts';
import type { HeartbeatKey } from '../heartbeat/heartbeat.ts';

/** When a source was down; `toMs` is absent while it still is. */
export type DownSpan = { readonly fromMs: number; readonly toMs?: number };

export const textOfSource = ({ job, instance }: HeartbeatKey): string => JSON.stringify([job, instance]);

/**
 * When each source was down in [fromMs, now], by what was rung: a recovery says since when, an alarm without one goes on. Oldest
 * first. An alarm that was rung twice is one.
 */
export const downSpansOf = (alarms: readonly Alarm[], fromMs: number): ReadonlyMap<string, readonly DownSpan[]> => {
  const spans = new Map<string, Map<number, DownSpan>>();
  for (const { kind, job, instance, sinceMs, atMs, labels } of alarms.toSorted((a, b) => a.atMs - b.atMs)) {
    // What a rule says of a source does not say that it was down.
    if ((kind !== 'DOWN' && kind !== 'RESOLVED' && kind !== 'FLAPPING') || labels !== undefined) continue;
    const key = textOfSource({ job, instance });
    const own = spans.get(key) ?? new Map<number, DownSpan>();
    spans.set(key, own);
    // Who flapped and is told down, or was down and is told to flap, is down or flaps from then on.
    for (const open of [...own.values()])
      if (open.toMs === undefined && open.fromMs < sinceMs) own.set(open.fromMs, { ...open, toMs: sinceMs });
    own.set(sinceMs, kind === 'RESOLVED' ? { fromMs: sinceMs, toMs: Math.max(atMs, sinceMs) } : { fromMs: sinceMs });
  }
  return new Map(
    [...spans].map(([key, own]) => [key, [...own.values()].filter(({ toMs }) => toMs === undefined || toMs > fromMs)]),
  );
};
