import { type Measure, measures } from '../../core/measures.ts';
import type { Mirrored } from '../../core/onward/mirror.ts';
import type { Clock, Log, Measures, Mirror, PushedBy } from '../ports.ts';

/** Writes one line of JSON to where CloudWatch Logs takes it as it is. `console` would wrap it as a text. */
type WriteLine = (line: string) => void;

/** One JSON line an event. Never bodies, never label values. */
export const lineLog = (write: WriteLine): Log => ({
  write: (level, message, details = {}) => write(JSON.stringify({ level, message, ...details })),
});

/**
 * Measures as lines in CloudWatch's embedded metric format, made into metrics by CloudWatch itself: no call to wait for,
 * none to fail. One line a flush, and none where there is nothing to say: a metric costs by the hour it is told in.
 */
export const lineMeasures = (write: WriteLine, clock: Clock, collector: string): Measures => {
  const gathered = new Map<Measure, number>();
  let beside: PushedBy | undefined;
  return {
    about: about => {
      beside = about;
    },
    tell: told => {
      for (const [name, value] of Object.entries(told) as [Measure, number][])
        if (value !== 0) gathered.set(name, together(name, gathered.get(name) ?? 0, value));
    },
    flush: () => {
      if (gathered.size === 0) return;
      const Metrics = [...gathered.keys()].map(Name => ({ Name, Unit: measures[Name] }));
      const CloudWatchMetrics = [{ Namespace: 'Sluice', Dimensions: [['Collector']], Metrics }];
      const _aws = { Timestamp: clock.nowMs(), CloudWatchMetrics };
      write(JSON.stringify({ _aws, Collector: collector, ...Object.fromEntries(gathered), ...beside }));
      gathered.clear();
      beside = undefined;
    },
  };
};

/** Series of the user's as metrics of CloudWatch's, with their own names, labels and times, in the namespace `Sluice/Series`. */
export const lineMirror = (write: WriteLine, chosen: readonly Mirrored[]): Mirror => ({
  chosen,
  show: reflections => {
    for (const { timestampMs, labels, values } of reflections) {
      const Metrics = Object.keys(values).map(Name => ({ Name }));
      const Dimensions = [labels.map(([name]) => name)];
      const _aws = { Timestamp: timestampMs, CloudWatchMetrics: [{ Namespace: 'Sluice/Series', Dimensions, Metrics }] };
      write(JSON.stringify({ ...Object.fromEntries(labels), ...values, _aws }));
    }
  },
});

/** Counts add up; of durations the longest matters. */
const together = (name: Measure, one: number, other: number): number =>
  measures[name] === 'Count' ? one + other : Math.max(one, other);
