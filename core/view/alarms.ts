import type { Alarm } from '../heartbeat/alarm.ts';
import { flappedDetail, isHeld } from '../heartbeat/flapping.ts';
import type { Heartbeat, HeartbeatKey } from '../heartbeat/heartbeat.ts';
import { labelOf } from '../labels.ts';
import type { GroupRecord } from '../rules/record.ts';

/** Somebody who is down now, or an alert of a rule that fires. */
export type OpenAlarm = HeartbeatKey & {
  /** The reason, or the alert's name. */
  readonly reason: string;
  readonly sinceMs: number;
  /** What was seen last, in words. */
  readonly evidence: readonly string[];
  /** Heard again, and not yet for long enough. */
  readonly isRecovering: boolean;
  /** An alert's own, its name and the names of the source left out; absent where it is no alert. */
  readonly labels?: Readonly<Record<string, string>>;
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

/** Alerts of rules that fire, the newest first. */
export const openAlerts = (groups: readonly GroupRecord[]): OpenAlarm[] =>
  groups
    .flatMap(({ file, name, rules }) =>
      rules.flatMap(({ shown, state }) =>
        state.alerts
          .filter(alert => alert.state === 'firing')
          .map(({ labels, annotations, value, activeMs, firedMs = activeMs }) => ({
            job: labelOf(labels, 'job'),
            instance: labelOf(labels, 'instance'),
            reason: shown.name,
            sinceMs: activeMs,
            evidence: [
              ...['summary', 'description', 'message'].flatMap(each => annotations[each] ?? []),
              `${shown.query} gave ${value} at ${utc(state.evaluatedMs)}`,
              `fires since ${utc(firedMs)}, by ${name} in ${file}`,
              ...(annotations['runbook_url'] === undefined ? [] : [`runbook: ${annotations['runbook_url']}`]),
              ...(state.error === undefined ? [] : [`could not be evaluated since: ${state.error}`]),
            ],
            isRecovering: false,
            labels: Object.fromEntries(labels.filter(([label]) => !['alertname', 'job', 'instance'].includes(label))),
          })),
      ),
    )
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
