import type { Alarm } from '../heartbeat/alarm.ts';
import { flappedDetail, isHeld } from '../heartbeat/flapping.ts';
import {
  anyInstance,
  type Heartbeat,
  type HeartbeatKey,
  type HeartbeatState,
  lastHeardMs,
} from '../heartbeat/heartbeat.ts';
import type { BlindSpan } from '../heartbeat/silence.ts';
import { deadlineOf } from '../heartbeat/step.ts';
import type { Target } from '../scrape/target.ts';
import { type DownSpan, downSpansOf, textOfSource } from './down-spans.ts';

/**
 * new: registered, and nothing came yet · unwatched: it pushes, and nobody waits for it · invalid: its row cannot be read ·
 * the others as of heartbeats.
 */
export type SourceState = HeartbeatState | 'new' | 'unwatched' | 'invalid';

/** What a job tells of its runs, and what became of its pushes; absent where nobody told. */
type Runs = {
  /** It said that it began, and not yet that it ended. */
  readonly startedMs?: number;
  readonly failedMs?: number;
  readonly failedDetail?: string;
  /** Nobody rings for it until then. */
  readonly snoozedUntilMs?: number;
  /** Its last push that was refused. */
  readonly refused?: { readonly atMs: number; readonly status: number; readonly reason: string };
};

/** One line of the list of sources: a target, a job or instance that is expected, or a pusher that nobody registered. */
export type SourceLine = HeartbeatKey & {
  readonly runs?: Runs;
  readonly kind: 'target' | 'heartbeat' | 'pusher';
  readonly state: SourceState;
  /** A target's id and address. */
  readonly id?: string;
  readonly url?: string;
  readonly reason?: string;
  readonly detail?: string;
  /** Since when it is in trouble. */
  readonly sinceMs?: number;
  /** When it was last heard, where that is written down: good scrapes are not. */
  readonly heardMs?: number;
  readonly intervalMs?: number;
  readonly graceMs?: number;
  /** What was learned of its cadence, and nobody has accepted yet. */
  readonly proposal?: { readonly interval: string; readonly grace: string };
  /** Where in its interval a target is scraped. */
  readonly offsetMs?: number;
  /** When silence alone would ring. */
  readonly deadlineMs?: number;
  /** When it was down in the last day. */
  readonly downs: readonly DownSpan[];
};

export type SourcesSeen = {
  readonly targets: readonly { readonly target: Target; readonly offsetMs: number }[];
  readonly heartbeats: readonly Heartbeat[];
  /** Rows that cannot be read, with what is wrong. */
  readonly invalid: readonly { readonly kind: 'target' | 'heartbeat'; readonly id: string; readonly problem: string }[];
  /** Sources that had series today or yesterday. */
  readonly known: readonly HeartbeatKey[];
  readonly alarms: readonly Alarm[];
  readonly blind: readonly BlindSpan[];
  readonly nowMs: number;
};

const day = 86_400_000;

/** Everybody there is, once: targets first, then who is expected, then who pushes without anybody waiting. */
export const sourceLines = (seen: SourcesSeen): SourceLine[] => {
  const { targets, heartbeats, invalid, known, alarms, blind, nowMs } = seen;
  const spans = downSpansOf(alarms, nowMs - day);
  const downsOf = (key: HeartbeatKey): readonly DownSpan[] => spans.get(textOfSource(key)) ?? [];
  const records = new Map(heartbeats.map(each => [textOfSource(each.key), each]));
  const stored = new Set(known.map(textOfSource));
  const scraped = new Set<string>();
  const lines: SourceLine[] = [];
  for (const { target, offsetMs } of targets) {
    const key = { job: target.job, instance: target.instance };
    const text = textOfSource(key);
    scraped.add(text);
    const record = records.get(text);
    const state = record?.state;
    lines.push({
      kind: 'target',
      ...key,
      id: target.id,
      url: target.url,
      ...troubleOf(record),
      state: state === undefined || state === 'up' ? (stored.has(text) ? 'up' : 'new') : state,
      intervalMs: target.intervalMs,
      offsetMs,
      ...promiseOf(record, blind),
      ...runsOf(record),
      downs: downsOf(key),
    });
  }
  for (const record of heartbeats) {
    const { key, promise, state = 'new' } = record;
    // What only failed scrapes made is told by its target, or is of one that is gone.
    if (scraped.has(textOfSource(key)) || (promise === undefined && state !== 'down' && !record.isLearned)) continue;
    const heardMs = lastHeardMs(record);
    lines.push({
      kind: 'heartbeat',
      ...key,
      ...troubleOf(record),
      state,
      ...(heardMs !== undefined && { heardMs }),
      ...(record.isLearned && record.proposal && { proposal: record.proposal }),
      ...promiseOf(record, blind),
      ...runsOf(record),
      downs: downsOf(key),
    });
  }
  const awaited = (key: HeartbeatKey): Heartbeat | undefined =>
    records.get(textOfSource(key)) ?? records.get(textOfSource({ job: key.job, instance: anyInstance }));
  for (const key of known) {
    if (scraped.has(textOfSource(key)) || records.has(textOfSource(key)) || key.job.startsWith('__')) continue;
    // Where the job has no instances, the promise for any of them is this source's own line.
    if (key.instance === '' && awaited(key) !== undefined) continue;
    lines.push({ kind: 'pusher', ...key, state: 'unwatched', downs: [] });
  }
  for (const { kind, id, problem } of invalid)
    lines.push({
      kind,
      id,
      job: id,
      instance: '',
      state: 'invalid',
      reason: 'INVALID_ROW',
      detail: problem,
      downs: [],
    });
  return lines;
};

/** Why a source is down or about to be: the collector's reason, and what was seen last. */
const troubleOf = (record: Heartbeat | undefined): Pick<SourceLine, 'reason' | 'detail' | 'sinceMs'> => {
  if (record === undefined) return {};
  const { state, failing, downReason, downSinceMs, promise, answeredMs = 0 } = record;
  const fails = failing !== undefined && failing.lastSlotMs > answeredMs ? failing : undefined;
  if (isHeld(record))
    return { reason: 'FLAPPING', detail: flappedDetail(record), sinceMs: record.flicker?.heldFromMs ?? 0 };
  if (state === 'down' || state === 'recovering') {
    const detail = fails?.detail ?? (promise === undefined ? undefined : 'no sign of life within interval and grace');
    return {
      reason: downReason ?? 'unknown',
      ...(detail !== undefined && { detail }),
      ...(downSinceMs !== undefined && { sinceMs: downSinceMs }),
    };
  }
  return {};
};

const runsOf = (record: (Heartbeat & Runs) | undefined): Pick<SourceLine, 'runs'> => {
  const { startedMs, failedMs, failedDetail, snoozedUntilMs, refused } = record ?? {};
  const runs = {
    ...(startedMs !== undefined && { startedMs }),
    ...(failedMs !== undefined && { failedMs }),
    ...(failedDetail !== undefined && { failedDetail }),
    ...(snoozedUntilMs !== undefined && { snoozedUntilMs }),
    ...(refused !== undefined && { refused }),
  };
  return Object.keys(runs).length === 0 ? {} : { runs };
};

const promiseOf = (
  record: Heartbeat | undefined,
  blind: readonly BlindSpan[],
): Pick<SourceLine, 'intervalMs' | 'graceMs' | 'deadlineMs'> => {
  if (record?.promise === undefined) return {};
  const deadlineMs = deadlineOf(record, blind);
  return {
    intervalMs: record.promise.intervalMs,
    graceMs: record.promise.graceMs,
    ...(deadlineMs !== undefined && { deadlineMs }),
  };
};
