import { setTimeout as wait } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { limits } from '../../core/limits.ts';
import { writeRequestsOf } from '../../core/onward/write-request.ts';
import { batchesOf } from '../../core/protocol/gather.ts';
import type { Collector, Connect } from './collector.ts';
import { Complaint } from './complaint.ts';
import { openPast, type Past, type Piece, pastFormats } from './past.ts';
import { Bookmark, telling, untilInterrupted } from './progress.ts';
import { printable } from './show.ts';

const tries = 8;

export const remoteWriteHeaders = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
} as const;

/** How far a file was brought in: up to `offset`, and `sent` requests of the piece that stands there. */
type Mark = {
  readonly size: number;
  readonly url: string;
  readonly offset: number;
  readonly sent: number;
  readonly samples: number;
  readonly refused: number;
};
type BackfillOptions = { format?: string; job?: string; json?: boolean };

export const backfillCommand = (connect: Connect): Command =>
  new Command('backfill')
    .argument(
      '<file...>',
      'OpenMetrics or Prometheus text whose samples have times, or requests of remote write: one, or several each after its length',
    )
    .description(
      'bring in samples of the past; interrupted, the same command goes on where it stopped, and nothing counts twice',
    )
    .addOption(
      new Option(
        '--format <name>',
        'openmetrics (times in seconds), text (in milliseconds) or remote-write (packed by snappy or not); default: by its bytes',
      ).choices(pastFormats),
    )
    .option('--job <job>', 'the job of samples that name none')
    .option('--json', 'print JSON at the end')
    .addHelpText(
      'after',
      `
Examples:
  promtool tsdb dump-openmetrics data > past.om && sluice backfill past.om
  sluice backfill --format remote-write spool/*.snappy`,
    )
    .action(async (paths: readonly string[], options: BackfillOptions) => {
      const collector = await connect();
      const total = { samples: 0, refused: 0 };
      const { isInterrupted } = untilInterrupted();
      for (const path of paths) {
        const past = openPast(path, options.format, collector.ports.clock.nowMs());
        const mark = await bringIn(collector, path, past, { ...options, isInterrupted }).finally(past.close);
        total.samples += mark.samples;
        total.refused += mark.refused;
        if (mark.offset < mark.size) {
          console.error(
            `stopped after ${mark.samples.toLocaleString('en')} samples: the same command goes on from there`,
          );
          process.exitCode = 130;
          return;
        }
      }
      // Only now: a file of several that is brought in once more would be no harm, but time.
      for (const path of paths) new Bookmark<Mark>(path).remove();
      const { samples, refused } = total;
      if (options.json) console.log(JSON.stringify({ samples, refused }));
      else
        console.log(
          `brought in ${samples.toLocaleString('en')} samples${refused === 0 ? '' : `, ${refused.toLocaleString('en')} were refused`}`,
        );
      if (refused > 0) process.exitCode = 1;
    });

/** Brings in a file from where it was left, until its end or an interruption. */
const bringIn = async (
  collector: Collector,
  path: string,
  { size, pieceAt }: Past,
  { job, isInterrupted }: BackfillOptions & { readonly isInterrupted: () => boolean },
): Promise<Mark> => {
  const bookmark = new Bookmark<Mark>(path);
  const before = bookmark.read();
  const goesOn = before?.size === size && before.url === collector.url;
  let mark: Mark = goesOn
    ? { ...before, sent: before.sent ?? 0 }
    : { size, url: collector.url, offset: 0, sent: 0, samples: 0, refused: 0 };
  if (goesOn && mark.offset < size) console.error(`going on after ${mark.samples.toLocaleString('en')} samples`);
  const progress = telling();
  const noted = (next: Mark): void => {
    mark = next;
    bookmark.write(mark);
    progress.tell(mark.offset / size, `${mark.samples.toLocaleString('en')} samples`);
  };
  try {
    while (mark.offset < size && !isInterrupted()) {
      const piece = pieceAt(mark.offset);
      if (piece.problem !== undefined) tellOnce(piece.problem);
      const requests = requestsOf(piece, job);
      for (const { body, count } of requests.slice(mark.sent)) {
        if (isInterrupted()) return mark;
        const refused = await deliver(collector, body, count);
        noted({
          ...mark,
          sent: mark.sent + 1,
          samples: mark.samples + count - refused,
          refused: mark.refused + refused,
        });
      }
      noted({ ...mark, offset: mark.offset + piece.bytes, sent: 0, refused: mark.refused + piece.refused });
    }
  } finally {
    progress.end();
  }
  return mark;
};

/** The requests that carry a piece, the same for the same piece, and how many samples are in each. */
const requestsOf = ({ samples }: Piece, job: string | undefined): readonly { body: Uint8Array; count: number }[] => {
  const batches = batchesOf(samples, {
    id: 'backfill',
    via: 'push',
    acceptedAtMs: 0,
    ...(job !== undefined && { sourceLabels: [['job', job]] as never }),
  });
  const bodies = writeRequestsOf(batches);
  return bodies.map((body, at) => ({
    body,
    count: at === bodies.length - 1 ? samples.length - at * limits.onwardSamples : limits.onwardSamples,
  }));
};

let isTold = false;

const tellOnce = (problem: string): void => {
  if (!isTold) console.error(printable(`\nrefused: ${problem.slice(0, 300)}`));
  isTold = true;
};

/** Answers how many samples of it were refused for good; a collector that is busy is waited for. */
const deliver = async (collector: Collector, body: Uint8Array, count: number): Promise<number> => {
  for (let attempt = 1; ; attempt += 1) {
    const { status, text, headers } = await collector.post('/api/v1/write', body, remoteWriteHeaders);
    if (status < 300) return 0;
    if (status === 400) {
      tellOnce(text);
      // The good ones of a request are kept, and the answer says how many those were.
      const written = Number(headers['x-prometheus-remote-write-samples-written'] ?? 0);
      return Math.max(0, count - written);
    }
    if (status < 500 && status !== 429)
      throw new Complaint(`the collector answered ${status}: ${printable(text.slice(0, 300))}`);
    if (attempt === tries) throw new Complaint(`the collector is busy (${status}): the same command goes on from here`);
    await wait(Number(headers['retry-after'] ?? attempt) * 1_000);
  }
};
