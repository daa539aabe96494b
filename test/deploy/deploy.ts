import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { outputs } from '../../io/aws/contract.ts';
import { signerOf } from '../../io/aws/sign.ts';
import { type Cloud, startCloud, Unavailable } from './ministack.ts';

// `npm run test:deploy`: the stack, deployed by the stock CDK into an emulated account, and used there: pushed to, scraped
// from, queried, alarmed by, taken away. See README.md beside this file.

const root = join(import.meta.dirname, '../..');
const startedMs = Date.now();
const say = (line: string): void =>
  console.log(`${((Date.now() - startedMs) / 1_000).toFixed(0).padStart(4)} s  ${line}`);

/** Throws with what was there instead. */
const expect = (what: string, got: unknown, wanted: (got: never) => boolean): void => {
  if (!wanted(got as never)) throw new Error(`${what}: got ${JSON.stringify(got)}`);
  say(`ok: ${what}`);
};

const eventually = async <T>(
  what: string,
  withinMs: number,
  look: () => Promise<T>,
  wanted: (got: T) => boolean,
): Promise<T> => {
  const untilMs = Date.now() + withinMs;
  for (;;) {
    const got = await look().catch((error: Error) => error.message as T);
    if (wanted(got)) {
      say(`ok: ${what}`);
      return got;
    }
    if (Date.now() > untilMs) throw new Error(`${what}: not within ${withinMs / 1_000} s, got ${JSON.stringify(got)}`);
    await wait(1_000);
  }
};

/** Runs one of the project's commands; answers what it printed. */
const run = (cloud: Cloud, file: string, args: readonly string[], mayFail = false): Promise<string> =>
  new Promise((done, failed) => {
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, CI: '1', CDK_DISABLE_CLI_TELEMETRY: 'true', ...cloud.environment };
    const child = spawn(process.execPath, [join(root, file), ...args], { cwd: root, env });
    let printed = '';
    for (const output of [child.stdout, child.stderr]) output.on('data', part => (printed += part));
    child.once('close', code =>
      code === 0 || mayFail
        ? done(printed)
        : failed(new Error(`${file} ${args.join(' ')} ended with ${code}:\n${printed}`)),
    );
  });

const cdk = (cloud: Cloud, ...args: string[]): Promise<string> =>
  run(cloud, 'node_modules/aws-cdk/bin/cdk', [...args, '--ci', '--no-notices']);
const sluice = (cloud: Cloud, ...args: string[]): Promise<string> =>
  run(cloud, 'bin/sluice.ts', ['--stack', 'Sluice', ...args], true);

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const sign = signerOf('execute-api', 'us-east-1', credentials);

/** A POST to the deployed API, signed where it has no headers of its own. Its name is below localhost, which not every resolver knows. */
const post = async (
  api: URL,
  path: string,
  body: string,
  own?: Readonly<Record<string, string>>,
): Promise<{ status: number; text: string }> => {
  const url = new URL(path, api);
  const signed = own ?? (await sign(url, { method: 'POST', body }));
  return new Promise((done, failed) => {
    const headers = { host: url.host, ...signed };
    const asked = request({ method: 'POST', hostname: '127.0.0.1', port: url.port, path, headers }, response => {
      let text = '';
      response.on('data', part => (text += part));
      response.on('end', () => done({ status: response.statusCode ?? 0, text }));
    });
    asked.on('error', failed);
    asked.end(body);
  });
};

/** A GET as a browser makes it; its name is below localhost, which not every resolver knows. */
const get = (api: URL, path: string, own: Readonly<Record<string, string>> = {}) =>
  new Promise<{ status: number; text: string; policy: string }>((done, failed) => {
    const headers = { host: api.host, accept: 'text/html', ...own };
    const asked = request({ method: 'GET', hostname: '127.0.0.1', port: api.port, path, headers }, async response => {
      const parts: Buffer[] = [];
      for await (const part of response as AsyncIterable<Buffer>) parts.push(part);
      const body = Buffer.concat(parts);
      const isPacked = body[0] === 0x1f && body[1] === 0x8b;
      done({
        status: response.statusCode ?? 0,
        text: (isPacked ? gunzipSync(body) : body).toString('utf8'),
        policy: String(response.headers['content-security-policy']),
      });
    });
    asked.on('error', failed);
    asked.end();
  });

/** A page to scrape, and a subscriber of the topic. */
const startNeighbour = async () => {
  const alarms: string[] = [];
  let isUp = true;
  const server = createServer(async (incoming, response) => {
    if (incoming.method === 'POST') {
      let body = '';
      for await (const part of incoming) body += part;
      response.end();
      // A subscriber says that it wants to be one, as with SNS itself.
      const { SubscribeURL } = JSON.parse(body) as { SubscribeURL?: string };
      if (SubscribeURL !== undefined) await fetch(SubscribeURL);
      else alarms.push(body);
    } else if (isUp) response.setHeader('content-type', 'text/plain; version=0.0.4').end('shelf_items 7\n');
    else response.destroy();
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    alarms,
    fail: () => {
      isUp = false;
    },
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

const use = async (cloud: Cloud, folder: string): Promise<void> => {
  const context = ['-c', 'scrapeAllow=127.0.0.0/8', '-c', 'removal=destroy'];
  const where = ['--output', join(folder, 'cdk.out')];
  say('cdk bootstrap');
  await cdk(cloud, 'bootstrap', 'aws://000000000000/us-east-1', ...context, ...where);
  say('cdk deploy');
  const told = join(folder, 'outputs.json');
  await cdk(cloud, 'deploy', '--require-approval', 'never', '--outputs-file', told, ...context, ...where);
  const output = (JSON.parse(readFileSync(told, 'utf8')) as { Sluice: Record<string, string> }).Sluice;
  expect('cdk deploy prints what users need', Object.keys(output).sort(), (keys: string[]) =>
    Object.values(outputs).every(name => keys.includes(name)),
  );
  const url = new URL(output[outputs.url] ?? '');

  const neighbour = await startNeighbour();
  try {
    const aws = {
      region: 'us-east-1',
      endpoint: cloud.endpoint,
      credentials,
    };
    await new SNSClient(aws).send(
      new SubscribeCommand({ TopicArn: output[outputs.alarms], Protocol: 'http', Endpoint: neighbour.url }),
    );
    const stranger = await post(url, '/v1/push?job=deployed', 'orders_total 1\n', {});
    expect('nobody unknown gets in', stranger, ({ status }: typeof stranger) => status === 403);
    const pushed = await post(url, '/v1/push?job=deployed', 'orders_total 42\n');
    expect(
      'a push is taken',
      pushed,
      ({ status, text }: typeof pushed) => status === 200 && text.includes('"accepted":1'),
    );
    const refused = await post(url, '/v1/push?job=deployed', 'orders_total many\n');
    expect(
      'a bad one is refused with its place',
      refused,
      ({ status, text }: typeof refused) => status === 400 && text.includes('line 1'),
    );
    const keyed = new URL(output[outputs.keyedUrl] ?? '');
    const key = (await sluice(cloud, 'keys', 'create', '--job', 'keyed')).split('\n')[0] ?? '';
    const byKey = (job: string, text: string) =>
      post(keyed, `/v1/push?job=${job}`, 'orders_total 7\n', { authorization: `Bearer ${text}` });
    expect('a push with a key is taken', await byKey('keyed', key), ({ status }: { status: number }) => status === 200);
    expect('for its own job only', await byKey('other', key), ({ status }: { status: number }) => status === 403);
    expect('and with none it is not', await byKey('keyed', 'none'), ({ status }: { status: number }) => status === 401);
    const document = await get(keyed, '/');
    expect(
      'the page is served to anybody',
      document,
      ({ status, text, policy }: typeof document) =>
        status === 200 && text.includes('/page/main-') && policy.includes("default-src 'none'"),
    );
    const [script = ''] = /\/page\/main-[^"]+\.js/.exec(document.text) ?? [];
    expect(
      'its files too',
      await get(keyed, script),
      ({ status, text }: typeof document) => status === 200 && text.length > 10_000,
    );
    expect('its data is not', await get(keyed, '/v1/sources'), ({ status }: typeof document) => status === 401);
    const reading = (await sluice(cloud, 'keys', 'create', '--read')).split('\n')[0] ?? '';
    await eventually(
      'but to who has a key to read, the pushers among them',
      60_000,
      () => get(keyed, '/v1/sources', { authorization: `Bearer ${reading}` }),
      ({ status, text }) => status === 200 && text.includes('"deployed"'),
    );
    expect(
      'such a key pushes nothing',
      await byKey('keyed', reading),
      ({ status }: { status: number }) => status === 401,
    );
    await eventually(
      'the push is read back by `sluice query`',
      60_000,
      () => sluice(cloud, 'query', 'orders_total'),
      text => /orders_total\{job="deployed"\}\s+42/.test(text),
    );
    expect(
      'a target is added',
      await sluice(cloud, 'targets', 'add', `${neighbour.url}/metrics`, '--job', 'shelf', '--interval', '5s'),
      (text: string) => text.includes('added shelf/'),
    );
    await eventually(
      'it is scraped, and read back',
      180_000,
      () => sluice(cloud, 'query', 'shelf_items'),
      text => /shelf_items\{.*job="shelf"\}\s+7/.test(text),
    );
    const status = await sluice(cloud, 'status');
    expect('`sluice status` tells of it', status, (text: string) => text.includes('targets     1 of 1 up'));
    neighbour.fail();
    await eventually(
      'it stops, and the topic rings',
      180_000,
      async () => neighbour.alarms.filter(body => body.includes('DOWN') && body.includes('shelf')),
      alarms => alarms.length > 0,
    );
  } finally {
    neighbour.stop();
  }

  say('cdk diff');
  const diff = await cdk(cloud, 'diff', ...context, ...where);
  expect('cdk diff of an unchanged tree is empty', diff, (text: string) => text.includes('There were no differences'));

  say('cdk destroy');
  await cdk(cloud, 'destroy', '--force', ...context, ...where);
  const aws = {
    region: 'us-east-1',
    endpoint: cloud.endpoint,
    credentials,
  };
  const gone = await new CloudFormationClient(aws).send(new DescribeStacksCommand({ StackName: 'Sluice' })).then(
    ({ Stacks }) => Stacks?.[0]?.StackStatus ?? 'gone',
    () => 'gone',
  );
  expect('the stack is gone', gone, (text: string) => text === 'gone' || text === 'DELETE_COMPLETE');
  const table = await new DynamoDBClient(aws)
    .send(new DescribeTableCommand({ TableName: output[outputs.series] }))
    .then(
      ({ Table }) => Table?.TableStatus,
      (error: Error) => error.name,
    );
  expect('and its tables with it', table, (text: string) => text === 'ResourceNotFoundException');
};

const folder = mkdtempSync(join(tmpdir(), 'sluice-deploy-'));
let cloud: Cloud | undefined;
try {
  say('starting the emulator');
  cloud = await startCloud();
  await use(cloud, folder);
  say('passed');
} catch (error) {
  if (error instanceof Unavailable) console.log(`skipped: ${error.message}`);
  else {
    console.error((error as Error).stack);
    if (cloud !== undefined) console.error(readFileSync(cloud.logFile, 'utf8').split('\n').slice(-40).join('\n'));
    process.exitCode = 1;
  }
} finally {
  await cloud?.stop();
  rmSync(folder, { recursive: true, force: true });
}
