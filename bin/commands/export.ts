import { appendFileSync, existsSync, truncateSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { writeSeries } from '../../core/exposition/write.ts';
import { labelSetOf } from '../../core/labels.ts';
import type { Collector, Connect } from './collector.ts';
import { Complaint } from './complaint.ts';
import { Bookmark, telling, untilInterrupted } from './progress.ts';
import { asked, durationMs, type Ranged } from './query.ts';

/** Samples of one question: an hour of a metric, so that no answer outgrows what the gateway takes. */
const pieceMs = 3_600_000;

type Mark = { readonly asked: string; readonly metrics: number; readonly bytes: number; readonly samples: number };
type ExportOptions = { out?: string; range: string; until?: string; json?: boolean };

export const exportCommand = (connect: Connect): Command =>
  new Command('export')
    .argument('[selector]', 'which series', '{__name__=~".+"}')
    .description('write stored samples as OpenMetrics; interrupted, the same command goes on where it stopped')
    .option('--range <duration>', 'this long', '24h')
    .option('--until <time>', 'until then, as 2026-01-31T12:00:00Z (default: now)')
    .option('--out <file>', 'into a file (default, or -: to the terminal or a pipe)')
    .option('--json', 'print JSON at the end: of what went into a file')
    .addHelpText(
      'after',
      '\nExamples:\n  sluice export \'{job="shop"}\' --range 7d --out shop.om\n  sluice export up --range 1h | gzip > up.om.gz',
    )
    .action(async (selector: string, options: ExportOptions) => {
      const collector = await connect();
      const rangeMs = durationMs('--range', options.range);
      const untilMs = options.until === undefined ? collector.ports.clock.nowMs() : Date.parse(options.until);
      if (Number.isNaN(untilMs))
        throw new Complaint(`--until takes a time such as 2026-01-31T12:00:00Z, found ${options.until}`);
      const out = options.out === '-' ? undefined : options.out;
      const bookmark = new Bookmark<Mark & { readonly untilMs: number }>(out ?? '');
      const question = JSON.stringify([collector.url, selector, options.range, options.until ?? 'now']);
      const before = out === undefined ? undefined : bookmark.read();
      const goesOn = before?.asked === question && out !== undefined && existsSync(out);
      // A question that goes on is the one it was: until the same instant.
      const endMs = goesOn ? before.untilMs : untilMs;
      let mark: Mark = goesOn ? before : { asked: question, metrics: 0, bytes: 0, samples: 0 };
      if (out !== undefined) {
        if (goesOn) truncateSync(out, mark.bytes);
        else writeFileSync(out, '');
      }
      const write = (text: string): void => {
        if (out === undefined) process.stdout.write(text);
        else appendFileSync(out, text);
      };
      const names = await namesOf(collector, selector, endMs - rangeMs, endMs);
      const progress = telling();
      const { isInterrupted, done } = untilInterrupted();
      for (const name of names.slice(mark.metrics)) {
        if (isInterrupted()) break;
        const { text, samples } = await pageOf(collector, named(selector, name), endMs - rangeMs, endMs);
        write(text);
        mark = {
          asked: question,
          metrics: mark.metrics + 1,
          bytes: mark.bytes + Buffer.byteLength(text),
          samples: mark.samples + samples,
        };
        if (out !== undefined) {
          bookmark.write({ ...mark, untilMs: endMs });
          progress.tell(mark.metrics / names.length, `${mark.samples.toLocaleString('en')} samples`);
        }
      }
      progress.end();
      done();
      if (mark.metrics < names.length) {
        console.error(
          `stopped after ${mark.samples.toLocaleString('en')} samples: the same command goes on from there`,
        );
        process.exitCode = 130;
        return;
      }
      write('# EOF\n');
      if (out === undefined) return;
      bookmark.remove();
      if (options.json) console.log(JSON.stringify({ samples: mark.samples, metrics: mark.metrics, file: out }));
      else console.log(`${mark.samples.toLocaleString('en')} samples of ${mark.metrics} metrics are in ${out}`);
    });

const namesOf = async (collector: Collector, selector: string, fromMs: number, toMs: number): Promise<string[]> =>
  (
    await asked<string[]>(collector, '/api/v1/label/__name__/values', {
      'match[]': selector,
      start: String(fromMs / 1_000),
      end: String(toMs / 1_000),
    })
  ).toSorted();

/** The selector with the metric's name in it. */
const named = (selector: string, name: string): string => {
  const matcher = `__name__=${JSON.stringify(name)}`;
  const braces = /^([^{]*)\{(.*)\}\s*$/s.exec(selector.trim());
  if (braces === null) return `{${matcher}}`;
  const inside = (braces[2] ?? '').trim().replace(/,$/, '');
  return `{${inside === '' ? '' : `${inside},`}${matcher}}`;
};

/** All samples of one metric, series by series, each in the order of its times. */
const pageOf = async (
  collector: Collector,
  selector: string,
  fromMs: number,
  toMs: number,
): Promise<{ readonly text: string; readonly samples: number }> => {
  const lines = new Map<string, string[]>();
  let samples = 0;
  for (let startMs = fromMs; startMs < toMs; startMs += pieceMs) {
    const endMs = Math.min(toMs, startMs + pieceMs);
    // A range begins after its older end: pieces meet and do not overlap.
    const { result } = await asked<{ result: readonly Ranged[] }>(collector, '/api/v1/query', {
      query: `${selector}[${endMs - startMs}ms]`,
      time: String(endMs / 1_000),
    });
    for (const { metric, values } of result) {
      const series = writeSeries(labelSetOf(Object.entries(metric)));
      const own = lines.get(series) ?? [];
      lines.set(series, own);
      for (const [seconds, value] of values) own.push(`${series} ${value} ${seconds}\n`);
      samples += values.length;
    }
  }
  return { text: [...lines.values()].flat().join(''), samples };
};
