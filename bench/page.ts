import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { SourceLine } from '../core/view/sources.ts';
import { pageOf } from '../lib/page.ts';
import { openBrowser, visit } from '../test/page/browser.ts';

// Do 2,000 sources stay smooth? How long a filter takes from the key to the rows, and the frames while scrolling, in a real browser
// on the page as it is built. `npm run bench:page [SOURCES]`

const count = Number(process.argv[2] ?? 2_000);
const states = ['up', 'up', 'up', 'up', 'up', 'up', 'down', 'paused'] as const;
const nowMs = Date.now();
const sources = Array.from({ length: count }, (_, at): SourceLine => {
  const state = states[at % states.length]!;
  return {
    kind: 'target',
    job: `service-${at % 40}`,
    instance: `10.0.${at >> 8}.${at & 255}:9100`,
    id: String(at),
    url: `http://10.0.${at >> 8}.${at & 255}:9100/metrics`,
    state,
    intervalMs: 15_000,
    offsetMs: at,
    downs: state === 'down' ? [{ fromMs: nowMs - 3_600_000 }] : [],
    ...(state === 'down' && { reason: 'SCRAPE_CONNECT', sinceMs: nowMs - 3_600_000 }),
  };
});

const files = pageOf(join(import.meta.dirname, '../page'));
const server = createServer((request, response) => {
  const name = request.url === '/' ? 'index.html' : (request.url ?? '').replace('/page/', '');
  const file = files.find(each => each.name === name);
  if (file !== undefined) {
    response.setHeader('content-type', file.type);
    response.setHeader('content-encoding', 'gzip');
    response.end(Buffer.from(file.gzipped, 'base64'));
    return;
  }
  response.setHeader('content-type', 'application/json');
  response.end(
    request.url === '/v1/sources'
      ? JSON.stringify({ sources })
      : '{"status":"success","data":{"resultType":"vector","result":[]}}',
  );
});
await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

/** Types into the filter, and answers the milliseconds until a frame with the rows of it was drawn. */
const filtering = `async words => {
  const input = document.querySelector('.filter');
  const began = performance.now();
  input.value = words;
  input.dispatchEvent(new Event('input', { bubbles: true }));
  await new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));
  return { ms: performance.now() - began, rows: Number(document.querySelector('.list')?.getAttribute('aria-rowcount') ?? 1) - 1 };
}`;

/** Scrolls from top to bottom in 120 frames, and answers how long each took. */
const scrolling = `async () => {
  const box = document.querySelector('.list-scroll');
  const frames = [];
  const most = box.scrollHeight - box.clientHeight;
  let before = await new Promise(requestAnimationFrame);
  for (let at = 1; at <= 120; at += 1) {
    box.scrollTop = (most * at) / 120;
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - before);
    before = now;
  }
  const last = [...document.querySelectorAll('.row')].at(-1)?.getAttribute('aria-rowindex');
  return { frames, last: Number(last) };
}`;

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
const told = (what: string, values: readonly number[]): void =>
  console.log(
    `${what}: median ${quantile(values, 0.5).toFixed(1)} ms, 95 % within ${quantile(values, 0.95).toFixed(1)} ms, longest ${Math.max(...values).toFixed(1)} ms`,
  );

const browser = await openBrowser();
try {
  const { page, complaints } = await visit(browser, url);
  await page.getByRole('link', { name: 'service-6', exact: true }).first().waitFor();
  const first = await page.evaluate('performance.now()');
  console.log(`${count} sources, the first rows ${Number(first).toFixed(0)} ms after the page was asked for`);
  const times: number[] = [];
  for (const [words, rows] of [
    ['service-7', sources.filter(({ job }) => job.includes('service-7')).length],
    ['', count],
    ['10.0.3', sources.filter(({ url: each }) => each?.includes('10.0.3')).length],
    ['down', sources.filter(({ state }) => state === 'down').length],
    ['nobody like that', 0],
    ['', count],
  ] as const) {
    for (let time = 0; time < 5; time += 1) {
      const filtered = (await page.evaluate(`(${filtering})(${JSON.stringify(words)})`)) as {
        ms: number;
        rows: number;
      };
      if (filtered.rows !== rows) throw new Error(`${words}: ${filtered.rows} rows, expected ${rows}`);
      times.push(filtered.ms);
      await page.evaluate(`(${filtering})('x')`);
    }
  }
  told('filter', times);
  await page.evaluate(`(${filtering})('')`);
  const { frames, last } = (await page.evaluate(`(${scrolling})()`)) as { frames: number[]; last: number };
  if (last !== count + 1) throw new Error(`the last row drawn is ${last - 1}, expected ${count}`);
  told('a frame while scrolling', frames);
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
} finally {
  await browser.close();
  server.close();
  server.closeAllConnections();
}
