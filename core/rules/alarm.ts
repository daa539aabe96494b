import { type Alarm, lengthOf, plain, subjectOf, utc } from '../heartbeat/alarm.ts';
import { keyOf, labelOf } from '../labels.ts';
import type { AlertState } from './record.ts';
import { type Group, groupIdOf } from './rule.ts';

/** What is to be announced of alerts between two evaluations: those that began to fire, and those that no longer do. */
export const alarmsOf = (
  group: Pick<Group, 'file' | 'name'>,
  before: readonly AlertState[],
  after: readonly AlertState[],
): Alarm[] => {
  const known = new Map(before.map(alert => [keyOf(alert.labels), alert]));
  return after.flatMap(alert => {
    const was = known.get(keyOf(alert.labels));
    if (alert.state === 'firing' && alert.firedMs !== was?.firedMs) return [alarmOf(group, alert, 'FIRING')];
    if (alert.state === 'inactive' && was?.state === 'firing') return [alarmOf(group, alert, 'RESOLVED')];
    return [];
  });
};

const alarmOf = (
  group: Pick<Group, 'file' | 'name'>,
  { labels, annotations, value, activeMs, firedMs = 0, resolvedMs = 0 }: AlertState,
  kind: 'FIRING' | 'RESOLVED',
): Alarm => {
  const name = labelOf(labels, 'alertname');
  const others = labels
    .filter(([label]) => label !== 'alertname')
    .map(([label, text]) => `${label}=${JSON.stringify(text)}`);
  const head = plain(`${name}${others.length > 0 ? ` {${others.join(', ')}}` : ''}`);
  const about = annotations['summary'] ?? annotations['description'] ?? annotations['message'];
  const detail = about === undefined ? '' : ` ${plain(about)}`;
  const text =
    kind === 'FIRING'
      ? `FIRING: ${head}. Since ${utc(activeMs)}, value ${value}.${detail}`
      : `RESOLVED: ${head}. Fired for ${lengthOf(resolvedMs - firedMs)}, from ${utc(firedMs)} to ${utc(resolvedMs)}.${detail}`;
  return {
    // The same whoever evaluates the same instant, and whenever it is announced again.
    id: `${groupIdOf(group)}/${head}#${firedMs}${kind === 'RESOLVED' ? '-resolved' : ''}`,
    kind,
    subject: subjectOf(`${kind}: ${head}`),
    text,
    job: labelOf(labels, 'job'),
    instance: labelOf(labels, 'instance'),
    reason: name,
    sinceMs: activeMs,
    atMs: kind === 'FIRING' ? firedMs : resolvedMs,
    labels: Object.fromEntries(labels),
    annotations,
  };
};
