import { parentPort, workerData } from 'node:worker_threads';
import { guardCalls } from './border.ts';
import type { Statement } from './permissions.ts';

// Runs one function's bundle in a thread of its own, one event at a time, as Lambda does in a sandbox.

type Invocation = { readonly id: string; readonly event: unknown; readonly deadlineMs: number };

const { bundle, handlerName, functionName, functionArn, memoryMiB, statements, services } = workerData as {
  bundle: string;
  handlerName: string;
  functionName: string;
  functionArn: string;
  memoryMiB: number;
  statements: Statement[];
  services: string[];
};

guardCalls(functionName, statements, new Set(services));
const loaded = (await import(bundle)) as Record<string, (event: unknown, context: unknown) => unknown>;
const handler = loaded[handlerName];
if (handler === undefined) throw new Error(`${bundle} exports no ${handlerName}`);

parentPort?.on('message', async ({ id, event, deadlineMs }: Invocation) => {
  const context = {
    awsRequestId: id,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn,
    memoryLimitInMB: String(memoryMiB),
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'local',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
  try {
    parentPort?.postMessage({ id, result: await handler(event, context) });
  } catch (error) {
    parentPort?.postMessage({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
parentPort?.postMessage({ ready: true });
