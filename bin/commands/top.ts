import { Command } from 'commander';
import type { Collector, Connect } from './collector.ts';
import { Complaint } from './complaint.ts';
import { asked, instantQuery, type Ranged } from './query.ts';
import { show } from './show.ts';

export const topCommand = (connect: Connect): Command =>
  new Command('top')
    .description('who sends most, and which metrics have most series, in the last minutes')
    .option('--count <n>', 'how many of each', '10')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  sluice top --count 5')
    .action(async ({ count, json }: { count: string; json?: boolean }) => {
      const collector = await connect();
      const most = Math.max(1, Math.floor(Number(count)) || 10);
      const all = '{__name__=~".+"}';
      const [counts, wide] = await Promise.all([
        countsOf(collector),
        instantQuery(collector, `topk(${most}, count by (__name__) (${all}))`),
      ]);
      const sources = counts
        .sort((a, b) => b.samples - a.samples || b.series - a.series)
        .slice(0, most)
        .map(({ samples, ...each }) => ({
          ...each,
          samplesPerSecond: Math.round((samples / windowSeconds) * 100) / 100,
        }));
      const metrics = wide.map(({ metric, value }) => ({ metric: metric['__name__'], series: Number(value[1]) }));
      if (json) {
        console.log(JSON.stringify({ sources, metrics }, null, 2));
        return;
      }
      show(sources, {}, 'nobody sent anything in the last two minutes');
      if (metrics.length > 0) console.log('');
      if (metrics.length > 0) show(metrics, {}, '');
    });

const windowSeconds = 120;

type Count = { readonly job: string; readonly instance: string; samples: number; series: number };

/** Samples of the last two minutes by source. Asked for all at once, and job by job where that is too much for one answer. */
const countsOf = async (collector: Collector): Promise<Count[]> => {
  const counts = new Map<string, Count>();
  const count = async (selector: string): Promise<void> => {
    const query = `${selector}[${windowSeconds}s]`;
    const { result } = await asked<{ result: readonly Ranged[] }>(collector, '/api/v1/query', { query });
    for (const { metric, values } of result) {
      const { job = '', instance = '' } = metric;
      const key = JSON.stringify([job, instance]);
      const own = counts.get(key) ?? { job, instance, samples: 0, series: 0 };
      counts.set(key, own);
      own.samples += values.length;
      own.series += 1;
    }
  };
  try {
    await count('{__name__=~".+"}');
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    const jobs = await asked<string[]>(collector, '/api/v1/label/job/values', {});
    for (const job of jobs) await count(`{job=${JSON.stringify(job)},__name__=~".+"}`);
  }
  return [...counts.values()];
};
