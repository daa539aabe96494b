import { expect, test } from 'vitest';
import { PageReaders } from '../../core/scrape/page-readers.ts';
import { readTarget, type Target } from '../../core/scrape/target.ts';
import { Credentials } from '../../functions/credentials.ts';
import { fetchPage } from '../../functions/fetching.ts';
import { memoryPorts } from '../../io/memory/ports.ts';
import type { HttpAnswer, HttpGet } from '../../io/ports.ts';

const startMs = Date.UTC(2026, 5, 1);
const page = { ok: true, status: 200, contentType: 'text/plain', body: Buffer.from('m 1\n'), durationMs: 1 } as const;
const token = { ...page, body: Buffer.from('{"access_token":"t0ken","expires_in":3600}') };
const late = { ok: false, problem: 'timeout', reason: 'no complete answer', durationMs: 1 } as const;

const targetAt = (host: string, more: object = {}): Target =>
  readTarget({
    id: host,
    url: `http://${host}.example/metrics`,
    interval: '15s',
    timeout: '10s',
    auth: { type: 'oauth2', client_id: 'c', token_url: 'http://tokens.example/', secret: 'a' },
    ...more,
  }).value!;

/** Servers of tokens take `tokenMs`, or all the time they have; pages take none. */
const asking = (tokenMs: (asked: HttpGet) => number) => {
  const ports = memoryPorts({ startMs });
  ports.secrets.texts.set('a', 's3cret');
  ports.scrapeGrants.push({ kind: 'secret', name: 'a', hosts: ['*.example'] });
  const asked: HttpGet[] = [];
  ports.http.get = async (request: HttpGet): Promise<HttpAnswer> => {
    asked.push(request);
    if (request.form === undefined) return page;
    const tookMs = tokenMs(request);
    await ports.clock.wait(Math.min(tookMs, request.timeoutMs));
    return tookMs < request.timeoutMs ? token : late;
  };
  const memory = { pages: new PageReaders(), credentials: new Credentials(ports) };
  return { ports, clock: ports.clock, asked, fetch: (target: Target) => fetchPage(ports, memory, target) };
};

test('what the token took is not left for the page', async () => {
  const { clock, asked, fetch } = asking(() => 7_000);
  const outcome = fetch(targetAt('a'));
  await clock.moveTo(startMs + 20_000);
  expect(await outcome).toMatchObject({ ok: true });
  expect(asked.map(({ timeoutMs }) => timeoutMs)).toEqual([10_000, 3_000]);
});

test("a server of tokens that hangs has the target's timeout", async () => {
  const { clock, asked, fetch } = asking(() => 20_000);
  const outcome = fetch(targetAt('a'));
  await clock.moveTo(startMs + 10_000);
  expect(await outcome).toMatchObject({ ok: false, reason: 'SCRAPE_AUTH', detail: expect.stringMatching(/timeout$/) });
  expect(asked.map(({ timeoutMs }) => timeoutMs)).toEqual([10_000]);
});

test('targets of the same server of tokens ask it once, together', async () => {
  const { clock, asked, fetch } = asking(() => 1_000);
  const outcomes = Promise.all(['a', 'b', 'c', 'd', 'e'].map(host => fetch(targetAt(host))));
  await clock.moveTo(startMs + 20_000);
  expect((await outcomes).every(({ ok }) => ok)).toBe(true);
  expect(asked.filter(({ form }) => form !== undefined)).toHaveLength(1);
});

test('nobody waits for the server of another, nor longer than its own timeout, nor gives up with one who had less', async () => {
  const { clock, asked, fetch } = asking(({ url }) => (url.startsWith('http://slow') ? 6_000 : 1_000));
  const auth = { type: 'oauth2', client_id: 'c', token_url: 'http://slow.example/', secret: 'a' };
  const done: Record<string, unknown> = {};
  const begin = (host: string, more?: object) =>
    fetch(targetAt(host, more)).then(({ ok }) => {
      done[host] = [ok, clock.nowMs() - startMs];
    });
  const all = [
    begin('long', { auth }),
    begin('short', { auth, timeout: '2s' }),
    begin('longer', { auth }),
    begin('other'),
  ];
  await clock.moveTo(startMs + 30_000);
  await Promise.all(all);
  expect(done).toEqual({ long: [true, 6_000], short: [false, 2_000], longer: [true, 8_000], other: [true, 1_000] });
  expect(asked.filter(({ form, url }) => form !== undefined && url.startsWith('http://slow'))).toHaveLength(3);
});

test('what was refused to all is asked for again by the next', async () => {
  const { fetch, ports } = asking(() => 0);
  const refused: string[] = [];
  const { get } = ports.http;
  ports.http.get = async (request: { readonly url: string }) => {
    refused.push(request.url);
    return { ok: false, problem: 'http', reason: 'answers 500', status: 500, durationMs: 1 };
  };
  const failed = await Promise.all(['a', 'b'].map(host => fetch(targetAt(host))));
  expect(failed).toMatchObject([{ reason: 'SCRAPE_AUTH' }, { reason: 'SCRAPE_AUTH' }]);
  expect(refused).toEqual(['http://tokens.example/']);
  ports.http.get = get;
  expect(await fetch(targetAt('a'))).toMatchObject({ ok: true });
});
