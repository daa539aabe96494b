import { useEffect, useState } from 'preact/hooks';
import { collectorNowMs } from './api.ts';
import { Chart } from './chart.tsx';
import { askChart, type Chart as ChartData } from './promql.ts';

const titles: readonly (readonly [metric: string, title: string])[] = [
  ['up', 'Up'],
  ['scrape_duration_seconds', 'How long a scrape takes (s)'],
  ['scrape_samples_scraped', 'Samples on its page'],
];

const rangeSeconds = 3_600;
const stepSeconds = 30;

/** How a target did in the last hour, by its own series. */
export const SourceCharts = ({ selector }: { readonly selector: string }) => {
  const [charts, setCharts] = useState<readonly ChartData[]>([]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const abort = new AbortController();
    const look = async (): Promise<void> => {
      const toSeconds = Math.floor(collectorNowMs() / 1_000 / stepSeconds) * stepSeconds;
      const asked = titles.map(([metric]) =>
        askChart(`${metric}${selector}`, toSeconds - rangeSeconds, toSeconds, stepSeconds, abort.signal),
      );
      const told = await Promise.all(asked).catch(() => undefined);
      if (abort.signal.aborted) return;
      if (told !== undefined) setCharts(told.map(({ answer }) => answer));
      timer = setTimeout(look, 15_000);
    };
    void look();
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [selector]);
  return (
    <div class="source-charts">
      {charts.map((chart, at) => (
        <section key={titles[at]![0]}>
          <h2>{titles[at]![1]}</h2>
          {chart.lines.length === 0 ? (
            <p class="soft">nothing in the last hour</p>
          ) : (
            <Chart data={chart} height={140} label={titles[at]![1]} />
          )}
        </section>
      ))}
    </div>
  );
};
