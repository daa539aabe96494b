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

const lineOf = (index: number, turn: number, own: string): string =>
  `orders_total{venue="v${index % 40}",symbol="S${own}${index}",side="${index & 1 ? 'buy' : 'sell'}"} ${index * 1_000 + turn * (index % 17)}\n`;

/** The page of a round, at the so-manieth time that it is asked for; and how many samples it has. `own` makes its series others. */
export const burstPage = (
  burst: Burst,
  round: number,
  turn: number,
  own = '',
): { readonly page: Buffer; readonly samples: number } => {
  const most = bytesIn(burst, round);
  let text = '# HELP orders_total Orders.\n# TYPE orders_total counter\n';
  let samples = 0;
  while (text.length < most) {
    text += lineOf(samples, turn, own);
    samples += 1;
  }
  return { page: Buffer.from(text), samples };
};

if (process.argv[1] === import.meta.filename) {
  const [targets = 0, from = 0, to = 0, rounds = 1, seconds = 15] = process.argv.slice(2).map(Number);
  const burst = { targets, fromBytes: 1_024 * from, toBytes: 1_024 * to, rounds };
  let begunMs: number | undefined;
  let made: { readonly round: number; readonly page: Buffer; readonly samples: number } | undefined;
  const counts = { scrapes: 0, samples: 0, bytes: 0 };
  /** Since the server is there. */
  const all = { scrapes: 0, samples: 0 };
  let isOver = false;
  const nothing = { page: Buffer.alloc(0), samples: 0 };
  const server = createServer((request, response) => {
    if (request.url === '/begin') {
      begunMs = Date.now();
      isOver = false;
      Object.assign(counts, { scrapes: 0, samples: 0, bytes: 0 });
      response.end();
      return;
    }
    // From then on pages are empty.
    if (request.url === '/end') isOver = true;
    if (request.url === '/end' || request.url === '/counts') {
      response.end(JSON.stringify({ ...counts, all }));
      return;
    }
    const round = begunMs === undefined ? 0 : Math.floor((Date.now() - begunMs) / 1_000 / seconds);
    if (made?.round !== round) made = { round, ...burstPage(burst, round, round) };
    const { page, samples } = isOver ? nothing : made;
    counts.scrapes += 1;
    counts.samples += samples;
    counts.bytes += page.length;
    all.scrapes += 1;
    all.samples += samples;
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4', 'content-length': page.length }).end(page);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  console.log((server.address() as AddressInfo).port);
}
