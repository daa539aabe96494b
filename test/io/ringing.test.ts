import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { alarmOf, groupAlarmOf } from '../../core/heartbeat/alarm.ts';
import type { Flip } from '../../core/heartbeat/heartbeat.ts';
import { alertmanagerAlarms, eventBusAlarms, ringingAlso } from '../../io/aws/ringing.ts';
import type { Alarms } from '../../io/ports.ts';

let server: Server;
let url: string;
let status = 200;
let answer = '{}';
const heard: { path: string; headers: IncomingHttpHeaders; body: unknown }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', chunk => {
      text += chunk;
    });
    request.on('end', () => {
      heard.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(text) });
      response.statusCode = status;
      response.end(answer);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  heard.length = 0;
  [status, answer] = [200, '{}'];
});
afterAll(() => server.close());

const key = { job: 'checkout', instance: 'a' };
const flip: Flip = { epoch: 2, kind: 'DOWN', atMs: 35_000, sinceMs: 0, reason: 'NOT_HEARD', detail: 'expected' };
const down = alarmOf(key, flip);
const back = alarmOf(key, { ...flip, epoch: 4, kind: 'RESOLVED', reason: 'HEARD', atMs: 95_000 });

test('Alertmanager is told of a fall and of its end under the same labels', async () => {
  await alertmanagerAlarms(`${url}/`).ring(down);
  await alertmanagerAlarms(url).ring(back);
  expect(heard.map(({ path }) => path)).toEqual(['/api/v2/alerts', '/api/v2/alerts']);
  const labels = { alertname: 'HeartbeatDown', job: 'checkout', instance: 'a' };
  const startsAt = '1970-01-01T00:00:00.000Z';
  expect(heard[0]?.body).toMatchObject([{ labels, startsAt, annotations: { reason: 'NOT_HEARD', id: down.id } }]);
  expect(heard[1]?.body).toMatchObject([{ labels, startsAt, endsAt: '1970-01-01T00:01:35.000Z' }]);
  const [first] = heard[0]!.body as { endsAt: string }[];
  expect(Date.parse(first!.endsAt)).toBeGreaterThan(86_400_000);
});

test('each of a group is an alert of its own', async () => {
  await alertmanagerAlarms(url).ring(groupAlarmOf([down, alarmOf({ ...key, instance: 'b' }, flip)]));
  expect(heard[0]?.body).toMatchObject([{ labels: { instance: 'a' } }, { labels: { instance: 'b' } }]);
});

test('a bus gets the alarm as a signed event', async () => {
  const credentials = async () => ({ accessKeyId: 'id', secretAccessKey: 'secret' });
  answer = '{"FailedEntryCount":0}';
  const bus = eventBusAlarms('own', 'eu-west-1', credentials, `${url}/`);
  await bus.ring(down);
  expect(heard[0]?.headers['x-amz-target']).toBe('AWSEvents.PutEvents');
  expect(heard[0]?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 .*\/eu-west-1\/events\/aws4_request/);
  const { Entries } = heard[0]!.body as { Entries: { Detail: string }[] };
  expect(Entries).toMatchObject([{ Source: 'sluice', DetailType: 'DOWN', EventBusName: 'own' }]);
  expect(JSON.parse(Entries[0]!.Detail)).toEqual(down);
  answer = '{"FailedEntryCount":1}';
  await expect(bus.ring(down)).rejects.toThrow('refused');
});

test('others are told once the first has it, and none of them stops anybody', async () => {
  const told: string[] = [];
  const first: Alarms = { ring: async ({ id }) => void told.push(`first ${id}`) };
  const log = { write: (_: string, message: string) => void told.push(message) };
  status = 500;
  await ringingAlso(first, { alertmanager: alertmanagerAlarms(url) }, log).ring(down);
  expect(told).toEqual([`first ${down.id}`, 'alarm not passed on']);
  const broken: Alarms = { ring: () => Promise.reject(new Error('SNS')) };
  heard.length = 0;
  await expect(ringingAlso(broken, { alertmanager: alertmanagerAlarms(url) }, log).ring(down)).rejects.toThrow('SNS');
  expect(heard).toEqual([]);
});
