import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { Metrics } from '../client/metrics.ts';

// What does the push client cost a function: bytes of its bundle, and milliseconds of an invocation? The server answers at once, so
// what is measured is the client's own and the loopback's; the peer is a bare fetch of the same body. `npm run bench:push-client`

const { outputFiles } = buildSync({
  entryPoints: [join(import.meta.dirname, '../client/metrics.ts')],
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'esm',
  write: false,
});
const bundle = outputFiles[0]!.contents;

let bodies = 0;
let last = '';
const server = createServer((request, response) => {
  last = '';
  request.setEncoding('utf8');
  request.on('data', part => {
    last += part;
  });
  request.on('end', () => {
    bodies += 1;
    response.end('{}');
  });
}).listen(0, '127.0.0.1');
await new Promise(done => server.once('listening', done));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const signed = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-west-1' };
Object.assign(process.env, signed);

/** As a function tells in one invocation: ten counts, two gauges, twenty observations. */
const tell = (metrics: Metrics, round: number): void => {
  for (let at = 0; at < 10; at += 1) metrics.count('orders_total', 1, { country: 'de', kind: `k${at}` });
  for (let at = 0; at < 2; at += 1) metrics.gauge('depth', round, { queue: `q${at}` });
  for (let at = 0; at < 20; at += 1) metrics.observe('took_seconds', at / 7, { step: 'pay' });
};

const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!;

const first = performance.now();
const metrics = new Metrics({ url, job: 'shop' });
tell(metrics, 0);
await metrics.flush();
const firstMs = performance.now() - first;
if (bodies !== 1 || last.split('\n').length !== 33)
  throw new Error(`the server got ${bodies} bodies, the last: ${last}`);

const own: number[] = [];
const cpu: number[] = [];
const peer: number[] = [];
for (let round = 1; round <= 300; round += 1) {
  const startCpu = process.cpuUsage();
  const start = performance.now();
  tell(metrics, round);
  await metrics.flush();
  own.push(performance.now() - start);
  const { user, system } = process.cpuUsage(startCpu);
  cpu.push((user + system) / 1_000);
  const bare = performance.now();
  await (await fetch(url, { method: 'POST', body: last })).text();
  peer.push(performance.now() - bare);
}
if ((bodies as number) !== 601) throw new Error(`the server got ${bodies} bodies`);
server.closeAllConnections();
server.close();
console.log(`bundle ${bundle.length} bytes, ${gzipSync(bundle).length} gzipped`);
console.log(`first invocation ${firstMs.toFixed(1)} ms, signing and connecting included`);
console.log(
  `median of 300: ${median(own).toFixed(2)} ms, ${median(cpu).toFixed(2)} ms of CPU with the server's; a bare fetch ${median(peer).toFixed(2)} ms`,
);
