import { labelSetOf } from '../labels.ts';
import type { GatheredSample } from '../protocol/gather.ts';
import { anyInstance, type Heartbeat } from './heartbeat.ts';

/**
 * A pushing source's state as series: `up{via="push"}`, and while it is down `up_reason` with the reason as its label, which
 * ends with the recovery. Nothing of who was never heard, is paused, or is known by scrapes alone.
 */
export const upSamplesOf = ({ key, promise, state, downReason }: Heartbeat): GatheredSample[] => {
  if (promise === undefined || (state !== 'up' && state !== 'down' && state !== 'recovering')) return [];
  const labels = (name: string, more: readonly (readonly [string, string])[] = []) =>
    labelSetOf([
      ['__name__', name],
      ['job', key.job],
      ...(key.instance === anyInstance ? [] : [['instance', key.instance] as const]),
      ['via', 'push'],
      ...more,
    ]);
  const isDown = state === 'down';
  const up = { labels: labels('up'), value: isDown ? 0 : 1 };
  if (downReason === undefined) return [up];
  const reason = labels('up_reason', [['reason', downReason]]);
  return [up, isDown ? { labels: reason, value: 1 } : { labels: reason, value: 1, stale: true }];
};
