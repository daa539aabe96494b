import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { alarmOf, groupAlarmOf } from '../core/heartbeat/alarm.ts';
import type { Flip, Heartbeat, HeartbeatKey } from '../core/heartbeat/heartbeat.ts';
import { readHeartbeat } from '../core/heartbeat/row.ts';
import type { CollectorRecord } from '../core/heartbeat/silence.ts';
import { changed, deadlineOf, isOver, stepAt } from '../core/heartbeat/step.ts';
import { isSweepDue, readWake, wakesFor } from '../core/heartbeat/wake.ts';
import { provableAt, provenMsOf } from '../core/heartbeat/watermark.ts';
import { limits } from '../core/limits.ts';
import { textOfReject } from '../core/reject.ts';
import type { Ports, Row } from '../io/ports.ts';
import { type Awaited, observe, recordSweep, sendCanary } from './collector-watch.ts';
import { Fallen, type FallenPorts } from './fallen.ts';
import { measured } from './middleware/measured.ts';
import { inParallel } from './parallel.ts';
import { ring } from './ringing.ts';
import type { ScheduleEvent } from './schedule-event.ts';
import { tellUp } from './up.ts';

type CheckPorts = FallenPorts &
  Pick<
    Ports,
    'buffer' | 'log' | 'measures' | 'heartbeats' | 'canary' | 'alarms' | 'history' | 'deadlines' | 'watchdog'
  >;

/**
 * Heartbeats → flips → alarms. Each minute it looks at all of them, and in between at those whose deadline has come or
 * of which there is news. Decide, record, announce: the change and the alarm to send are one conditional write, and what
 * was recorded but not announced is announced by whoever looks next. Between the sweeps it also sends the canaries.
 */
export const check = (ports: CheckPorts) =>
  middy<ScheduleEvent | SQSEvent, SQSBatchResponse | undefined>()
    .use(measured(ports))
    .handler(event => ('Records' in event ? answerWakes(ports, event) : sweep(ports)));

const sweep = async (ports: CheckPorts): Promise<undefined> => {
  const rows = await ports.heartbeats.all();
  const record = await recordSweep(ports, { sources: rows.length, ...awaitedOf(rows) });
  const looked = await look(ports, rows, record, ports.clock.nowMs() + limits.wakeAheadMs);
  const isWriting = Math.floor(ports.clock.nowMs() / limits.tickMs) % (limits.upEveryMs / limits.tickMs) === 0;
  await tellUp(ports, isWriting ? looked.settled : looked.turned);
  ports.measures.tell({ Sweeps: 1 });
  if (await isPlannerAway(ports)) return undefined;
  // Whoever watches from outside misses what he is not told; a watchdog that is ill itself stops nobody here.
  await ports.watchdog
    ?.tell()
    .catch((cause: Error) => ports.log.write('warn', 'watchdog not told', { cause: cause.message }));
  return undefined;
};

/** The planner and the checker watch each other: no word goes out that all is well while nobody plans. */
const isPlannerAway = async ({ heartbeats, clock, log, watchdog }: CheckPorts): Promise<boolean> => {
  if (watchdog === undefined) return false;
  const untilMs = await heartbeats.planned();
  const isAway = untilMs !== undefined && clock.nowMs() - untilMs > limits.plannerAwayMs;
  if (isAway) log.write('error', 'nobody plans scrapes', { sinceMs: untilMs });
  return isAway;
};

/** Whether silence of any of these would mean something, and when one of them was heard last. */
const awaitedOf = (rows: readonly Row[]): Awaited => {
  const awaited = rows.flatMap(row => {
    const heartbeat = readHeartbeat(row).value;
    return heartbeat?.promise !== undefined && !heartbeat.pauseWanted ? [heartbeat] : [];
  });
  const heardMs = awaited.reduce((newest, { lastAcceptMs = 0 }) => Math.max(newest, lastAcceptMs), 0);
  return { isAwaited: awaited.length > 0, heardMs };
};

const answerWakes = async (ports: CheckPorts, { Records }: SQSEvent): Promise<SQSBatchResponse> => {
  const orders = Records.map(({ messageId, body }) => ({ messageId, order: readWake(body) }));
  // Canaries first: what they prove is what the others are judged by.
  await Promise.all(orders.map(({ order }) => 'canary' in order && sendCanary(ports, order.canary)));
  const failures: { itemIdentifier: string }[] = [];
  const keys = orders.flatMap(({ order }) => ('keys' in order ? order.keys : []));
  const awaited = async () => awaitedOf(keys.length > 0 ? await ports.heartbeats.get(keys) : []);
  let observed: Promise<CollectorRecord> | undefined;
  for (const { messageId, order } of orders) {
    try {
      observed ??= observe(ports, awaited);
      const record = await observed;
      if ('sweep' in order && isSweepDue(record, ports.clock.nowMs())) await sweep(ports);
      if (!('keys' in order)) continue;
      const { turned } = await look(ports, await ports.heartbeats.get(order.keys), record, order.untilMs);
      await tellUp(ports, turned);
    } catch (error) {
      ports.log.write('error', 'wake-up failed', { messageId, cause: (error as Error).message });
      // A canary is not sent again: it would prove another time than it was for.
      if (!('canary' in order)) failures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures: failures };
};

/** All that were looked at, and those of them whose state changed. */
type Looked = { readonly settled: readonly Heartbeat[]; readonly turned: readonly Heartbeat[] };

/** Decides for each row, announces what waits, and sets the next wake-ups, whatever of it fails for one of them. */
const look = async (
  ports: CheckPorts,
  rows: readonly Row[],
  record: CollectorRecord,
  untilMs: number,
): Promise<Looked> => {
  const deadlines: { key: Heartbeat['key']; atMs: number }[] = [];
  const settled: Heartbeat[] = [];
  const turned: Heartbeat[] = [];
  const fallen = new Fallen(ports);
  try {
    await inParallel(rows, limits.checkParallel, async row => {
      const seen = await readNoting(ports, row);
      const heartbeat = seen && (await settle(ports, fallen, seen, record));
      if (heartbeat === undefined) return;
      settled.push(heartbeat);
      if (heartbeat.state !== seen?.state) turned.push(heartbeat);
      const nowMs = ports.clock.nowMs();
      const dueMs = deadlineOf(heartbeat, record.blind);
      const atMs = dueMs === undefined || heartbeat.state === 'recovering' ? dueMs : provableAt(record, dueMs, nowMs);
      if (atMs !== undefined) deadlines.push({ key: heartbeat.key, atMs });
    });
  } finally {
    try {
      await announce(ports, settled, Math.max(rows.length, record.sources ?? 0));
    } finally {
      await ports.deadlines.send(wakesFor(deadlines, ports.clock.nowMs(), untilMs));
    }
  }
  return { settled, turned };
};

/** Makes every change that is due. Undefined once the record is gone. */
const settle = async (
  ports: CheckPorts,
  fallen: Fallen,
  seen: Heartbeat,
  record: CollectorRecord,
): Promise<Heartbeat | undefined> => {
  let heartbeat = seen;
  for (let step = 0; step < limits.stepsAtOnce; step += 1) {
    const nowMs = ports.clock.nowMs();
    const decided = stepAt(heartbeat, nowMs, record.blind, provenMsOf(record, nowMs));
    if (decided === undefined) break;
    const change = await fallen.explained(heartbeat, decided);
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
  if (!isOver(heartbeat, ports.clock.nowMs()) || heartbeat.pending.length > 0) return heartbeat;
  await ports.heartbeats.remove(heartbeat.key);
  return undefined;
};

/** Announces what waits, oldest first; many that fell at once in one message. */
const announce = async (ports: CheckPorts, settled: readonly Heartbeat[], sources: number): Promise<void> => {
  const waiting = settled.filter(({ pending }) => pending.length > 0);
  const fallen = waiting.filter(({ pending }) => pending.length === 1 && pending[0]?.kind !== 'RESOLVED');
  const isMany = fallen.length > Math.max(limits.groupedFallen, limits.groupedShare * sources);
  const single = isMany ? waiting.filter(heartbeat => !fallen.includes(heartbeat)) : waiting;
  for (let at = 0; isMany && at < fallen.length; at += limits.groupedMembers) {
    const part = fallen.slice(at, at + limits.groupedMembers);
    const members = part.flatMap(({ key, pending }) => pending.map(flip => alarmOf(key, flip)));
    await ring(ports, groupAlarmOf(members), members);
    await inParallel(part, limits.checkParallel, async ({ key, pending }) => crossOff(ports, key, pending[0]!));
  }
  await inParallel(single, limits.checkParallel, async ({ key, pending }) => {
    for (const flip of pending) {
      await ring(ports, alarmOf(key, flip));
      await crossOff(ports, key, flip);
    }
  });
};

const crossOff = async ({ heartbeats, measures, clock }: CheckPorts, key: HeartbeatKey, flip: Flip): Promise<void> => {
  if (flip.kind === 'DOWN') measures.tell({ DetectionDelay: clock.nowMs() - flip.atMs });
  await heartbeats.announced(key, flip.epoch);
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
