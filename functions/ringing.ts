import type { Alarm } from '../core/heartbeat/alarm.ts';
import type { Ports } from '../io/ports.ts';

type RingPorts = Pick<Ports, 'alarms' | 'history' | 'log'>;

/**
 * Rings, and keeps what was rung for people to look up; of many in one message each by itself. A list that lacks one is no reason to
 * ring twice.
 */
export const ring = async (
  { alarms, history, log }: RingPorts,
  alarm: Alarm,
  members: readonly Alarm[] = [alarm],
): Promise<void> => {
  await alarms.ring(alarm);
  for (const each of members)
    await history
      .add(each)
      .catch((cause: Error) => log.write('warn', 'alarm not listed', { id: each.id, cause: cause.message }));
};
