import { alertsIn, type HeartbeatAlert } from '../core/heartbeat/alerts.ts';
import { readHeartbeat } from '../core/heartbeat/row.ts';
import type { Ports } from '../io/ports.ts';

/** What /api/v1/alerts lists of heartbeats and of the collector itself. */
export const listAlerts = async ({
  clock,
  heartbeats,
}: Pick<Ports, 'clock' | 'heartbeats'>): Promise<readonly HeartbeatAlert[]> => {
  const [rows, record] = await Promise.all([heartbeats.all(), heartbeats.collector()]);
  return alertsIn(
    rows.flatMap(row => readHeartbeat(row).value ?? []),
    record,
    clock.nowMs(),
  );
};
