import middy from '@middy/core';
import type { AttributeValue, DynamoDBStreamEvent } from 'aws-lambda';
import { sourceIdOf } from '../core/batch.ts';
import { anyInstance, type Heartbeat, type HeartbeatKey } from '../core/heartbeat/heartbeat.ts';
import { readHeartbeat } from '../core/heartbeat/row.ts';
import { wakeOf, writeWake } from '../core/heartbeat/wake.ts';
import { limits } from '../core/limits.ts';
import { textOfReject } from '../core/reject.ts';
import { isDiscovery } from '../core/scrape/discovery.ts';
import { isWorthLooping, loopEndAfter, loopsBetween } from '../core/scrape/loops.ts';
import { endOrders, isSameRow, ordersBetween, type Planned, writeRow } from '../core/scrape/order.ts';
import { sourceIn } from '../core/scrape/page.ts';
import { offsetsMsOf } from '../core/scrape/slots.ts';
import { readTarget, type Target } from '../core/scrape/target.ts';
import type { Delayed, Ports, Row, Scrapes } from '../io/ports.ts';
import type { CredentialPorts } from './credentials.ts';
import { lookAtLists, noteUnseen, removeOrphans } from './lists.ts';
import { inParallel } from './parallel.ts';
import { unreachable } from './reachable.ts';
import type { ScheduleEvent } from './schedule-event.ts';
import { watchSweeps } from './watching.ts';

type PlanPorts = Pick<
  Ports,
  'log' | 'targets' | 'heartbeats' | 'scrapes' | 'vpcScrapes' | 'deadlines' | 'reach' | 'discoveries'
> &
  CredentialPorts;

/** Lists that the planner looks at itself; the others are looked at by functions of their own. */
const ownLists = new Set(['http_sd'] as const);

/** A target and the row it was read from. */
type Registered = { readonly target: Target; readonly row: Row };

/**
 * Registry → scrape orders. At each tick it orders every slot up to limits.planAheadMs after the running minute's start
 * that was not ordered yet, so a late tick is in time, a doubled one does nothing and a missed one is made good; where a fleet is
 * worth it, in loops, up to the end of a loop's span. When rows change it orders the slots of those targets that are already
 * planned for the others.
 */
export const plan = (ports: PlanPorts) =>
  middy<ScheduleEvent | DynamoDBStreamEvent, void>().handler(event =>
    'Records' in event ? planChanged(ports, event) : planTick(ports),
  );

const planTick = async (ports: PlanPorts): Promise<void> => {
  await watchSweeps(ports);
  const nowMs = ports.clock.nowMs();
  const aheadMs = Math.floor(nowMs / limits.tickMs) * limits.tickMs + limits.planAheadMs;
  const [all, records, plannedMs = 0] = await Promise.all([
    ports.targets.all(),
    ports.heartbeats.all(),
    ports.heartbeats.planned(),
  ]);
  const rows = all.filter(row => !isDiscovery(row));
  const registered = await readTargets(ports, rows, nowMs);
  const heartbeats = records.map(row => readHeartbeat(row).value).filter(heartbeat => heartbeat !== undefined);
  // Orders first, then the note that they were given: a crash between orders twice, which changes nothing.
  const planned = plannedOf(registered, registered, heartbeats);
  const untilMs = isLooped(planned) ? loopEndAfter(aheadMs) : aheadMs;
  await order(ports, planned, {
    fleet: offsetsMsOf(registered.map(({ target }) => target)),
    fromMs: Math.max(nowMs, plannedMs),
    untilMs,
    maySpan: true,
  });
  await ports.heartbeats.plannedUntil(untilMs);
  await retireGone(ports, heartbeats, registered, nowMs);
  // Last: whoever is asked for a list may be slow.
  const lists = all.filter(isDiscovery);
  await noteUnseen(ports, lists);
  await lookAtLists(ports, ownLists, lists, rows);
  await removeOrphans(ports, lists, rows);
};

const planChanged = async (ports: PlanPorts, { Records }: DynamoDBStreamEvent): Promise<void> => {
  const nowMs = ports.clock.nowMs();
  const told = Map.groupBy(Records, ({ dynamodb }) => dynamodb?.Keys?.['id']?.S);
  const every = await ports.targets.all();
  const rows = every.filter(row => !isDiscovery(row));
  const changed = new Set(every.filter(row => isNews(row, told.get(String(row['id'])) ?? [])));
  const isChanged = (row: Row): boolean => changed.has(row);
  const registered = await readTargets(ports, rows.filter(isChanged), nowMs);
  const plannedMs = await ports.heartbeats.planned();
  if (plannedMs === undefined) return;
  const others = rows
    .filter(row => !isChanged(row))
    .flatMap(row => {
      const { value: target } = readTarget(row);
      return target === undefined ? [] : [{ target, row }];
    });
  const all = [...registered, ...others];
  await endGone(ports, Records, all, plannedMs);
  await orderChanged(ports, registered, all, nowMs, plannedMs);
  // Last: whoever is asked for a list may be slow.
  const lists = every.filter(isDiscovery);
  const news = lists.filter(isChanged);
  const isListGone = Records.some(({ dynamodb }) => dynamodb?.OldImage?.['kind']?.S !== undefined);
  if (news.length > 0) {
    await noteUnseen(ports, news);
    await lookAtLists(ports, ownLists, news, rows, new Set(news.map(({ id }) => String(id))));
  }
  if (isListGone) await removeOrphans(ports, lists, rows);
};

/** The slots of some targets that are already planned for the others. */
const orderChanged = async (
  ports: PlanPorts,
  registered: readonly Registered[],
  all: readonly Registered[],
  fromMs: number,
  untilMs: number,
): Promise<void> => {
  if (registered.length === 0) return;
  const records = await ports.heartbeats.get(registered.flatMap(({ target }) => keysOf(target)));
  const heartbeats = records.map(row => readHeartbeat(row).value).filter(heartbeat => heartbeat !== undefined);
  // Where they sit depends on the others, who are planned already.
  const fleet = offsetsMsOf(all.map(({ target }) => target));
  await order(ports, plannedOf(registered, all, heartbeats), { fleet, fromMs, untilMs, maySpan: false });
};

/** Whether a row was written anew, by what the stream tells of it: what we ourselves note on it wakes us too. */
const isNews = (row: Row, records: DynamoDBStreamEvent['Records']): boolean =>
  records.some(
    ({ dynamodb }) => dynamodb?.OldImage === undefined || !isSameRow(plainOf({ M: dynamodb.OldImage }) as Row, row),
  );

/** The records a target's scrapes are told to: its own and its job's. */
const keysOf = ({ job, instance }: Target): HeartbeatKey[] => [
  { job, instance },
  { job, instance: anyInstance },
];

const idOf = ({ job, instance }: HeartbeatKey): string => JSON.stringify([job, instance]);

type Ready = Planned & { readonly network: Target['network'] };

/** What orders say of targets, given the whole fleet and who is recorded. */
const plannedOf = (
  registered: readonly Registered[],
  all: readonly Registered[],
  heartbeats: readonly Heartbeat[],
): Ready[] => {
  const recorded = new Set(heartbeats.map(({ key }) => idOf(key)));
  const once = new Set<string>();
  const shared = new Set<string>();
  for (const { target } of all) {
    const id = idOf(target);
    if (once.has(id)) shared.add(id);
    once.add(id);
  }
  return registered.map(({ target, row }) => ({
    target,
    written: writeRow(row),
    network: target.network,
    report: recorded.size > 0 && keysOf(target).some(key => recorded.has(idOf(key))),
    shared: shared.has(idOf(target)),
  }));
};

const networks = ['public', 'vpc'] as const;

const within = (planned: readonly Ready[], network: Target['network']): Ready[] =>
  planned.filter(each => each.network === network);

/** Whether any network's targets are scraped by loops. */
const isLooped = (planned: readonly Ready[]): boolean =>
  networks.some(network => isWorthLooping(within(planned, network)));

type When = {
  readonly fleet: ReadonlyMap<string, number>;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Whether these are all targets, so that loops may take them. What changed in between is always ordered by the slot. */
  readonly maySpan: boolean;
};

const order = async (
  { scrapes, vpcScrapes, clock }: PlanPorts,
  planned: readonly Ready[],
  { fleet, fromMs, untilMs, maySpan }: When,
): Promise<void> => {
  for (const network of networks) {
    const queue = network === 'public' ? scrapes : vpcScrapes;
    if (queue === undefined) continue;
    const there = within(planned, network);
    // So that an order comes a moment before its first slot, and waits for half a second on average.
    const phaseMs = (clock.nowMs() + limits.orderSendMs) % 1_000;
    const between = maySpan && isWorthLooping(there) ? loopsBetween : ordersBetween;
    let orders: Delayed[] = [];
    for (const { dueMs, body } of between(there, fleet, fromMs, untilMs, phaseMs)) {
      orders.push({ delayMs: dueMs - clock.nowMs(), body });
      if (orders.length < limits.ordersAtOnce) continue;
      await sendAll(queue, orders);
      orders = [];
    }
    await sendAll(queue, orders);
  }
};

/** Several calls side by side: a fleet of 100,000 has some hundred of them a tick. */
const sendAll = async (queue: Scrapes, orders: readonly Delayed[]): Promise<void> => {
  const groups = Array.from({ length: Math.ceil(orders.length / limits.sendBatchMessages) }, (_, index) =>
    orders.slice(index * limits.sendBatchMessages, (index + 1) * limits.sendBatchMessages),
  );
  await inParallel(groups, limits.sendParallel, group => queue.send(group));
};

/**
 * Orders the end of sources that no row scrapes any more for the instant up to which orders are out already, so that nothing of
 * them comes after it; a row that is back by then has no end. The stream tells the row as it was.
 */
const endGone = async (
  { scrapes, clock }: PlanPorts,
  records: DynamoDBStreamEvent['Records'],
  all: readonly Registered[],
  plannedMs: number,
): Promise<void> => {
  const scraped = new Set(all.map(({ target }) => sourceIdOf(sourceIn(target))));
  const gone: string[] = [];
  for (const { dynamodb } of records) {
    if (dynamodb?.OldImage === undefined) continue;
    const row = plainOf({ M: dynamodb.OldImage }) as Row;
    const old = isDiscovery(row) ? undefined : readTarget(row).value;
    if (old === undefined || scraped.has(sourceIdOf(sourceIn(old)))) continue;
    gone.push(writeRow(row));
  }
  const orders = endOrders(gone, plannedMs);
  await sendAll(
    scrapes,
    orders.map(({ dueMs, body }) => ({ delayMs: Math.max(0, dueMs - clock.nowMs()), body })),
  );
};

/** A value of DynamoDB as the plain one that it stands for; what rows of targets have no use for is left out. */
const plainOf = (value: AttributeValue): unknown => {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.NULL) return null;
  if (value.L !== undefined) return value.L.map(plainOf);
  if (value.M !== undefined)
    return Object.fromEntries(Object.entries(value.M).map(([name, each]) => [name, plainOf(each)]));
  return undefined;
};

const outOfReach = 'network: "vpc", but this collector has no scraper in a VPC: set vpcScraping on the Collector';

/** Reads rows one by one: what is wrong with one is noted on it, and no other target notices. One that its rules drop is none. */
const readTargets = async (
  { targets, vpcScrapes, reach, log }: PlanPorts,
  rows: readonly Row[],
  nowMs: number,
): Promise<Registered[]> => {
  const good: Registered[] = [];
  for (const row of rows) {
    const { value: target, rejects } = readTarget(row);
    const isOutOfReach = target?.network === 'vpc' && vpcScrapes === undefined;
    const problem =
      rejects.length > 0
        ? rejects.map(textOfReject).join('; ')
        : isOutOfReach
          ? outOfReach
          : ((target && unreachable(reach, target)) ?? null);
    if (target !== undefined && !isOutOfReach) good.push({ target, row });
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
  registered: readonly Registered[],
  nowMs: number,
): Promise<void> => {
  const ids = new Set(registered.map(({ target }) => target.id));
  const gone: HeartbeatKey[] = [];
  for (const { key, failing, retired } of heartbeats) {
    if (failing === undefined || ids.has(failing.targetId) !== retired) continue;
    await port.retire(key, !retired);
    if (!retired) gone.push(key);
  }
  if (gone.length > 0) await deadlines.send([{ delayMs: 0, body: writeWake(wakeOf(gone, nowMs)) }]);
};
