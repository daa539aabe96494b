import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { loopsBetween } from '../core/scrape/loops.ts';
import { writeRow } from '../core/scrape/order.ts';
import { offsetsMsOf } from '../core/scrape/slots.ts';
import { decodeBatch } from '../core/segment/batch-message.ts';
import { bundlesOf } from '../lib/bundle.ts';

// What a worker that loops needs: memory and CPU of the shipped bundle over some spans of real scrapes, 200 targets of 500
// series at 15 s, in a Node whose heap is held to what Lambda would leave it.
//
//     node bench/loop-worker.ts [--targets 200] [--series 500] [--spans 2] [--memory 160] [--alike false]

const { values: words } = parseArgs({
  options: {
    targets: { type: 'string', default: '200' },
    series: { type: 'string', default: '500' },
    spans: { type: 'string', default: '2' },
    memory: { type: 'string', default: '160' },
    /** Whether the targets are replicas, with the same series, or each has its own. */
    alike: { type: 'string', default: 'true' },
  },
});
const [targets, series, spans, memoryMiB] = [words.targets, words.series, words.spans, words.memory].map(Number) as [
  number,
  number,
  number,
  number,
];
const spanMs = 120_000;
/** What Node and its code take beside the heap. */
const outsideHeapMiB = 85;

let scrapes = 0;
const pageOf = (target: number): string => {
  scrapes += 1;
  const own = words.alike === 'true' ? '' : `_of_${target}`;
  const lines: string[] = [];
  for (let at = 0; at < series; at += 1) {
    const family = Math.floor(at / 10);
    if (at % 10 === 0)
      lines.push(
        `# HELP app${own}_family_${family}_total What it counts.\n# TYPE app${own}_family_${family}_total counter\n`,
      );
    lines.push(`app${own}_family_${family}_total{device="device-${at % 10}",mode="mode-${at % 7}"} ${at * scrapes}\n`);
  }
  return lines.join('');
};

let [messages, requests, chunks, samples, times, bytes] = [0, 0, 0, 0, 0, 0];
const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(pageOf(Number(request.url?.slice(2))));
    return;
  }
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts);
    const { Entries } = JSON.parse(String(body)) as { Entries: { Id: string; MessageBody: string }[] };
    requests += 1;
    chunks += Math.ceil(body.length / 65_536);
    for (const { MessageBody } of Entries) {
      messages += 1;
      bytes += MessageBody.length;
      const read = decodeBatch(MessageBody);
      if (!read.ok) throw new Error('a message that cannot be read');
      times += read.batch.columns.timestampsMs.length;
      samples += read.batch.columns.timestampsMs.length * read.batch.columns.series.length;
    }
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end(
      JSON.stringify({
        Successful: Entries.map(({ Id, MessageBody }) => ({
          Id,
          MessageId: Id,
          MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
        })),
        Failed: [],
      }),
    );
  });
});
await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
const { port } = server.address() as AddressInfo;
const url = `http://127.0.0.1:${port}`;

const folder = mkdtempSync(join(tmpdir(), 'sluice-loop-'));
const bundle = join(folder, 'scrape.mjs');
writeFileSync(bundle, bundlesOf(join(import.meta.dirname, '../functions'))['scrape']!);

const planned = Array.from({ length: targets }, (_, index) => ({
  target: { id: `t${index}`, intervalMs: 15_000 },
  written: writeRow({ id: `t${index}`, url: `${url}/t${index}`, job: 'app', instance: `t${index}`, interval: '15s' }),
  report: false,
  shared: false,
}));
const startMs = Math.ceil((Date.now() + 3_000) / 1_000) * 1_000;
const orders = Array.from({ length: spans }, (_, at) => {
  // As the planner writes it, on a grid that begins now.
  const [order] = loopsBetween(
    planned,
    offsetsMsOf(planned.map(({ target }) => target)),
    at * spanMs,
    (at + 1) * spanMs,
  );
  return order!.body;
});
const script = `
  const { handler } = await import(${JSON.stringify(pathToFileURL(bundle).href)});
  const { setTimeout: wait } = await import('node:timers/promises');
  const shift = ${startMs};
  const orders = ${JSON.stringify(orders)};
  for (const [at, order] of orders.entries()) {
    const body = order.replace(/"dueMs":(\\d+),"untilMs":(\\d+)/, (_, from, to) => '"dueMs":' + (shift + Number(from)) + ',"untilMs":' + (shift + Number(to)));
    await wait(Math.max(0, shift + at * ${spanMs} - 1000 - Date.now()));
    const cpu = process.cpuUsage();
    const { batchItemFailures } = await handler({ Records: [{ messageId: 'a', body }] }, {});
    if (batchItemFailures.length > 0) throw new Error('not handed over');
    const { user, system } = process.cpuUsage(cpu);
    const { heapUsed, external, rss } = process.memoryUsage();
    console.log(JSON.stringify({ cpuSeconds: (user + system) / 1e6, awakeSeconds: (Date.now() - shift - at * ${spanMs}) / 1000 + 1, heapUsed, external, rss }));
  }
`;
const scriptFile = join(folder, 'run.mjs');
writeFileSync(scriptFile, script);
const child: ChildProcess = spawn(
  process.execPath,
  [`--max-old-space-size=${memoryMiB - outsideHeapMiB}`, '--max-semi-space-size=4', scriptFile],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: words.memory,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'a',
      AWS_ENDPOINT_URL_SQS: url,
      BUFFER_URL: `${url}/000000000000/buffer`,
      DEADLINES_URL: `${url}/000000000000/deadlines`,
      HEARTBEATS_TABLE: 'heartbeats',
      SCRAPE_ALLOW: '127.0.0.0/8',
    },
  },
);
let peakKilobytes = 0;
const watching = setInterval(() => {
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    peakKilobytes = Math.max(peakKilobytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
  } catch {
    // Gone.
  }
}, 250);
const lines: string[] = [];
child.stdout!.on('data', (text: Buffer) =>
  lines.push(
    ...String(text)
      .split('\n')
      .filter(line => line.startsWith('{"cpu')),
  ),
);
const code = await new Promise(done => child.once('exit', done));
clearInterval(watching);
server.close();
rmSync(folder, { recursive: true, force: true });
if (code !== 0) throw new Error(`the worker ended with ${code}`);
const slots = (targets * spanMs * spans) / 15_000;
if (times !== slots) throw new Error(`${times} scrapes were handed over, ${slots} were ordered`);
for (const line of lines) console.log(line);
console.log(
  `${targets} targets × ${series} series, ${words.alike === 'true' ? 'replicas' : 'all different'}: ${times} scrapes, ${samples} samples, ${messages} messages of ${(bytes / messages).toFixed(0)} characters in ${requests} calls, ${chunks} of 64 KB`,
);
console.log(
  `at most ${(peakKilobytes / 1_024).toFixed(0)} MiB, with a heap of ${memoryMiB - outsideHeapMiB} MiB at most`,
);
