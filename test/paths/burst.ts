import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { type CollectorProcess, eventually } from './collector-process.ts';

// Everybody at once: what is answered by 2xx is stored, and what is refused and sent again by its client is stored once.

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

const post = (url: string, body: string, headers: Record<string, string>): Promise<number> =>
  new Promise((done, failed) => {
    const asked = request(url, {
      method: 'POST',
      agent,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    });
    asked.on('response', response => {
      response.resume();
      response.on('end', () => done(response.statusCode ?? 0));
    });
    asked.on('error', failed);
    asked.end(body);
  });

export type Told = {
  readonly acknowledged: number;
  readonly refused: number;
  readonly given: number;
  readonly ms: number;
};

/** Pushes all at once, each again under its own key until it is taken. */
export const pushedAtOnce = async (
  url: string,
  pushes: readonly { readonly path: string; readonly body: string }[],
): Promise<Told> => {
  const startMs = performance.now();
  let [acknowledged, refused, given] = [0, 0, 0];
  await Promise.all(
    pushes.map(async ({ path, body }, at) => {
      for (let tried = 0; tried < 20; tried += 1) {
        const status = await post(`${url}${path}`, body, { 'idempotency-key': `burst-${startMs}-${at}` }).catch(
          () => 0,
        );
        if (status >= 200 && status < 300) {
          acknowledged += 1;
          return;
        }
        refused += 1;
        await wait(200 * (1 + Math.random()));
      }
      given += 1;
    }),
  );
  return { acknowledged, refused, given, ms: performance.now() - startMs };
};

/** A relay of StatsD lines: UDP in, one push a tenth of a second out. Answers its port, and how many lines came. */
export const relayOf = async (url: string) => {
  const socket = createSocket('udp4');
  let lines: string[] = [];
  let came = 0;
  let pushed = Promise.resolve();
  socket.on('message', message => {
    const more = message
      .toString()
      .split('\n')
      .filter(line => line !== '');
    came += more.length;
    lines.push(...more);
  });
  const flush = (): void => {
    if (lines.length === 0) return;
    const body = lines.join('\n');
    lines = [];
    pushed = pushed.then(async () => {
      await pushedAtOnce(url, [{ path: '/v1/statsd?job=udp', body }]);
    });
  };
  const flushing = setInterval(flush, 100);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: (socket.address() as AddressInfo).port,
    /** After what has been sent came, or was lost. */
    stop: async (): Promise<number> => {
      await wait(500);
      clearInterval(flushing);
      flush();
      await pushed;
      socket.close();
      return came;
    },
  };
};

export type Burst = {
  readonly results: Told;
  readonly producers: Told;
  readonly datagrams: { readonly sent: number; readonly came: number; readonly stored: number };
  readonly stored: { readonly results: number; readonly producers: number; readonly once: boolean };
  readonly balance: Readonly<Record<string, number>>;
};

/** Results of so many short jobs and the counts of so many producers, each all at once, and datagrams beside them. */
export const burst = async (
  collector: CollectorProcess,
  results: number,
  producers: number,
  datagrams: number,
): Promise<Burst> => {
  const relay = await relayOf(collector.url);
  const socket = createSocket('udp4');
  const sending = (async () => {
    for (let at = 0; at < datagrams; at += 1) {
      socket.send('udp_hits:1|c', relay.port, '127.0.0.1');
      if (at % 10 === 9) await wait(1);
    }
  })();
  const toldResults = await pushedAtOnce(
    collector.url,
    Array.from({ length: results }, (_, at) => ({ path: '/v1/push?job=results', body: `result{id="${at}"} ${at}\n` })),
  );
  const toldProducers = await pushedAtOnce(
    collector.url,
    Array.from({ length: producers }, (_, at) => ({
      path: `/v1/statsd?job=fleet&instance=${at}`,
      body: 'flushed:1|c\n',
    })),
  );
  await sending;
  const came = await relay.stop();
  socket.close();
  const value = async (expression: string): Promise<number> =>
    Number(Object.values(await collector.values(expression))[0] ?? 0);
  const storedResults = await eventually(
    120_000,
    () => value('count(last_over_time(result[10m]))'),
    count => count >= toldResults.acknowledged,
  );
  const increments = 'sum(max_over_time(flushed[10m]))';
  const storedProducers = await eventually(
    120_000,
    () => value(increments),
    sum => sum >= toldProducers.acknowledged,
  );
  const storedDatagrams = await eventually(
    60_000,
    () => value('sum(max_over_time(udp_hits[10m]))'),
    sum => sum >= came,
  );
  const sum = await value('sum(last_over_time(result[10m]))');
  const balance = (JSON.parse(await collector.sluice('status', '--json')) ?? {}) as Record<string, number>;
  const { Accepted = 0, Stored = 0, Merged = 0, Quarantined = 0, buffered = 0 } = balance;
  return {
    results: toldResults,
    producers: toldProducers,
    datagrams: { sent: datagrams, came, stored: storedDatagrams },
    stored: {
      results: storedResults,
      producers: storedProducers,
      once: storedResults === results && sum === (results * (results - 1)) / 2 && storedProducers === producers,
    },
    balance: { Accepted, Stored, Merged, Quarantined, buffered },
  };
};
