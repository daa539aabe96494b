import { flappedDetail, isHeld } from './flapping.ts';
import { anyInstance, type Heartbeat, lastHeardMs } from './heartbeat.ts';
import { allowedMsAfter } from './schedule.ts';
import type { CollectorRecord } from './silence.ts';

/** An alert as Prometheus's /api/v1/alerts lists it. */
type HeartbeatAlert = {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'firing' | 'pending';
  readonly activeAt: string;
  readonly value: string;
};

const iso = (ms: number): string => new Date(ms).toISOString();

/** Who is down, and who is late but within its grace (pending); and the collector, where it believes itself blind. */
export const alertsIn = (
  heartbeats: readonly Heartbeat[],
  record: CollectorRecord | undefined,
  nowMs: number,
): HeartbeatAlert[] => {
  const alerts = heartbeats.flatMap(heartbeat => alertOf(heartbeat, nowMs) ?? []);
  if (record?.blindSinceMs === undefined) return alerts;
  const summary = 'the collector could not hear for a while: silence in that time is held against nobody';
  return [...alerts, alert('CollectorBlind', {}, summary, 'firing', record.blindSinceMs)];
};

const alert = (
  alertname: string,
  labels: Readonly<Record<string, string>>,
  summary: string,
  state: HeartbeatAlert['state'],
  activeMs: number,
): HeartbeatAlert => ({
  labels: { alertname, ...labels },
  annotations: { summary },
  state,
  activeAt: iso(activeMs),
  value: '1e+00',
});

const alertOf = (heartbeat: Heartbeat, nowMs: number): HeartbeatAlert | undefined => {
  const { key, state, promise, downReason = 'NOT_HEARD', downSinceMs } = heartbeat;
  const labels = { job: key.job, ...(key.instance !== anyInstance && { instance: key.instance }) };
  // One alert as long as it flaps, whichever way it turned last.
  if (isHeld(heartbeat)) {
    const sinceMs = heartbeat.flicker?.heldFromMs ?? nowMs;
    return alert('HeartbeatDown', { ...labels, reason: 'FLAPPING' }, flappedDetail(heartbeat), 'firing', sinceMs);
  }
  if (state === 'down' || state === 'recovering') {
    const sinceMs = downSinceMs ?? nowMs;
    const summary = `${downReason} since ${iso(sinceMs)}${state === 'recovering' ? ', and heard again' : ''}`;
    return alert('HeartbeatDown', { ...labels, reason: downReason }, summary, 'firing', sinceMs);
  }
  const heardMs = lastHeardMs(heartbeat);
  if (state !== 'up' || promise === undefined || heardMs === undefined) return undefined;
  const dueMs = heardMs + allowedMsAfter(promise, heardMs, false) - promise.graceMs;
  return dueMs > nowMs
    ? undefined
    : alert(
        'HeartbeatDown',
        { ...labels, reason: 'LATE' },
        `due since ${iso(dueMs)}, within its grace`,
        'pending',
        dueMs,
      );
};
