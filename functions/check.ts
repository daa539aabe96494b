import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { type Alarm, alarmOf, blindAlarmOf } from '../core/heartbeat/alarm.ts';
import type { Heartbeat } from '../core/heartbeat/heartbeat.ts';
import { readHeartbeat } from '../core/heartbeat/row.ts';
import { type BlindSpan, type CollectorRecord, sweptAt } from '../core/heartbeat/silence.ts';
import { changed, deadlineOf, isOver, stepAt } from '../core/heartbeat/step.ts';
import { readWake, wakesFor } from '../core/heartbeat/wake.ts';
import { limits } from '../core/limits.ts';
import { textOfReject } from '../core/reject.ts';
import type { Ports, Row } from '../io/ports.ts';
import { measured } from './middleware/measured.ts';
import { inParallel } from './parallel.ts';
import type { ScheduleEvent } from './schedule-event.ts';

type CheckPorts = Pick<Ports, 'clock' | 'log' | 'measures' | 'heartbeats' | 'alarms' | 'history' | 'deadlines'>;

/**
 * Heartbeats → flips → alarms. Each minute it looks at all of them, and in between at those whose deadline has come or
 * of which there is news. Decide, record, announce: the change and the alarm to send are one conditional write, and what
 * was recorded but not announced is announced by whoever looks next.
 */
export const check = (ports: CheckPorts) =>
  middy<ScheduleEvent | SQSEvent, SQSBatchResponse | undefined>()
    .use(measured(ports))
    .handler(event => ('Records' in event ? answerWakes(ports, event) : sweep(ports)));

const sweep = async (ports: CheckPorts): Promise<undefined> => {
  const nowMs = ports.clock.nowMs();
  const { blind } = await markSweep(ports, nowMs);
  await look(ports, await ports.heartbeats.all(), blind, nowMs + limits.wakeAheadMs);
  ports.measures.tell({ Sweeps: 1 });
  return undefined;
};

const answerWakes = async (ports: CheckPorts, { Records }: SQSEvent): Promise<SQSBatchResponse> => {
  const failures: { itemIdentifier: string }[] = [];
  const blind = (await ports.heartbeats.collector())?.blind ?? [];
  for (const { messageId, body } of Records) {
    try {
      const { keys, untilMs } = readWake(body);
      await look(ports, await ports.heartbeats.get(keys), blind, untilMs);
    } catch (error) {
      ports.log.write('error', 'wake-up failed', { messageId, cause: (error as Error).message });
      failures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures: failures };
};

/** Records this sweep; where sweeps were missing, says once that the collector was blind. */
const markSweep = async (ports: CheckPorts, nowMs: number): Promise<CollectorRecord> => {
  const { heartbeats } = ports;
  const seen = await heartbeats.collector();
  const next = sweptAt(seen, nowMs);
  if (!(await heartbeats.swept(seen, next))) return (await heartbeats.collector()) ?? next;
  if (next.unannounced === undefined) return next;
  await ring(ports, blindAlarmOf(next.unannounced));
  const { unannounced: _, ...told } = next;
  await heartbeats.swept(next, { ...told, epoch: next.epoch + 1 });
  return told;
};

/** Rings, and keeps what was rung for people to look up: a list that lacks one is no reason to ring twice. */
const ring = async ({ alarms, history, log }: CheckPorts, alarm: Alarm): Promise<void> => {
  await alarms.ring(alarm);
  await history
    .add(alarm)
    .catch((cause: Error) => log.write('warn', 'alarm not listed', { id: alarm.id, cause: cause.message }));
};

const look = async (
  ports: CheckPorts,
  rows: readonly Row[],
  blind: readonly BlindSpan[],
  untilMs: number,
): Promise<void> => {
  const deadlines: { key: Heartbeat['key']; atMs: number }[] = [];
  try {
    await inParallel(rows, limits.checkParallel, async row => {
      const heartbeat = await readNoting(ports, row);
      if (heartbeat === undefined) return;
      const settled = await settle(ports, heartbeat, blind);
      if (settled === undefined) return;
      const atMs = deadlineOf(settled, blind);
      if (atMs !== undefined) deadlines.push({ key: settled.key, atMs });
    });
  } finally {
    await ports.deadlines.send(wakesFor(deadlines, ports.clock.nowMs(), untilMs));
  }
};

/** Makes every change that is due and announces what waits, oldest first. Undefined once the record is gone. */
const settle = async (
  ports: CheckPorts,
  seen: Heartbeat,
  blind: readonly BlindSpan[],
): Promise<Heartbeat | undefined> => {
  let heartbeat = seen;
  for (let step = 0; step < limits.stepsAtOnce; step += 1) {
    const change = stepAt(heartbeat, ports.clock.nowMs(), blind);
    if (change === undefined) break;
    if (await ports.heartbeats.change(heartbeat, change)) {
      heartbeat = changed(heartbeat, change);
      continue;
    }
    // Somebody else changed it, or it was heard meanwhile: decide again on what is there now.
    const [row] = await ports.heartbeats.get([heartbeat.key]);
    const fresh = row && readHeartbeat(row).value;
    if (fresh === undefined) return undefined;
    heartbeat = fresh;
  }
  for (const flip of heartbeat.pending) {
    await ring(ports, alarmOf(heartbeat.key, flip));
    if (flip.kind === 'DOWN') ports.measures.tell({ DetectionDelay: ports.clock.nowMs() - flip.atMs });
    await ports.heartbeats.announced(heartbeat.key, flip.epoch);
  }
  if (isOver(heartbeat, ports.clock.nowMs())) {
    await ports.heartbeats.remove(heartbeat.key);
    return undefined;
  }
  return heartbeat;
};

/** A row that cannot be read says on itself what is wrong and harms no other. */
const readNoting = async ({ heartbeats, clock, log }: CheckPorts, row: Row): Promise<Heartbeat | undefined> => {
  const { value, rejects } = readHeartbeat(row);
  const problem = value === undefined ? rejects.map(textOfReject).join('; ') : null;
  const fresh = clock.nowMs() - Number(row['checkedAtMs'] ?? 0) < limits.rowNoteRefreshMs;
  if (problem !== (row['problem'] ?? null) || (problem !== null && !fresh)) {
    const key = { job: String(row['job']), instance: String(row['instance']) };
    await heartbeats
      .note(key, problem, clock.nowMs())
      .catch((cause: Error) => log.write('warn', 'row not noted', { job: key.job, cause: cause.message }));
  }
  return value;
};
