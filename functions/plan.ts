import middy from '@middy/core';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { anyInstance, type Heartbeat, type HeartbeatKey } from '../core/heartbeat/heartbeat.ts';
import { readHeartbeat } from '../core/heartbeat/row.ts';
import { wakeOf, writeWake } from '../core/heartbeat/wake.ts';
import { limits } from '../core/limits.ts';
import { textOfReject } from '../core/reject.ts';
import { ordersBetween, writeOrder } from '../core/scrape/order.ts';
import { offsetsMsOf } from '../core/scrape/slots.ts';
import { readTarget, type Target } from '../core/scrape/target.ts';
import type { Ports, Row } from '../io/ports.ts';
import type { ScheduleEvent } from './schedule-event.ts';

type PlanPorts = Pick<Ports, 'clock' | 'log' | 'targets' | 'heartbeats' | 'scrapes' | 'vpcScrapes' | 'deadlines'>;

/**
 * Registry → scrape orders. At each tick it orders every slot up to limits.planAheadMs after the running minute's start
 * that was not ordered yet, so a late tick is in time, a doubled one does nothing and a missed one is made good. When
 * rows change it orders the slots of those targets that are already planned for the others.
 */
export const plan = (ports: PlanPorts) =>
  middy<ScheduleEvent | DynamoDBStreamEvent, void>().handler(event =>
    'Records' in event ? planChanged(ports, event) : planTick(ports),
  );

const planTick = async (ports: PlanPorts): Promise<void> => {
  const nowMs = ports.clock.nowMs();
  const untilMs = Math.floor(nowMs / limits.tickMs) * limits.tickMs + limits.planAheadMs;
  const [rows, records, plannedMs = 0] = await Promise.all([
    ports.targets.all(),
    ports.heartbeats.all(),
    ports.heartbeats.planned(),
  ]);
  const targets = await readTargets(ports, rows, nowMs);
  const heartbeats = records.map(row => readHeartbeat(row).value).filter(heartbeat => heartbeat !== undefined);
  const fleet = offsetsMsOf(targets);
  // Orders first, then the note that they were given: a crash between orders twice, which changes nothing.
  await order(ports, targets, fleet, heartbeats, Math.max(nowMs, plannedMs), untilMs);
  await ports.heartbeats.plannedUntil(untilMs);
  await retireGone(ports, heartbeats, targets, nowMs);
};

const planChanged = async (ports: PlanPorts, { Records }: DynamoDBStreamEvent): Promise<void> => {
  const nowMs = ports.clock.nowMs();
  const changed = new Set(Records.map(({ dynamodb }) => dynamodb?.Keys?.['id']?.S));
  const rows = await ports.targets.all();
  const isChanged = (row: Row): boolean => changed.has(String(row['id']));
  const targets = await readTargets(ports, rows.filter(isChanged), nowMs);
  const plannedMs = await ports.heartbeats.planned();
  if (plannedMs === undefined || targets.length === 0) return;
  const records = await ports.heartbeats.get(targets.flatMap(keysOf));
  const heartbeats = records.map(row => readHeartbeat(row).value).filter(heartbeat => heartbeat !== undefined);
  // Where they sit depends on the others, who are planned already.
  const others = rows.filter(row => !isChanged(row)).map(row => readTarget(row).value);
  const fleet = offsetsMsOf([...targets, ...others.filter(other => other !== undefined)]);
  await order(ports, targets, fleet, heartbeats, nowMs, plannedMs);
};

/** The records a target's scrapes are told to: its own and its job's. */
const keysOf = ({ job, instance }: Target): HeartbeatKey[] => [
  { job, instance },
  { job, instance: anyInstance },
];

const idOf = ({ job, instance }: HeartbeatKey): string => JSON.stringify([job, instance]);

const order = async (
  { scrapes, vpcScrapes, clock }: PlanPorts,
  targets: readonly Target[],
  offsetsMs: ReadonlyMap<string, number>,
  heartbeats: readonly Heartbeat[],
  fromMs: number,
  untilMs: number,
): Promise<void> => {
  const recorded = new Set(heartbeats.map(({ key }) => idOf(key)));
  const reporting = targets.map(target => ({ target, report: keysOf(target).some(key => recorded.has(idOf(key))) }));
  for (const [network, queue] of [
    ['public', scrapes],
    ['vpc', vpcScrapes],
  ] as const) {
    const there = reporting.filter(({ target }) => target.network === network);
    const orders = ordersBetween(there, offsetsMs, fromMs, untilMs);
    await queue?.send(orders.map(each => ({ delayMs: each.dueMs - clock.nowMs(), body: writeOrder(each) })));
  }
};

const outOfReach = 'network: "vpc", but this collector has no scraper in a VPC: set vpcScraping on the Collector';

/** Reads rows one by one: what is wrong with one is noted on it, and no other target notices. */
const readTargets = async (
  { targets, vpcScrapes, log }: PlanPorts,
  rows: readonly Row[],
  nowMs: number,
): Promise<Target[]> => {
  const good: Target[] = [];
  for (const row of rows) {
    const { value, rejects } = readTarget(row);
    const isOutOfReach = value?.network === 'vpc' && vpcScrapes === undefined;
    const problem = value === undefined ? rejects.map(textOfReject).join('; ') : isOutOfReach ? outOfReach : null;
    if (value !== undefined && !isOutOfReach) good.push(value);
    const noted = row['problem'] ?? null;
    const notedMs = Number(row['checkedAtMs'] ?? 0);
    if (problem === noted && (problem === null || nowMs - notedMs < limits.rowNoteRefreshMs)) continue;
    await targets
      .note(String(row['id']), problem, nowMs)
      .catch((cause: Error) => log.write('warn', 'row not noted', { id: String(row['id']), cause: cause.message }));
  }
  return good;
};

/** A record of failures whose target is gone must not wait for it for ever; the checker resolves it. */
const retireGone = async (
  { heartbeats: port, deadlines }: PlanPorts,
  heartbeats: readonly Heartbeat[],
  targets: readonly Target[],
  nowMs: number,
): Promise<void> => {
  const ids = new Set(targets.map(({ id }) => id));
  const gone: HeartbeatKey[] = [];
  for (const { key, failing, retired } of heartbeats) {
    if (failing === undefined || ids.has(failing.targetId) !== retired) continue;
    await port.retire(key, !retired);
    if (!retired) gone.push(key);
  }
  if (gone.length > 0) await deadlines.send([{ delayMs: 0, body: writeWake(wakeOf(gone, nowMs)) }]);
};
