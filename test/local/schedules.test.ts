import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readRate, startSchedule } from '../../local/schedules.ts';

beforeEach(() => vi.useFakeTimers({ now: Date.UTC(2026, 0, 1, 12, 0, 20) }));
afterEach(() => vi.useRealTimers());

test.each([
  ['rate(1 minute)', 60_000],
  ['rate(15 minutes)', 900_000],
  ['rate(2 hours)', 7_200_000],
  ['rate(1 day)', 86_400_000],
  ['cron(0 12 * * ? *)', undefined],
  ['rate(1 fortnight)', undefined],
])('%s is every %s ms', (expression, everyMs) => {
  expect(readRate(expression)).toBe(everyMs);
});

test('runs at once and then at each full minute, told which one', async () => {
  const events: unknown[] = [];
  const stop = startSchedule({
    name: 'tick',
    everyMs: 60_000,
    input: '{"scheduledAt":"<aws.scheduler.scheduled-time>"}',
    invoke: async event => events.push(event),
    print: () => undefined,
  });
  await vi.advanceTimersByTimeAsync(39_999);
  expect(events).toEqual([{ scheduledAt: '2026-01-01T12:00:20Z' }]);
  await vi.advanceTimersByTimeAsync(60_001);
  expect(events.slice(1)).toEqual([{ scheduledAt: '2026-01-01T12:01:00Z' }, { scheduledAt: '2026-01-01T12:02:00Z' }]);
  stop();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(events).toHaveLength(3);
});
