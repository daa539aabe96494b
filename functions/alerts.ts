import { alertsIn } from '../core/heartbeat/alerts.ts';
import { readHeartbeat } from '../core/heartbeat/row.ts';
import { alertsIn as alertsOfRules } from '../core/rules/answer.ts';
import type { Ports } from '../io/ports.ts';

/** What /api/v1/alerts lists: of rules, of heartbeats and of the collector itself. */
export const listAlerts = async ({ clock, heartbeats, rules }: Pick<Ports, 'clock' | 'heartbeats' | 'rules'>) => {
  const [groups, rows, record] = await Promise.all([rules.all(), heartbeats.all(), heartbeats.collector()]);
  const known = rows.flatMap(row => readHeartbeat(row).value ?? []);
  return [...alertsOfRules(groups), ...alertsIn(known, record, clock.nowMs())];
};
