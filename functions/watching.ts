import { isSweepDue, writeSweepOrder } from '../core/heartbeat/wake.ts';
import type { Ports } from '../io/ports.ts';

/**
 * The planner looks after the checker: where no sweep came for too long, it orders one by the queue, which needs neither the
 * checker's schedule nor a chain of wake-ups. Never fails: planning goes on.
 */
export const watchSweeps = async ({
  clock,
  log,
  heartbeats,
  deadlines,
}: Pick<Ports, 'clock' | 'log' | 'heartbeats' | 'deadlines'>): Promise<void> => {
  try {
    const nowMs = clock.nowMs();
    const record = await heartbeats.collector();
    if (!isSweepDue(record, nowMs)) return;
    log.write('warn', 'no sweep for too long: one is ordered', { lastSweepMs: record?.lastSweepMs ?? 0 });
    await deadlines.send([{ delayMs: 0, body: writeSweepOrder({ sweep: nowMs }) }]);
  } catch (cause) {
    log.write('warn', 'sweeps not looked after', { cause: (cause as Error).message });
  }
};
