import { Command } from 'commander';
import type { Crowd } from '../../core/flush/flushes.ts';
import { limits } from '../../core/limits.ts';
import type { Connect } from './collector.ts';
import { Complaint } from './complaint.ts';
import { show } from './show.ts';

type Answer = {
  readonly data?: { readonly producers: number; readonly crowds: readonly Crowd[] };
  readonly error?: string;
};

export const flushesCommand = (connect: Connect): Command =>
  new Command('flushes')
    .description('producers that push in the same second as many others, where each could push at its own offset')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  sluice flushes')
    .action(async (options: { json?: boolean }) => {
      const { data, error } = (await (await connect()).get('/v1/flushes')) as Answer;
      if (data === undefined) throw new Complaint(error ?? 'the collector did not say');
      const rows = data.crowds.map(({ secondMs, sources, share, jobs }) => ({
        second: new Date(secondMs).toISOString().slice(11, 19),
        producers: sources,
        share: `${Math.round(share * 100)} %`,
        jobs: jobs.map(({ job, sources: count }) => `${job === '' ? '(no job)' : job} ${count}`).join(', '),
      }));
      const spread = `${data.producers} producers in the last ${limits.crowdSpanMs / 60_000} minutes, and no second has a crowd`;
      show(rows, options, spread);
      if (rows.length > 0 && !options.json)
        console.log(
          'each answer says when to push instead: X-Sluice-Flush-Offset-Ms, into the minute or into X-Sluice-Flush-Interval-Ms',
        );
    });
