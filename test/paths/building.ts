import { marshall } from '@aws-sdk/util-dynamodb';
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
  SQSBatchResponse,
  SQSEvent,
} from 'aws-lambda';
import { canaryJob } from '../../core/heartbeat/watermark.ts';
import { limits } from '../../core/limits.ts';
import { account } from '../../functions/account.ts';
import { check } from '../../functions/check.ts';
import { ingest } from '../../functions/ingest.ts';
import { page } from '../../functions/page.ts';
import { plan } from '../../functions/plan.ts';
import { push } from '../../functions/push.ts';
import { query } from '../../functions/query.ts';
import { scrape } from '../../functions/scrape.ts';
import type { Faults } from '../../io/memory/faults.ts';
import { memoryPorts } from '../../io/memory/ports.ts';
import type { MemoryQueue, Message } from '../../io/memory/queue.ts';

type Handler = (event: never, context: never) => unknown;

const context = { getRemainingTimeInMillis: () => 20_000 } as Context;

/** The whole house on memory: the shipped handlers, queues that deliver, ticks each minute, time moved by hand. */
export const memoryBuilding = (options: {
  readonly startMs: number;
  readonly faults?: Faults;
  /** Whether canaries are sent, and whether the door answers anybody at a time. */
  readonly canaries?: (nowMs: number) => boolean;
}) => {
  const ports = memoryPorts(options);
  const { clock } = ports;
  const { canaries } = options;
  if (canaries !== undefined)
    ports.canary = {
      send: async (slot, proof) => {
        const isHeard = canaries(clock.nowMs());
        if (!isHeard || (await request(doors.push, 'POST', canaryPath(slot, proof), { body: '\n' })).statusCode !== 200)
          throw new Error('the canary was not taken');
      },
    };
  const doors = { push: push(ports), query: query(ports), account: account(ports), page: page(ports) };
  /** Whose path it is, as the routes of the API say. */
  const readerOf = (path: string): Handler => {
    const asked = path.split('?')[0]!;
    if (/^\/(metrics|v1\/flushes|v1\/receipts\/.*)$/.test(asked)) return doors.account;
    return /^\/(page\/.*|v1\/health|v1\/heartbeats\/.*)?$/.test(asked) ? doors.page : doors.query;
  };
  const workers = { plan: plan(ports), check: check(ports) };
  const running = new Set<Promise<void>>();
  let requests = 0;

  const call = async (handler: Handler, event: unknown): Promise<unknown> =>
    (handler as (event: unknown, context: unknown) => unknown)(event, context);

  /** Hands over what is due; what failed comes back after a while, as from a queue. */
  const deliver = (queue: MemoryQueue, handler: Handler, most: number): void => {
    for (let messages = queue.take(most); messages.length > 0; messages = queue.take(most)) {
      const work = handOver(queue, handler, messages).finally(() => running.delete(work));
      running.add(work);
    }
  };
  const handOver = async (queue: MemoryQueue, handler: Handler, messages: readonly Message[]): Promise<void> => {
    const event = { Records: messages.map(({ id, body }) => ({ messageId: id, body })) } as SQSEvent;
    const failed = await call(handler, event)
      .then(
        answer => new Set((answer as SQSBatchResponse).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)),
      )
      .catch(() => new Set(messages.map(({ id }) => id)));
    queue.putBack(
      messages.filter(({ id }) => failed.has(id)).map(message => ({ ...message, dueMs: clock.nowMs() + 5_000 })),
    );
  };
  const handlers = { ingest: ingest(ports), scrape: scrape(ports) };
  const pump = async (): Promise<void> => {
    for (let round = 0; round < 3; round += 1) {
      deliver(ports.scrapes, handlers.scrape, 1);
      deliver(ports.deadlines, workers.check, 10);
      deliver(ports.buffer, handlers.ingest, 100);
      await clock.moveTo(clock.nowMs());
    }
  };
  const tick = async (): Promise<void> => {
    const event = { scheduledAt: new Date(clock.nowMs()).toISOString() };
    await Promise.all([call(workers.plan, event), call(workers.check, event)].map(work => work.catch(() => undefined)));
  };

  const request = async (
    door: Handler,
    method: string,
    path: string,
    options: RequestOptions = {},
  ): Promise<APIGatewayProxyStructuredResultV2> => {
    const [rawPath = '', rawQueryString = ''] = path.split('?');
    requests += 1;
    const { body, headers = {} } = options;
    const event: Partial<APIGatewayProxyEventV2> = {
      rawPath,
      rawQueryString,
      headers,
      queryStringParameters: Object.fromEntries(new URLSearchParams(rawQueryString)),
      ...(rawPath.startsWith('/api/v1/label/') && { pathParameters: { name: rawPath.split('/')[4] ?? '' } }),
      requestContext: {
        requestId: `request-${requests}`,
        http: { method },
        // As API Gateway's IAM authorizer says it; who comes with a key has none.
        ...(options.byKey !== true && { authorizer: { iam: { userArn: 'arn:aws:iam::000000000000:user/test' } } }),
      } as unknown as APIGatewayProxyEventV2['requestContext'],
      ...(body !== undefined && { body: Buffer.from(body).toString('base64') }),
      isBase64Encoded: body !== undefined,
    };
    return (await call(door, event)) as APIGatewayProxyStructuredResultV2;
  };

  return {
    ports,
    tick,
    planTick: () => call(workers.plan, {}),
    checkTick: () => call(workers.check, {}),
    pump,
    /** Writes a row, of which the registry's stream then tells the planner. */
    register: async (row: Readonly<Record<string, unknown>>): Promise<void> => {
      const old = ports.targets.rows.get(String(row['id']));
      await ports.targets.put(row);
      const Keys = { id: { S: String(row['id']) } };
      await call(workers.plan, {
        Records: [
          old === undefined
            ? { eventName: 'INSERT', dynamodb: { Keys } }
            : { eventName: 'MODIFY', dynamodb: { Keys, OldImage: marshall(old) } },
        ],
      });
    },
    /** What the stream tells of a row on which the planner noted something. */
    noted: (was: Readonly<Record<string, unknown>>) =>
      call(workers.plan, {
        Records: [
          { eventName: 'MODIFY', dynamodb: { Keys: { id: { S: String(was['id']) } }, OldImage: marshall(was) } },
        ],
      }),
    /** Takes a row out, of which the stream tells too. */
    unregister: async (id: string): Promise<void> => {
      const old = ports.targets.rows.get(id);
      await ports.targets.remove(id);
      await call(workers.plan, {
        Records: [{ eventName: 'REMOVE', dynamodb: { Keys: { id: { S: id } }, OldImage: marshall(old ?? {}) } }],
      });
    },
    push: (path: string, body: string | Uint8Array, headers: Record<string, string> = {}, method = 'POST') =>
      request(doors.push, method, path, { body, headers }),
    /** Through the door where a key is asked for. */
    pushByKey: (path: string, body: string | Uint8Array, headers: Record<string, string> = {}, method = 'POST') =>
      request(doors.push, method, path, { body, headers, byKey: true }),
    /** The parsed JSON of a read. */
    get: async (path: string) =>
      JSON.parse(String((await request(readerOf(path), 'GET', path)).body)) as {
        status: string;
        data: never;
        error?: string;
      },
    read: (path: string) => request(readerOf(path), 'GET', path),
    readByKey: (path: string, headers: Record<string, string>) =>
      request(readerOf(path), 'GET', path, { headers, byKey: true }),
    /** Lets time pass, second by second, with a tick at each full minute. */
    pass: async (durationMs: number, options: { readonly ticks?: boolean } = {}): Promise<void> => {
      const untilMs = clock.nowMs() + durationMs;
      await pump();
      while (clock.nowMs() < untilMs) {
        const nextMs = Math.min(untilMs, (Math.floor(clock.nowMs() / 1_000) + 1) * 1_000);
        await clock.moveTo(nextMs);
        if (nextMs % limits.tickMs === 0 && options.ticks !== false) await tick();
        await pump();
      }
    },
    /** The instant query's values by metric and labels, times left out. */
    values: async (selector: string): Promise<Record<string, string>> => {
      const answer = await request(doors.query, 'GET', `/api/v1/query?${new URLSearchParams({ query: selector })}`);
      const { data } = JSON.parse(String(answer.body)) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      return Object.fromEntries(
        data.result.map(({ metric: { __name__: name = '', ...labels }, value }) => [
          `${name}${JSON.stringify(labels)}`,
          value[1],
        ]),
      );
    },
  };
};

const canaryPath = (slot: number, proof: string): string => `/v1/push?job=${canaryJob}&instance=${slot}&proof=${proof}`;

type RequestOptions = {
  readonly body?: string | Uint8Array;
  readonly headers?: Record<string, string>;
  /** Whether it comes through the door where a key is asked for. */
  readonly byKey?: boolean;
};
