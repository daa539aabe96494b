// A page of 240 KB that is all histograms, as a service with many routes has it: no page of Debian's exporters is like it.

const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const families = 5;
const routes = 31;

/** The page after `step` scrapes: every histogram has seen requests since the one before. The same step, the same bytes. */
export const histogramPage = (step: number): string => {
  const lines: string[] = [];
  for (let family = 0; family < families; family += 1) {
    const name = `http_service_${family}_request_duration_seconds`;
    lines.push(`# HELP ${name} How long requests took, in seconds.`, `# TYPE ${name} histogram`);
    for (let route = 0; route < routes; route += 1) {
      const labels = `method="${['GET', 'POST', 'PUT'][route % 3]}",path="/api/v1/things/${route}",code="200"`;
      let count = 0;
      let sum = 0;
      bounds.forEach((bound, at) => {
        const seen = Math.floor(
          (1 + ((family * 7 + route * 3 + at * 5) % 11)) * (100 + 3 * step) + ((step * (at + 1)) % 7),
        );
        count += seen;
        sum += seen * bound * 0.7351;
        lines.push(`${name}_bucket{${labels},le="${bound}"} ${count}`);
      });
      count += step % 5;
      lines.push(`${name}_bucket{${labels},le="+Inf"} ${count}`);
      lines.push(`${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${count}`);
    }
  }
  return `${lines.join('\n')}\n`;
};
