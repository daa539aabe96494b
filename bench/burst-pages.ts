import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// The pages of a trading day's burst: each round every target says more. Run by itself it serves them, told how by its words:
// node bench/burst-pages.ts <targets> <from KB> <to KB> <rounds> <seconds a round>

export type Burst = {
  readonly targets: number;
  readonly fromBytes: number;
  readonly toBytes: number;
  readonly rounds: number;
};

/** How long the page of a round is: by equal steps from the first to the last. */
const bytesIn = ({ fromBytes, toBytes, rounds }: Burst, round: number): number =>
  fromBytes + ((toBytes - fromBytes) * Math.min(round, rounds - 1)) / Math.max(1, rounds - 1);

const lineOf = (index: number, turn: number): string =>
  `orders_total{venue="v${index % 40}",symbol="S${index}",side="${index & 1 ? 'buy' : 'sell'}"} ${index * 1_000 + turn * (index % 17)}\n`;

/** The page of a round, at the so-manieth time that it is asked for; and how many samples it has. */
export const burstPage = (
  burst: Burst,
  round: number,
  turn: number,
): { readonly page: Buffer; readonly samples: number } => {
  const most = bytesIn(burst, round);
  let text = '# HELP orders_total Orders.\n# TYPE orders_total counter\n';
  let samples = 0;
  while (text.length < most) {
    text += lineOf(samples, turn);
    samples += 1;
  }
  return { page: Buffer.from(text), samples };
};

if (process.argv[1] === import.meta.filename) {
  const [targets = 0, from = 0, to = 0, rounds = 1, seconds = 15] = process.argv.slice(2).map(Number);
  const burst = { targets, fromBytes: 1_024 * from, toBytes: 1_024 * to, rounds };
  let begunMs: number | undefined;
  let made: { readonly round: number; readonly page: Buffer; readonly samples: number } | undefined;
  const counts = { scrapes: 0, samples: 0, bytes: 0, late: 0 };
  const server = createServer((request, response) => {
    if (request.url === '/begin') {
      begunMs = Date.now();
      Object.assign(counts, { scrapes: 0, samples: 0, bytes: 0 });
      response.end();
      return;
    }
    if (request.url === '/counts') {
      response.end(JSON.stringify(counts));
      return;
    }
    const round = begunMs === undefined ? 0 : Math.floor((Date.now() - begunMs) / 1_000 / seconds);
    if (made?.round !== round) made = { round, ...burstPage(burst, round, round) };
    counts.scrapes += 1;
    counts.samples += made.samples;
    counts.bytes += made.page.length;
    response
      .writeHead(200, { 'content-type': 'text/plain; version=0.0.4', 'content-length': made.page.length })
      .end(made.page);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  console.log((server.address() as AddressInfo).port);
}
