import { alertsIn } from '../core/heartbeat/alerts.ts';
import { readHeartbeat } from '../core/heartbeat/row.ts';
import { alertsIn as alertsOfRules } from '../core/rules/answer.ts';
import type { Ports } from '../io/ports.ts';

/** What /api/v1/alerts lists of heartbeats, of the collector itself, and of rules. */
export const listAlerts = async ({ clock, heartbeats, rules }: Pick<Ports, 'clock' | 'heartbeats' | 'rules'>) => {
  const [rows, record, groups] = await Promise.all([heartbeats.all(), heartbeats.collector(), rules.all()]);
  const read = rows.flatMap(row => readHeartbeat(row).value ?? []);
  return [...alertsIn(read, record, clock.nowMs()), ...alertsOfRules(groups)];
};
