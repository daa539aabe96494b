import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Fault } from '../../core/fault.ts';
import { labelSetOf } from '../../core/labels.ts';
import { limits } from '../../core/limits.ts';
import { lineMirror } from '../../io/aws/lines.ts';
import { type OnwardSettings, remoteWrite } from '../../io/aws/onward.ts';

let server: Server;
let status = 204;
let asked: { headers: IncomingHttpHeaders; body: Buffer; path: string | undefined }[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    asked.push({ headers: request.headers, body: Buffer.concat(chunks), path: request.url });
    response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {});
    response.end(status === 204 ? undefined : 'x'.repeat(1_000));
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
});
afterAll(() => server.close());

const body = new Uint8Array([1, 2, 3]);
const writerOf = (settings: Partial<OnwardSettings> = {}) =>
  remoteWrite({
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/write`),
    region: undefined,
    token: undefined,
    secrets: () => ({ read: async name => `token of ${name}` }),
    credentials: async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }),
    ...settings,
  });

test.each([
  { given: {}, authorization: /^$/ },
  { given: { token: 'mimir' }, authorization: /^Bearer token of mimir$/ },
  {
    given: { region: 'eu-west-1' },
    authorization:
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/aps\/aws4_request, SignedHeaders=.*content-encoding.*host.*x-prometheus-remote-write-version, Signature=[0-9a-f]{64}$/,
  },
])('$given says who writes', async ({ given, authorization }) => {
  asked = [];
  status = 204;
  expect(await writerOf(given).write(body)).toBeUndefined();
  const [{ headers, body: got, path } = { headers: {}, body: undefined, path: '' }] = asked;
  expect(path).toBe('/api/v1/write');
  expect([...(got ?? [])]).toEqual([1, 2, 3]);
  expect(headers.authorization ?? '').toMatch(authorization);
  expect(headers).toMatchObject({
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': '0.1.0',
  });
});

test.each([400, 302, 405, 413, 415, 422])('%i is a refusal for good', async refused => {
  status = refused;
  asked = [];
  const refusal = await writerOf().write(body);
  expect(refusal?.status).toBe(refused);
  expect(refusal?.reason.length).toBeLessThanOrEqual(limits.onwardReasonChars);
  expect(asked.length).toBe(1);
});

test.each([401, 403, 404, 408, 429, 500, 502, 503])('%i may be another answer later', async refused => {
  status = refused;
  await expect(writerOf().write(body)).rejects.toThrow(Fault);
});

test('nobody there is a fault', async () => {
  await expect(writerOf({ url: new URL('http://127.0.0.1:1/') }).write(body)).rejects.toThrow(Fault);
});

test('a mirrored series is a metric of its own, with its labels as dimensions and its own time', () => {
  const lines: string[] = [];
  const labels = labelSetOf([
    ['instance', 'a'],
    ['job', 'shop'],
  ]);
  lineMirror(line => lines.push(line), []).show([{ timestampMs: 7, labels, values: { up: 1, depth: 2 } }]);
  expect(lines.map(line => JSON.parse(line))).toEqual([
    {
      instance: 'a',
      job: 'shop',
      up: 1,
      depth: 2,
      _aws: {
        Timestamp: 7,
        CloudWatchMetrics: [
          {
            Namespace: 'Sluice/Series',
            Dimensions: [['instance', 'job']],
            Metrics: [{ Name: 'up' }, { Name: 'depth' }],
          },
        ],
      },
    },
  ]);
});
