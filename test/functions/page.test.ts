import { gunzipSync, gzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { beforeAll, describe, expect, test } from 'vitest';
import { readHeartbeat } from '../../core/heartbeat/row.ts';
import { keyFrom, readKey } from '../../core/key/key.ts';
import { page } from '../../functions/page.ts';
import { query } from '../../functions/query.ts';
import { memoryPorts } from '../../io/memory/ports.ts';
import { pageOf } from '../../lib/page.ts';

const startMs = Date.UTC(2026, 5, 1, 12);
const context = { getRemainingTimeInMillis: () => 20_000 } as Context;

type Asked = { method?: string; headers?: Record<string, string>; body?: string; isIam?: boolean };

const house = () => {
  const html = {
    name: 'index.html',
    type: 'text/html; charset=utf-8',
    tag: '"t1"',
    gzipped: gzipSync('<p>').toString('base64'),
  };
  const script = {
    name: 'main-ABC.js',
    type: 'text/javascript',
    tag: '"t2"',
    gzipped: gzipSync('1').toString('base64'),
  };
  const ports = { ...memoryPorts({ startMs }), pageFiles: [html, script] };
  const doors = { page: page(ports), query: query(ports) };
  const ask = async (rawPath: string, { method = 'GET', headers = {}, body, isIam = false }: Asked = {}) => {
    const event = {
      rawPath,
      rawQueryString: '',
      headers,
      body,
      requestContext: { requestId: 'r', http: { method }, ...(isIam && { authorizer: { iam: {} } }) },
    } as unknown as APIGatewayProxyEventV2;
    const door = rawPath === '/v1/sources' || rawPath === '/v1/alarms' ? doors.query : doors.page;
    return (await door(event, context)) as APIGatewayProxyStructuredResultV2;
  };
  const keyFor = async (may: readonly string[] | undefined): Promise<Record<string, string>> => {
    const text = keyFrom(Uint8Array.from({ length: 128 }, (_, at) => (at * 7 + (may?.length ?? 0)) % 248))!;
    await ports.keys.put({ ...readKey(text), ...(may && { may }) });
    return { authorization: `Bearer ${text}` };
  };
  return { ports, ask, keyFor };
};

describe('files', () => {
  test('a browser gets the document without a key, strictly limited, and asks again each time', async () => {
    const { ask } = house();
    const answer = await ask('/', { headers: { accept: 'text/html,*/*' } });
    expect(answer.statusCode).toBe(200);
    expect(gunzipSync(Buffer.from(answer.body!, 'base64')).toString()).toBe('<p>');
    const policy = String(answer.headers?.['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
    const again = await ask('/', { headers: { accept: 'text/html', 'if-none-match': '"t1"' } });
    expect([again.statusCode, again.body]).toEqual([304, undefined]);
  });

  test('what is named by its bytes is kept for ever; what is not there is not there', async () => {
    const { ask } = house();
    const answer = await ask('/page/main-ABC.js');
    expect(answer.headers?.['cache-control']).toContain('immutable');
    expect((await ask('/page/other.js')).statusCode).toBe(404);
    expect((await ask('/page/../index.html')).statusCode).toBe(404);
  });

  test('curl gets a line', async () => {
    expect((await house().ask('/', { headers: { accept: '*/*' } })).body).toContain('Push to /v1/push');
  });
});

describe('who may do what', () => {
  const paths = [
    ['/v1/health', 'GET', 'read'],
    ['/v1/sources', 'GET', 'read'],
    ['/v1/alarms', 'GET', 'read'],
    ['/v1/heartbeats/pause', 'POST', 'operate'],
    ['/v1/heartbeats/snooze', 'POST', 'operate'],
  ] as const;
  test.each(
    paths.flatMap(([path, method, right]) =>
      [undefined, ['push'], ['read'], ['operate'], ['read', 'operate']].map(
        may => [path, method, may, (may ?? ['push']).includes(right)] as const,
      ),
    ),
  )('%s %s with a key that may %j: %s', async (path, method, may, isAllowed) => {
    const { ask, keyFor } = house();
    const { statusCode, headers } = await ask(path, { method, headers: await keyFor(may) });
    expect(statusCode === 401).toBe(!isAllowed);
    if (!isAllowed) expect(headers?.['www-authenticate']).toBe('Bearer');
  });

  test.each(paths)('%s wants a key, or somebody whom IAM let in', async (path, method) => {
    const { ask } = house();
    expect((await ask(path, { method })).statusCode).toBe(401);
    expect((await ask(path, { method, headers: { authorization: 'Bearer x', 'x-api-key': 'y' } })).statusCode).toBe(
      401,
    );
    expect((await ask(path, { method, isIam: true })).statusCode).not.toBe(401);
  });
});

describe('pausing', () => {
  const json = { 'content-type': 'application/json' };
  const pause = { method: 'POST', isIam: true, headers: json };

  test('is written, and has the checker look at once', async () => {
    const { ask, ports } = house();
    await ports.heartbeats.put({ job: 'n', instance: '*', interval: '60s', grace: '35s' });
    const answer = await ask('/v1/heartbeats/pause', { ...pause, body: '{"job":"n"}' });
    expect(JSON.parse(answer.body!)).toEqual({ job: 'n', instance: '*', paused: true });
    expect((await ports.heartbeats.get([{ job: 'n', instance: '*' }]))[0]).toMatchObject({ paused: true });
    expect(ports.deadlines.take(10).length).toBe(1);
    await ask('/v1/heartbeats/resume', { ...pause, body: '{"job":"n"}' });
    expect((await ports.heartbeats.get([{ job: 'n', instance: '*' }]))[0]).toMatchObject({ paused: false });
  });

  test('a snooze is written with its end, and taken back', async () => {
    const { ask, ports } = house();
    await ports.heartbeats.put({ job: 'n', instance: '*', interval: '60s', grace: '35s' });
    const snoozed = async () => {
      const [row] = await ports.heartbeats.get([{ job: 'n', instance: '*' }]);
      return readHeartbeat(row).value?.snoozedUntilMs;
    };
    const answer = await ask('/v1/heartbeats/snooze', { ...pause, body: '{"job":"n","for":"8h"}' });
    const untilMs = ports.clock.nowMs() + 8 * 3_600_000;
    expect(JSON.parse(answer.body!)).toEqual({ job: 'n', instance: '*', snoozedUntilMs: untilMs });
    expect(await snoozed()).toBe(untilMs);
    expect(ports.deadlines.take(10).length).toBe(1);
    await ask('/v1/heartbeats/snooze', { ...pause, body: '{"job":"n","for":"0s"}' });
    expect(await snoozed()).toBeUndefined();
  });

  test.each([
    ['for ever', '"for":"32d"'],
    ['for no time', '"until":"tomorrow"'],
    ['for what is none', '"for":"soon"'],
  ])('does not snooze %s', async (_, more) => {
    const { ask, ports } = house();
    await ports.heartbeats.put({ job: 'n', instance: '*', interval: '60s', grace: '35s' });
    const answer = await ask('/v1/heartbeats/snooze', { ...pause, body: `{"job":"n",${more}}` });
    expect([answer.statusCode, JSON.parse(answer.body!).error]).toEqual([400, expect.stringContaining('for: ')]);
  });

  test.each([
    ['nobody of that name', { ...pause, body: '{"job":"other"}' }, 404],
    ['no JSON', { ...pause, body: 'job=n' }, 400],
    ['a form of another site', { ...pause, headers: { 'content-type': 'text/plain' }, body: '{"job":"n"}' }, 415],
  ])('refuses %s', async (_, asked, status) => {
    expect((await house().ask('/v1/heartbeats/pause', asked)).statusCode).toBe(status);
  });
});

test('a list is known by its tag', async () => {
  const { ask, ports } = house();
  const first = await ask('/v1/sources', { isIam: true });
  const tag = String(first.headers?.['etag']);
  const again = await ask('/v1/sources', { isIam: true, headers: { 'if-none-match': tag } });
  expect(again.statusCode).toBe(304);
  await ports.targets.put({ id: 't', url: 'http://10.0.0.1/metrics' });
  const changed = await ask('/v1/sources', { isIam: true, headers: { 'if-none-match': tag } });
  expect(changed.statusCode).toBe(200);
  expect(JSON.parse(changed.body!).sources).toMatchObject([{ kind: 'target', state: 'new', id: 't' }]);
});

describe('the page as it is built', () => {
  let files: ReturnType<typeof pageOf>;
  beforeAll(() => {
    files = pageOf(new URL('../../page', import.meta.url).pathname);
  }, 60_000);
  const bytes = (only: (name: string) => boolean): number =>
    files.filter(({ name }) => only(name)).reduce((sum, { gzipped }) => sum + Buffer.from(gzipped, 'base64').length, 0);

  test('is at most 250 KB, of which the first view takes a tenth', () => {
    expect(bytes(() => true)).toBeLessThanOrEqual(250_000);
    expect(bytes(name => /^(index|main)/.test(name))).toBeLessThanOrEqual(25_000);
  });

  test('asks nothing of anybody else, and has nothing inline', () => {
    const document = gunzipSync(Buffer.from(files[0]!.gzipped, 'base64')).toString();
    expect(document).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
    expect(document).not.toMatch(/<style|<script(?![^>]* src=)|\sstyle=|\son[a-z]+=/);
    for (const [, name] of document.matchAll(/"\/page\/([^"]+)"/g))
      expect(files.map(each => each.name)).toContain(name);
  });
});
