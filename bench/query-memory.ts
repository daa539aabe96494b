import { execFileSync } from 'node:child_process';
import { type Batch, type Source, sourceIdOf, sourceOf } from '../core/batch.ts';
import { labelSetOf } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { Column } from '../core/sample.ts';
import { segmentsOf } from '../core/segment/gather.ts';
import { query } from '../functions/query.ts';
import { memoryPorts } from '../io/memory/ports.ts';

// Does the worst query that is allowed stay inside the function's memory? Each in a process of its own, over as many series and
// samples as the limits take; what the process held at most is printed beside what Lambda gives (lib/collector.ts, Query).

const functionMiB = 1_769;
const startMs = Date.UTC(2026, 5, 1);
const sources = 99;
const perSource = 500;
const everyMs = 15_000;
/** Just below limits.querySamples with all series, and just below an hour. */
const slots = Math.floor((limits.querySamples * 0.99) / (sources * perSource));
const endMs = startMs + slots * everyMs;

const everything = '{job=~".+"}';
const questions: Readonly<Record<string, { readonly text: string; readonly stepMs?: number }>> = {
  'a sum of all': { text: `sum(rate(${everything}[5m]))`, stepMs: 15_000 },
  'a quantile of all, which holds all': { text: `quantile(0.9, ${everything})`, stepMs: 60_000 },
  'two sides of as many series': {
    text: `sum(${everything} * on (job, instance, path, __name__) ${everything})`,
    stepMs: 120_000,
  },
  'a union': { text: `count(${everything} or ${everything} offset 1m)`, stepMs: 120_000 },
  'sorted windows': { text: `sum(quantile_over_time(0.9, ${everything}[2m]))`, stepMs: 120_000 },
  'label_replace of all': { text: `count(label_replace(${everything}, "a", "$1-x", "path", "(.*)"))`, stepMs: 120_000 },
  'as long an answer as there may be': { text: everything, stepMs: 600_000 },
  'more than that': { text: everything, stepMs: 15_000 },
};

const stored = async () => {
  const ports = memoryPorts({ startMs: endMs + 60_000 });
  const timestampsMs = Array.from({ length: slots }, (_, slot) => startMs + slot * everyMs);
  const series = Array.from({ length: perSource }, (_, at) => {
    const column = new Column(slots);
    for (let slot = 0; slot < slots; slot += 1) column.set(slot, Math.sin(at + slot) * 1_000);
    return {
      labels: labelSetOf([
        ['__name__', `metric_${at % 50}`],
        ['path', `/some/path/${at}`],
      ]),
      column,
    };
  });
  const batch = (source: Source): Batch => ({
    id: 'x',
    via: 'pull',
    source,
    acceptedAtMs: startMs,
    columns: { timestampsMs, pages: new Set(), series },
  });
  const sourceAt = (at: number): Source =>
    sourceOf(
      labelSetOf([
        ['instance', `i${at}`],
        ['job', `job${at % 10}`],
      ]),
    );
  const writes = segmentsOf([{ batch: batch(sourceAt(0)), part: 0 }]);
  for (let at = 0; at < sources; at += 1) {
    const source = sourceAt(at);
    const sourceId = sourceIdOf(source);
    await ports.series.add({
      chunks: writes.chunks,
      catalog: writes.catalog.map(entry => ({ ...entry, source })),
      segments: writes.segments.map(segment => ({ ...segment, sourceId })),
    });
  }
  return ports;
};

const ask = async ({ text, stepMs = everyMs }: { readonly text: string; readonly stepMs?: number }): Promise<void> => {
  const ports = await stored();
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const parameters = {
    query: text,
    start: String(startMs / 1_000),
    end: String(endMs / 1_000),
    step: String(stepMs / 1_000),
  };
  const event = {
    rawPath: '/api/v1/query_range',
    rawQueryString: String(new URLSearchParams(parameters)),
    headers: {},
    requestContext: { authorizer: { iam: {} } },
  };
  const cpu = process.cpuUsage();
  const answer = (await query(ports)(event as never, { getRemainingTimeInMillis: () => 600_000 } as never)) as {
    readonly statusCode: number;
    readonly body: string;
  };
  const { user, system } = process.cpuUsage(cpu);
  const most = process.resourceUsage().maxRSS / 1_024;
  const said = (JSON.parse(answer.body) as { error?: string }).error ?? `${answer.body.length} bytes`;
  console.log(
    JSON.stringify({
      status: answer.statusCode,
      said,
      cpuSeconds: (user + system) / 1e6,
      before: before / 2 ** 20,
      most,
    }),
  );
};

const [, , only] = process.argv;
if (only !== undefined) await ask(questions[only]!);
else {
  console.log(
    `${sources * perSource} series, ${sources * perSource * slots} samples; the function has ${functionMiB} MiB`,
  );
  let worst = 0;
  for (const name of Object.keys(questions)) {
    const words = ['--expose-gc', `--max-old-space-size=${Math.floor(functionMiB * 0.9)}`, import.meta.filename, name];
    const found = JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' })) as Readonly<
      Record<'status' | 'said' | 'cpuSeconds' | 'before' | 'most', number>
    >;
    worst = Math.max(worst, found.most);
    console.log(
      `${name.padEnd(36)} ${String(found.status)} ${found.most.toFixed(0).padStart(5)} MiB at most (${found.before.toFixed(0)} before), ${found.cpuSeconds.toFixed(1)} s of CPU: ${found.said}`,
    );
  }
  console.log(`worst: ${worst.toFixed(0)} of ${functionMiB} MiB`);
  if (worst > functionMiB) process.exitCode = 1;
}
