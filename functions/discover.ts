import middy from '@middy/core';
import { limits } from '../core/limits.ts';
import { rowIdOf, rowsOfFound } from '../core/scrape/discovered.ts';
import { type AwsList, isAwsList, isDiscovery, readDiscovery } from '../core/scrape/discovery.ts';
import { foundInstance } from '../core/scrape/found/ec2.ts';
import { type EcsTask, foundTask, isRunning } from '../core/scrape/found/ecs.ts';
import type { Found } from '../core/scrape/found/found.ts';
import { readStateChange, type StateChange } from '../core/scrape/found/state-change.ts';
import { extraOrder } from '../core/scrape/order.ts';
import { readTarget } from '../core/scrape/target.ts';
import type { Ports, Row } from '../io/ports.ts';
import { type ListPorts, lookAtLists } from './lists.ts';
import { inParallel } from './parallel.ts';
import type { ScheduleEvent } from './schedule-event.ts';

type DiscoverPorts = ListPorts & Pick<Ports, 'inventory' | 'discoveries' | 'scrapes' | 'vpcScrapes'>;

/** An event of EventBridge's own bus, of which readStateChange knows more. */
type BusEvent = { readonly 'detail-type': string };

/**
 * What runs → rows. Each minute it looks at the lists that are due; in between it is told of every task and instance that
 * starts or stops, looks at that one, and has it scraped beside its slots: soon after its start, and once more before it ends.
 */
export const discover = (ports: DiscoverPorts) =>
  middy<ScheduleEvent | BusEvent, void>().handler(event =>
    'detail-type' in event ? changed(ports, event) : tick(ports),
  );

const tick = async (ports: DiscoverPorts): Promise<void> => {
  const all = await ports.targets.all();
  const rows = all.filter(row => !isDiscovery(row));
  await lookAtLists(ports, ports.discoveries, all.filter(isDiscovery), rows);
};

const changed = async (ports: DiscoverPorts, event: BusEvent): Promise<void> => {
  const change = readStateChange(event);
  if (change === undefined || !ports.discoveries.has(change.kind)) return;
  const all = await ports.targets.all();
  const lists = all.filter(isDiscovery).flatMap(row => {
    const { value } = readDiscovery(row);
    return value !== undefined && isAwsList(value) && isAbout(value, change) ? [value] : [];
  });
  if (lists.length === 0) return;
  const found = change.phase === 'gone' ? () => undefined : await lookUp(ports, change);
  for (const list of lists) await apply(ports, change, list, found(list));
};

/** A list of other clusters may be wrong about what runs there. */
const isAbout = (list: AwsList, { kind, region, cluster }: StateChange): boolean => {
  if (list.kind !== kind || (list.region !== undefined && list.region !== region)) return false;
  if (list.kind !== 'ecs' || list.clusters.length === 0) return true;
  return list.clusters.some(each => each === cluster || cluster.endsWith(`/${each}`));
};

/** What a change is about as it is now, as each list would have it. */
const lookUp = async (
  { inventory }: DiscoverPorts,
  { kind, region, cluster, arn, id, phase }: StateChange,
): Promise<(list: AwsList) => Found | undefined> => {
  if (kind === 'ec2') {
    const filters = [{ name: 'instance-id', values: [id] }];
    const { all } = await inventory.instances({ region, filters });
    const [instance] = all;
    if (instance === undefined) return () => undefined;
    // What was told to stop is found as it was; a list's own filters are looked at by the tick alone.
    const seen = phase === 'leaving' ? { ...instance, state: 'running' } : instance;
    return list =>
      list.kind === 'ec2' && (list.filters.length === 0 || phase === 'leaving') ? foundInstance(seen, list) : undefined;
  }
  const task: EcsTask | undefined = await inventory.task({ region, cluster, arn });
  return list => {
    if (task === undefined || list.kind !== 'ecs') return undefined;
    return phase === 'leaving' || isRunning(task) ? foundTask(task, list) : undefined;
  };
};

/** The row first, the order then: a crash between has the event come again, and both say the same again. */
const apply = async (
  ports: DiscoverPorts,
  { phase, id, atMs }: StateChange,
  list: AwsList,
  found: Found | undefined,
): Promise<void> => {
  const { targets } = ports;
  const [row] = found === undefined ? [] : (rowsOfFound(list, [found]).value ?? []);
  if (phase === 'running') {
    if (row === undefined) return;
    await targets.put(row);
    await scrapeBesides(
      ports,
      row,
      limits.firstScrapesMs.map(afterMs => atMs + afterMs),
    );
    return;
  }
  const rowId = rowIdOf(list, id);
  const known = row ?? (phase === 'leaving' ? await targets.get(rowId) : undefined);
  await targets.remove(rowId);
  if (phase === 'leaving' && known !== undefined) await scrapeBesides(ports, known, [atMs]);
};

const scrapeBesides = async (
  { scrapes, vpcScrapes, clock }: DiscoverPorts,
  row: Row,
  timesMs: readonly number[],
): Promise<void> => {
  const { value: target } = readTarget(row);
  const queue = target?.network === 'vpc' ? vpcScrapes : scrapes;
  if (target === undefined || queue === undefined) return;
  const orders = timesMs.map(atMs => extraOrder(row, atMs));
  await inParallel(orders, limits.sendParallel, ({ dueMs, body }) =>
    queue.send([{ delayMs: Math.max(0, dueMs - clock.nowMs()), body }]),
  );
};
