import type { Ports } from '../io/ports.ts';

/**
 * The same ports, whose alarms are kept, once rung, for people to look up: a group's one by one. A list that lacks one is no
 * reason to ring twice.
 */
export const listing = <P extends Pick<Ports, 'alarms' | 'history' | 'log'>>(ports: P): P => {
  const ring: Ports['alarms']['ring'] = async alarm => {
    await ports.alarms.ring(alarm);
    const { subject, text, members = [alarm] } = alarm;
    try {
      for (const each of members) await ports.history.add({ ...each, subject, text });
    } catch (cause) {
      ports.log.write('warn', 'alarm not listed', { id: alarm.id, cause: (cause as Error).message });
    }
  };
  // Ports are made when they are first asked for: they are left alone here.
  return Object.create(ports, { alarms: { value: { ring } } }) as P;
};
