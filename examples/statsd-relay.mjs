import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';

// StatsD over UDP → Sluice. URL, KEY and JOB in the environment, PORT to listen on (8125). A second's lines go as one push, which is
// tried again under the same key until it is taken: nothing is lost while this process lives, and nothing counts twice.

const { URL: url = 'http://127.0.0.1:9640', KEY = '', JOB = 'statsd', PORT = '8125', HOST = '127.0.0.1' } = process.env;

/** Lines kept while the collector does not answer: beyond it the oldest go, and are counted. */
const mostLines = 100_000;
const lines = [];
let dropped = 0;

const socket = createSocket('udp4');
socket.on('message', datagram => {
  for (const line of datagram.toString('utf8').split('\n')) if (line !== '') lines.push(line);
  if (lines.length > mostLines) dropped += lines.splice(0, lines.length - mostLines).length;
});
socket.bind(Number(PORT), HOST, () => console.log(`statsd on ${HOST}:${PORT} → ${url}`));

const wait = ms => new Promise(done => setTimeout(done, ms));

const send = async body => {
  const headers = { authorization: `Bearer ${KEY}`, 'idempotency-key': randomUUID() };
  for (;;) {
    const answer = await fetch(`${url}/v1/statsd?job=${encodeURIComponent(JOB)}`, {
      method: 'POST',
      headers,
      body,
    }).catch(() => undefined);
    if (answer !== undefined && answer.status < 500 && answer.status !== 429) {
      const text = await answer.text();
      if (!answer.ok) console.warn(`refused: ${answer.status} ${text}`);
      return;
    }
    await wait(1_000 * Number(answer?.headers.get('retry-after') ?? 1 + Math.random()));
  }
};

for (;;) {
  await wait(1_000);
  if (dropped > 0) console.warn(`${dropped} lines dropped: the collector was away for too long`);
  dropped = 0;
  const some = lines.splice(0, 10_000);
  if (some.length > 0) await send(some.join('\n'));
}
