// What does a tick of the planner cost per target? Time, memory and orders for fleets of 100 to 100,000.
//
//   node --expose-gc bench/plan.ts
//
// The shipped handler on ports in memory: rows are read, judged, seated and ordered, as at each full minute. What DynamoDB
// and SQS take for it is not in these figures: 20 pages of a scan, and a call for each ten orders, sixteen at a time.
// Loops are ordered for two minutes at every second tick: times are those of two ticks, halved, and of the dearest one.

import type { Context } from 'aws-lambda';
import { readOrder } from '../core/scrape/order.ts';
import { readTarget } from '../core/scrape/target.ts';
import { plan } from '../functions/plan.ts';
import { memoryPorts } from '../io/memory/ports.ts';
import type { Delayed, Row } from '../io/ports.ts';

const startMs = Date.UTC(2026, 5, 1, 12, 0, 0);

const relabel = [
  { source_labels: ['__address__'], regex: '(.*):.*', target_label: 'host' },
  { source_labels: ['env'], regex: 'dev', action: 'drop' },
];

const rowOf = (index: number, more: Row): Row => ({
  id: `shop/10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:9100`,
  url: `http://10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:9100/metrics`,
  job: 'shop',
  interval: '15s',
  labels: { env: 'prod', zone: `z${index % 3}` },
  ...more,
});

const megabytes = (): number => {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1_048_576;
};

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

const measure = async (name: string, count: number, more: Row): Promise<void> => {
  const ports = memoryPorts({ startMs });
  for (let index = 0; index < count; index += 1) {
    const row = rowOf(index, more);
    ports.targets.rows.set(String(row['id']), row);
  }
  const before = megabytes();
  let orders = 0;
  let scrapes = 0;
  let highest = 0;
  /** Whether this tick is looked at, as against timed. */
  let looking = false;
  const queue = {
    send: async (sent: readonly Delayed[]): Promise<void> => {
      orders += sent.length;
      if (!looking) return;
      for (const { body } of sent) scrapes += readOrder(body, row => readTarget(row).value).scrapes.length;
      highest = Math.max(highest, megabytes() - before);
    },
  };
  const tick = async (): Promise<number> => {
    const handler = plan({ ...ports, scrapes: queue });
    const began = process.cpuUsage();
    await handler({ scheduledAt: '' } as never, {} as Context);
    const { user, system } = process.cpuUsage(began);
    await ports.clock.moveTo(ports.clock.nowMs() + 60_000);
    return (user + system) / 1_000;
  };
  // The first tick plans what is running already, as no other does.
  await tick();
  looking = true;
  await tick();
  await tick();
  looking = false;
  if (scrapes !== 8 * count) throw new Error(`${scrapes} scrapes ordered for ${count} targets, 8 each expected`);
  const times: number[] = [];
  let dearestMs = 0;
  for (let pair = 0; pair < (count > 20_000 ? 2 : 5); pair += 1) {
    orders = 0;
    const [one, other] = [await tick(), await tick()];
    times.push((one + other) / 2);
    dearestMs = Math.max(dearestMs, one, other);
  }
  const tookMs = median(times);
  console.log(
    [
      name.padEnd(10),
      String(count).padStart(7),
      `${tookMs.toFixed(0).padStart(6)} ms of CPU a tick, ${dearestMs.toFixed(0).padStart(6)} the dearest`,
      `${((1_000 * tookMs) / count).toFixed(1).padStart(6)} µs a target`,
      `${highest.toFixed(0).padStart(4)} MB over the rows at most`,
      `${((1_048_576 * highest) / count / 1_024).toFixed(1).padStart(5)} KiB a target`,
      `${orders} orders in two minutes`,
    ].join('  '),
  );
};

for (const [name, more] of [
  ['plain', {}],
  ['relabeled', { relabel, metric_relabel: relabel }],
] as const)
  for (const count of [100, 1_000, 10_000, 100_000]) await measure(name, count, more);
