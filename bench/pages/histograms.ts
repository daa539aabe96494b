import type { Page } from './pages.ts';

// The generated page: a service with 47 routes, each with a latency and a size histogram, as Go's client would serve it.
// About 240 KB and 2,350 series, busy routes and idle ones; the same bytes each time it is made.

const routes = 47;
const latencyBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const sizeBounds = [100, 1_000, 10_000, 100_000, 1e6, 1e7, 1e8, 1e9];
const methods = ['GET', 'POST'] as const;

/** Mulberry32: small, well spread, and the same everywhere. */
const randomOf = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const at = this.#bounds.findIndex(bound => value <= bound);
    this.#counts[at === -1 ? this.#bounds.length : at]! += 1;
    this.#sum += value;
  }

  lines(name: string, labels: string): string[] {
    let total = 0;
    const lines = this.#counts.map((count, at) => {
      total += count;
      const bound = at < this.#bounds.length ? goFloat(this.#bounds[at]!) : '+Inf';
      return `${name}_bucket{${labels},le="${bound}"} ${goFloat(total)}`;
    });
    return [...lines, `${name}_sum{${labels}} ${goFloat(this.#sum)}`, `${name}_count{${labels}} ${goFloat(total)}`];
  }
}

/** As Go's client writes it: strconv.AppendFloat with 'g', an exponent from 1e-05 down and from 1e+06 up. */
const goFloat = (value: number): string => {
  if (value === 0 || (Math.abs(value) >= 1e-4 && Math.abs(value) < 1e6)) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
};

/** Pages every 15 s from `startMs` on. */
export const histogramPages = (count: number, startMs: number): Page[] => {
  const random = randomOf(20_260_101);
  const served = Array.from({ length: routes }, (_, route) =>
    methods.map(method => ({
      labels: `method="${method}",path="/api/v1/resource${route}/{id}",code="${random() < 0.9 ? 200 : 404}"`,
      // Rates spread over orders of magnitude; a fifth of the routes is idle.
      perSecond: random() < 0.2 ? 0 : 10 ** (random() * 3.5 - 1.5),
      meanSeconds: 10 ** (random() * 2.5 - 2.7),
      latency: new Histogram(latencyBounds),
      size: new Histogram(sizeBounds),
    })),
  ).flat();
  return Array.from({ length: count }, (_, index): Page => {
    const lines = ['# HELP http_request_duration_seconds Answering.', '# TYPE http_request_duration_seconds histogram'];
    for (const each of served) {
      const seen = Math.floor(each.perSecond * 15 + random());
      for (let made = 0; made < (each.perSecond === 0 ? 0 : seen); made += 1) {
        // Whole nanoseconds, summed as float seconds: the sum gathers rounding, as the client library's does.
        each.latency.observe(Math.round(-Math.log(1 - random()) * each.meanSeconds * 1e9) / 1e9);
        each.size.observe(Math.round(10 ** (2 + random() * 3)));
      }
      lines.push(...each.latency.lines('http_request_duration_seconds', each.labels));
    }
    lines.push('# HELP http_response_size_bytes Size of the answer.', '# TYPE http_response_size_bytes histogram');
    for (const each of served) lines.push(...each.size.lines('http_response_size_bytes', each.labels));
    return { timestampMs: startMs + index * 15_000, text: `${lines.join('\n')}\n` };
  });
};
