import { limits } from '../core/limits.ts';
import { ownMetrics } from '../core/view/own-metrics.ts';
import type { Ports } from '../io/ports.ts';

/** The collector's own page of metrics. A look is charged by the metric, so that a scrape more often than it changes has the one before. */
export const ownPage = ({ clock, vitals, log }: Pick<Ports, 'clock' | 'vitals' | 'log'>) => {
  let last: { readonly atMs: number; readonly page: string } | undefined;
  return async (): Promise<string> => {
    const nowMs = clock.nowMs();
    if (last !== undefined && nowMs - last.atMs < limits.ownMetricsKeptMs && isSameDay(last.atMs, nowMs))
      return last.page;
    try {
      const midnightMs = nowMs - (nowMs % limits.catalogSpanMs);
      const [told, buffered] = await Promise.all([
        vitals.told(midnightMs, nowMs, limits.ownMetricsEveryMs),
        vitals.buffered(),
      ]);
      last = { atMs: nowMs, page: ownMetrics(told, buffered) };
      return last.page;
    } catch (error) {
      // Groups are shown all the same, and old figures are better than none.
      log.write('warn', 'own metrics are not to be had', { cause: (error as Error).message });
      return last?.page ?? '';
    }
  };
};

const isSameDay = (oneMs: number, otherMs: number): boolean =>
  Math.floor(oneMs / limits.catalogSpanMs) === Math.floor(otherMs / limits.catalogSpanMs);
