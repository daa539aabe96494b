import { limits } from '../limits.ts';
import type { Alarm } from './alarm.ts';

/** One alert of Alertmanager's API v2, `POST /api/v2/alerts`. */
type PostedAlert = {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
};

const iso = (ms: number): string => new Date(ms).toISOString();

/**
 * An alarm as Alertmanager takes it: down and back have the same labels, so that the one resolves the other. What does not
 * come back is kept open for limits.alertOpenMs: without an end Alertmanager would think it over after five minutes.
 */
export const postedAlerts = (alarm: Alarm): PostedAlert[] => {
  const isOver = alarm.kind === 'RESOLVED' || alarm.kind === 'COLLECTOR_OK';
  return (alarm.members ?? [alarm]).map(({ id, job, instance, reason, sinceMs, atMs }) => ({
    labels: {
      alertname: job === '' ? 'CollectorBlind' : 'HeartbeatDown',
      ...(job !== '' && { job }),
      ...(instance !== '' && instance !== '*' && { instance }),
    },
    annotations: { summary: alarm.subject, description: alarm.text, reason, id },
    startsAt: iso(sinceMs),
    endsAt: iso(isOver ? atMs : atMs + limits.alertOpenMs),
  }));
};
