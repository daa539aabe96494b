import type { Written } from '../core/promql/asking.ts';
import type { Chance } from '../simulation/chance.ts';

/** Where the data begins: a full hour, so that aligned questions meet aligned samples. */
export const startMs = Date.UTC(2026, 0, 5, 10);
export const endMs = startMs + 2 * 3_600_000;

type Labels = Readonly<Record<string, string>>;

/** Series of two hours: regular and irregular, with gaps, resets, and values that are no numbers. */
export const dataOf = (chance: Chance): Written[] => {
  const all: Written[] = [];
  for (const job of ['a', 'b']) {
    for (const code of ['200', '201', '500']) {
      let count = chance.between(0, 1_000);
      all.push(
        series({ __name__: 'requests_total', job, code }, times(chance, 15_000, 0.02), () => {
          count = chance.next() < 0.01 ? chance.between(0, 5) : count + chance.between(0, 20);
          return count;
        }),
      );
    }
    const counts = new Map<string, number>();
    for (const le of ['0.1', '0.5', '1', '+Inf']) {
      const speed = { '0.1': 1, '0.5': 3, '1': 4, '+Inf': 5 }[le]!;
      all.push(
        series({ __name__: 'latency_bucket', job, le }, times(chance, 30_000, 0), () => {
          counts.set(le, (counts.get(le) ?? 0) + speed);
          return counts.get(le)!;
        }),
      );
    }
    for (const room of ['kitchen', 'hall']) {
      const middle = chance.between(-20, 30);
      all.push(
        series({ __name__: 'temperature', job, room }, times(chance, 20_000, 0.05), timeMs =>
          Number((middle + 5 * Math.sin(timeMs / 600_000) + chance.next()).toFixed(chance.between(0, 6))),
        ),
      );
      all.push(series({ __name__: 'sparse', job, room }, times(chance, 120_000, 0.6), () => chance.between(-3, 3)));
    }
    all.push(
      series({ __name__: 'special', job }, times(chance, 60_000, 0.1), () =>
        chance.pick([0, 1, -1, Number.NaN, Infinity, -Infinity, 1e300, -1e-300, 0.1]),
      ),
    );
  }
  return all;
};

const series = (labels: Labels, at: readonly number[], value: (timeMs: number) => number): Written => ({
  labels,
  samples: at.map(timeMs => [timeMs, value(timeMs)] as const),
});

/** Regular times for one series in two, jittered ones for the other; gaps of some minutes now and then. */
const times = (chance: Chance, everyMs: number, lost: number): number[] => {
  const jitterMs = chance.next() < 0.5 ? 0 : everyMs / 3;
  const found: number[] = [];
  for (let atMs = startMs; atMs <= endMs; atMs += everyMs) {
    if (chance.next() < 0.004) atMs += chance.between(2, 8) * 60_000;
    if (atMs > endMs || chance.next() < lost) continue;
    found.push(atMs + chance.between(0, jitterMs));
  }
  return [...new Set(found)];
};

/** OpenMetrics, as promtool makes blocks of it. */
export const writeOpenMetrics = (all: readonly Written[]): string => {
  const byName = Map.groupBy(all, ({ labels }) => labels['__name__']!);
  const lines: string[] = [];
  for (const [name, group] of byName) {
    lines.push(`# TYPE ${name} unknown`);
    for (const { labels, samples } of group) {
      const inside = Object.entries(labels)
        .filter(([label]) => label !== '__name__')
        .map(([label, value]) => `${label}="${value}"`);
      for (const [timeMs, value] of samples)
        lines.push(
          `${name}{${inside.join(',')}} ${String(value).replace('Infinity', 'Inf')} ${(timeMs / 1_000).toFixed(3)}`,
        );
    }
  }
  return `${lines.join('\n')}\n# EOF\n`;
};
