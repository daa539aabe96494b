import type { Alarm } from '../heartbeat/alarm.ts';
import { flappedDetail, isHeld } from '../heartbeat/flapping.ts';
import type { Heartbeat, HeartbeatKey } from '../heartbeat/heartbeat.ts';

/** Somebody who is down now. */
export type OpenAlarm = HeartbeatKey & {
  readonly reason: string;
  readonly sinceMs: number;
  /** What was seen last, in words. */
  readonly evidence: readonly string[];
  /** Heard again, and not yet for long enough. */
  readonly isRecovering: boolean;
};

/** Who is down or comes and goes, the newest first. */
export const openAlarms = (heartbeats: readonly Heartbeat[]): OpenAlarm[] =>
  heartbeats
    .filter(record => record.state === 'down' || record.state === 'recovering' || isHeld(record))
    .map(record => ({
      ...record.key,
      reason: isHeld(record) ? 'FLAPPING' : (record.downReason ?? 'unknown'),
      sinceMs: (isHeld(record) ? record.flicker?.heldFromMs : record.downSinceMs) ?? 0,
      evidence: [...(isHeld(record) ? [flappedDetail(record)] : []), ...evidenceOf(record)],
      isRecovering: record.state === 'recovering',
    }))
    .sort((a, b) => b.sinceMs - a.sinceMs);

const utc = (ms: number): string => new Date(ms).toISOString();

const evidenceOf = ({ promise, lastAcceptMs, answeredMs, failing }: Heartbeat): string[] => [
  ...(promise ? [`expected every ${promise.intervalMs / 1_000} s, grace ${promise.graceMs / 1_000} s`] : []),
  ...(lastAcceptMs === undefined ? [] : [`last push accepted at ${utc(lastAcceptMs)}`]),
  ...(promise !== undefined && lastAcceptMs === undefined && answeredMs === undefined
    ? ['nothing was ever heard']
    : []),
  ...(answeredMs === undefined ? [] : [`last good scrape noted at ${utc(answeredMs)}`]),
  ...(failing === undefined
    ? []
    : [`${failing.url}: ${failing.detail}, from ${utc(failing.firstSlotMs)} to ${utc(failing.lastSlotMs)}`]),
];

/** What was rung, the newest first, each once. */
export const pastAlarms = (alarms: readonly Alarm[]): Alarm[] =>
  [...new Map(alarms.map(alarm => [alarm.id, alarm])).values()].sort((a, b) => b.atMs - a.atMs);
