import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { tables } from '../../io/aws/contract.ts';

// The embedded engines that the local collector runs on, started for a test.

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

export const awsClient = (endpoint: string) => ({ endpoint, region: 'us-east-1', credentials });

const dynoxideBinary = join(import.meta.dirname, '../../node_modules/@dynoxide/linux-x64/dynoxide');

/** Whether this platform has the binary; elsewhere dynalite stands in, as it does for the collector. */
export const hasDynoxide = existsSync(dynoxideBinary);

export type Engine = { readonly client: DynamoDBClient; readonly stop: () => Promise<void> };

export const freePort = (): Promise<number> =>
  new Promise(found => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => found(port));
    });
  });

export const startDynoxide = async (): Promise<Engine> => {
  const port = await freePort();
  const child: ChildProcess = spawn(dynoxideBinary, ['serve', '-p', String(port)], { stdio: 'ignore' });
  const client = new DynamoDBClient(awsClient(`http://127.0.0.1:${port}`));
  return {
    client,
    stop: () =>
      new Promise(done => {
        client.destroy();
        child.once('exit', () => done());
        child.kill();
      }),
  };
};

export const startDynalite = async (): Promise<Engine> => {
  const { default: dynalite } = await import('dynalite');
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0 });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', () => done()));
  const client = new DynamoDBClient(awsClient(`http://127.0.0.1:${(server.address() as { port: number }).port}`));
  return {
    client,
    stop: () =>
      new Promise(done => {
        client.destroy();
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
};

/** Makes a table with the keys of the contract, waiting for an engine that is still starting. */
export const makeTable = async (
  client: DynamoDBClient,
  name: string,
  keys: (typeof tables)[keyof typeof tables],
): Promise<string> => {
  const attributes = [keys.partition, ...('sort' in keys ? [keys.sort] : [])];
  for (let tries = 0; ; tries += 1) {
    try {
      await client.send(
        new CreateTableCommand({
          TableName: name,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: attributes.map(AttributeName => ({ AttributeName, AttributeType: 'S' as const })),
          KeySchema: attributes.map((AttributeName, index) => ({
            AttributeName,
            KeyType: index === 0 ? ('HASH' as const) : ('RANGE' as const),
          })),
        }),
      );
      return name;
    } catch (error) {
      if ((error as { code?: string }).code !== 'ECONNREFUSED' || tries === 100) throw error;
      await new Promise(wait => setTimeout(wait, 20));
    }
  }
};
