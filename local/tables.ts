import { type ChildProcess, spawn } from 'node:child_process';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer as createPort } from 'node:net';
import { join } from 'node:path';
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  type KeySchemaElement,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import type { Properties } from './assembly.ts';
import { Complaint } from './complaint.ts';

type Engine = { readonly name: string; readonly endpoint: string; readonly stop: () => Promise<void> };

const require = createRequire(import.meta.url);

/** The dynoxide binary, where this platform has a package of it. */
const dynoxidePath = (): string | undefined => {
  try {
    return require.resolve(`@dynoxide/${process.platform}-${process.arch}/dynoxide`);
  } catch {
    return undefined;
  }
};

const freePort = (): Promise<number> =>
  new Promise((found, failed) => {
    const server = createPort()
      .once('error', failed)
      .listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo;
        server.close(() => found(port));
      });
  });

/** Starts an embedded DynamoDB whose data lives in the folder: dynoxide where there is a binary, else or on request dynalite. */
export const startTables = async (folder: string, engine?: 'dynalite'): Promise<Engine> => {
  const binary = engine === 'dynalite' ? undefined : dynoxidePath();
  return binary === undefined ? startDynalite(folder) : startDynoxide(binary, folder);
};

/**
 * The binary runs under a shell that ends it when our end of a pipe closes: however this process ends, kill -9
 * included, none is left behind.
 */
const startDynoxide = async (binary: string, folder: string): Promise<Engine> => {
  const port = await freePort();
  const script =
    '"$@" </dev/null >/dev/null & child=$!; trap "" INT; cat >/dev/null; kill $child; wait $child 2>/dev/null';
  const serve = [binary, 'serve', '-p', String(port), '--db-path', join(folder, 'tables.db')];
  const shell: ChildProcess = spawn('sh', ['-c', script, 'sh', ...serve], { stdio: ['pipe', 'ignore', 'pipe'] });
  let errors = '';
  shell.stderr?.on('data', chunk => {
    errors = `${errors}${chunk}`.slice(-2_000);
  });
  const ended = new Promise<void>(done => shell.once('close', () => done()));
  const endpoint = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries += 1) {
    const answers = await fetch(endpoint, { method: 'POST' }).then(
      () => true,
      () => false,
    );
    if (answers) break;
    if (tries === 200)
      throw new Complaint(`the embedded DynamoDB did not start: ${errors.trim() || 'no answer within 10 s'}`);
    await new Promise(wait => setTimeout(wait, 50));
  }
  return {
    name: 'dynoxide',
    endpoint,
    stop: async () => {
      shell.stdin?.end();
      await ended;
    },
  };
};

const startDynalite = async (folder: string): Promise<Engine> => {
  const dynalite = require('dynalite') as (options: object) => Server;
  const server = dynalite({ path: join(folder, 'tables'), createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await new Promise<void>((done, failed) => server.once('error', failed).listen(0, '127.0.0.1', () => done()));
  return {
    name: 'dynalite',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise(done => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
};

/** Makes a table as the template asks for it, unless it is there. */
export const makeTable = async (client: DynamoDBClient, name: string, properties: Properties): Promise<void> => {
  try {
    await client.send(new DescribeTableCommand({ TableName: name }));
    return;
  } catch (error) {
    if ((error as Error).name !== 'ResourceNotFoundException') throw error;
  }
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: properties['AttributeDefinitions'] as never,
      KeySchema: properties['KeySchema'] as never,
    }),
  );
};

/** The attribute by which a table's items expire, if it has one. */
const expiryOf = (properties: Properties): string | undefined => {
  const ttl = properties['TimeToLiveSpecification'] as { AttributeName?: string; Enabled?: boolean } | undefined;
  return ttl?.Enabled === false ? undefined : ttl?.AttributeName;
};

/** Deletes what has expired, as DynamoDB does in its own time. Answers how many items. */
export const sweepExpired = async (
  client: DynamoDBClient,
  name: string,
  properties: Properties,
  nowMs: number,
): Promise<number> => {
  const expiry = expiryOf(properties);
  if (expiry === undefined) return 0;
  const keys = (properties['KeySchema'] as KeySchemaElement[]).map(({ AttributeName = '' }) => AttributeName);
  const names = Object.fromEntries(keys.map((key, index) => [`#k${index}`, key]));
  let deleted = 0;
  const pages = paginateScan(
    { client },
    {
      TableName: name,
      Limit: 1_000,
      FilterExpression: '#expiry < :now',
      ProjectionExpression: Object.keys(names).join(', '),
      ExpressionAttributeNames: { ...names, '#expiry': expiry },
      ExpressionAttributeValues: { ':now': { N: String(Math.floor(nowMs / 1_000)) } },
    },
  );
  for await (const { Items = [] } of pages) {
    for (let at = 0; at < Items.length; at += 25) {
      const requests = Items.slice(at, at + 25).map(Key => ({ DeleteRequest: { Key } }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { [name]: requests } }));
      deleted += requests.length;
    }
  }
  return deleted;
};
