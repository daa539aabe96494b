import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import { expositionOf } from '../../core/exposition/read.ts';
import { limits } from '../../core/limits.ts';
import { writeRequestsOf } from '../../core/onward/write-request.ts';
import { batchesOf, type GatheredSample } from '../../core/protocol/gather.ts';
import { textOfReject } from '../../core/reject.ts';
import type { Collector, Connect } from './collector.ts';
import { Complaint } from './complaint.ts';
import { Bookmark, telling, untilInterrupted } from './progress.ts';
import { printable } from './show.ts';

/** Read and sent at once: some ten thousand samples, a push of which takes a second. */
const pieceBytes = 1_048_576;
const tries = 8;

export const remoteWriteHeaders = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
} as const;

type Mark = {
  readonly size: number;
  readonly url: string;
  readonly offset: number;
  readonly samples: number;
  readonly refused: number;
};
type BackfillOptions = { format?: string; job?: string; json?: boolean };

export const backfillCommand = (connect: Connect): Command =>
  new Command('backfill')
    .argument('<file>', 'OpenMetrics or Prometheus text whose samples have times')
    .description(
      'bring in samples of the past; interrupted, the same command goes on where it stopped, and nothing counts twice',
    )
    .option(
      '--format <name>',
      'openmetrics (times in seconds) or text (in milliseconds); default: by whether it ends in # EOF',
    )
    .option('--job <job>', 'the job of samples that name none')
    .option('--json', 'print JSON at the end')
    .addHelpText('after', '\nExample:\n  promtool tsdb dump-openmetrics data > past.om && sluice backfill past.om')
    .action(async (path: string, options: BackfillOptions) => {
      const collector = await connect();
      const file = open(path);
      const { size } = fstatSync(file);
      const contentType = contentTypeOf(options.format, file, size);
      const bookmark = new Bookmark<Mark>(path);
      const before = bookmark.read();
      const goesOn = before?.size === size && before.url === collector.url;
      let mark: Mark = goesOn ? before : { size, url: collector.url, offset: 0, samples: 0, refused: 0 };
      if (goesOn) console.error(`going on after ${mark.samples.toLocaleString('en')} samples`);
      const progress = telling();
      const { isInterrupted, done } = untilInterrupted();
      try {
        while (mark.offset < size && !isInterrupted()) {
          const piece = pieceAt(file, mark.offset, size);
          const { samples, refused } = await send(collector, piece, contentType, options.job);
          mark = {
            ...mark,
            offset: mark.offset + piece.length,
            samples: mark.samples + samples,
            refused: mark.refused + refused,
          };
          bookmark.write(mark);
          progress.tell(mark.offset / size, `${mark.samples.toLocaleString('en')} samples`);
        }
      } finally {
        progress.end();
        done();
        closeSync(file);
      }
      if (mark.offset < size) {
        console.error(
          `stopped after ${mark.samples.toLocaleString('en')} samples: the same command goes on from there`,
        );
        process.exitCode = 130;
        return;
      }
      bookmark.remove();
      const { samples, refused } = mark;
      if (options.json) console.log(JSON.stringify({ samples, refused }));
      else
        console.log(
          `brought in ${samples.toLocaleString('en')} samples${refused === 0 ? '' : `, ${refused.toLocaleString('en')} were refused`}`,
        );
      if (refused > 0) process.exitCode = 1;
    });

const open = (path: string): number => {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new Complaint(`${path} cannot be read: ${(error as Error).message}`);
  }
};

const contentTypeOf = (format: string | undefined, file: number, size: number): string => {
  const types = { openmetrics: 'application/openmetrics-text', text: 'text/plain' } as const;
  if (format === 'openmetrics' || format === 'text') return types[format];
  if (format !== undefined) throw new Complaint(`--format is openmetrics or text, found ${format}`);
  const tail = Buffer.alloc(Math.min(64, size));
  readSync(file, tail, 0, tail.length, size - tail.length);
  return /# EOF\s*$/.test(tail.toString('latin1')) ? types.openmetrics : types.text;
};

/** Whole lines from an offset on; the last piece ends with the file. */
const pieceAt = (file: number, offset: number, size: number): Buffer => {
  const piece = Buffer.alloc(Math.min(pieceBytes, size - offset));
  readSync(file, piece, 0, piece.length, offset);
  if (offset + piece.length >= size) return piece;
  const end = piece.lastIndexOf(10);
  if (end === -1) throw new Complaint(`a line of more than ${pieceBytes} bytes stands at ${offset}`);
  return piece.subarray(0, end + 1);
};

/** Sends a piece whole. What can never be taken is counted and told once; a collector that is busy is waited for. */
const send = async (
  collector: Collector,
  piece: Uint8Array,
  contentType: string,
  job: string | undefined,
): Promise<{ readonly samples: number; readonly refused: number }> => {
  const { value, rejects } = expositionOf(contentType)!(endless(piece, contentType), { samples: pieceBytes });
  if (rejects[0] !== undefined) throw new Complaint(printable(`not sent: ${textOfReject(rejects[0])}`));
  const samples: GatheredSample[] = value.samples.map(({ labels, value: number, timestampMs }) => {
    if (timestampMs === undefined)
      throw new Complaint('a sample without a time: only what says when it was belongs into the past');
    return { labels, value: number, timestampMs };
  });
  const batches = batchesOf(samples, {
    id: 'backfill',
    via: 'push',
    acceptedAtMs: 0,
    ...(job !== undefined && { sourceLabels: [['job', job]] as never }),
  });
  let refused = 0;
  const bodies = writeRequestsOf(batches);
  for (const [at, body] of bodies.entries()) {
    const count = at === bodies.length - 1 ? samples.length - at * limits.onwardSamples : limits.onwardSamples;
    refused += await deliver(collector, body, count);
  }
  return { samples: samples.length - refused, refused };
};

const endMark = new TextEncoder().encode('# EOF\n');

/** Of OpenMetrics a reader wants the end: each piece has one. */
const endless = (piece: Uint8Array, contentType: string): Uint8Array =>
  contentType.startsWith('application/openmetrics') &&
  !/# EOF\s*$/.test(Buffer.from(piece.subarray(-16)).toString('latin1'))
    ? Buffer.concat([piece, endMark])
    : piece;

let isTold = false;

/** Answers how many samples of it were refused for good. */
const deliver = async (collector: Collector, body: Uint8Array, count: number): Promise<number> => {
  for (let attempt = 1; ; attempt += 1) {
    const { status, text, headers } = await collector.post('/api/v1/write', body, remoteWriteHeaders);
    if (status < 300) return 0;
    if (status === 400) {
      if (!isTold) console.error(printable(`\nrefused: ${text.slice(0, 300)}`));
      isTold = true;
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
