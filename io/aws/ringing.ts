import { Fault } from '../../core/fault.ts';
import { postedAlerts } from '../../core/heartbeat/alertmanager.ts';
import { limits } from '../../core/limits.ts';
import type { Alarms, Log } from '../ports.ts';
import { type Credentials, signerOf } from './sign.ts';

/**
 * Rings one, of whom an alarm is never lost, and then the others, each once: whoever of them cannot be reached is told of in
 * the log and stops nobody.
 */
export const ringingAlso = (first: Alarms, others: Readonly<Record<string, Alarms>>, log: Log): Alarms => ({
  ring: async alarm => {
    await first.ring(alarm);
    await Promise.all(
      Object.entries(others).map(([name, other]) =>
        other
          .ring(alarm)
          .catch((cause: Error) => log.write('error', 'alarm not passed on', { to: name, cause: cause.message })),
      ),
    );
  },
});

const posted = async (
  place: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<string> => {
  const signal = AbortSignal.timeout(limits.ringTimeoutMs);
  const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
  const text = await answer.text();
  if (!answer.ok) throw new Fault('alarms', `${place}: answered ${answer.status}`, { retryable: true });
  return text;
};

/** An Alertmanager, or whatever takes its API v2. `url` is where `/api/v2/alerts` is added to. */
export const alertmanagerAlarms = (url: string): Alarms => ({
  ring: async alarm => {
    const at = new URL(`${url.replace(/\/$/, '')}/api/v2/alerts`);
    await posted('alertmanager', at, { 'content-type': 'application/json' }, JSON.stringify(postedAlerts(alarm)));
  },
});

/** A bus of EventBridge: source `sluice`, the alarm's kind as detail type, the alarm itself as detail. */
export const eventBusAlarms = (
  bus: string,
  region: string,
  credentials: () => Promise<Credentials>,
  endpoint = `https://events.${region}.amazonaws.com/`,
): Alarms => {
  const sign = signerOf('events', region, credentials);
  return {
    ring: async ({ members, ...alarm }) => {
      const Detail = JSON.stringify({ ...alarm, ...(members && { members: members.slice(0, limits.busMembers) }) });
      const body = JSON.stringify({
        Entries: [{ Source: 'sluice', DetailType: alarm.kind, EventBusName: bus, Detail }],
      });
      const url = new URL(endpoint);
      const own = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSEvents.PutEvents' };
      const text = await posted('events', url, await sign(url, { method: 'POST', body, headers: own }), body);
      const { FailedEntryCount } = JSON.parse(text) as { FailedEntryCount?: number };
      if (FailedEntryCount !== 0) throw new Fault('alarms', 'events: the bus refused the entry', { retryable: true });
    },
  };
};
