import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalBuilding, startBuilding } from '../../local/building.ts';
import { awsClient, hasDynoxide } from '../io/embedded.ts';
import { eventually, Receiver } from '../paths/collector-process.ts';
import { functionOf, temporaryFolder, writeAssembly } from './assembly.ts';

// A small stack of every kind of resource, hosted for real.

const handlers = {
  // Answers HTTP with what it was given; crashes, hangs and throws on request.
  door: `export const handler = async event => {
    if (event.rawPath === '/crash') process.exit(3);
    if (event.rawPath === '/hang') await new Promise(() => setInterval(() => {}, 1000));
    if (event.rawPath === '/throw') throw new Error('as asked');
    if (event.rawPath === '/binary') return { statusCode: 201, isBase64Encoded: true, body: Buffer.from([1, 2, 255]).toString('base64'), headers: { 'x-own': 'y' } };
    if (event.rawPath === '/plain') return { hello: process.env.GREETING };
    return { statusCode: 200, body: JSON.stringify(event) };
  };`,
  // Prints what it got; messages that say "poison" always fail, those that say "once" fail the first time.
  work: `const seen = new Set();
  export const handler = async ({ Records }) => {
    console.log('batch ' + JSON.stringify(Records.map(r => r.body ?? r.eventName + ' ' + r.dynamodb.Keys.id.S)));
    const failed = Records.filter(({ body, messageId }) => body === 'poison' || (body === 'once' && !seen.has(messageId) && seen.add(messageId)));
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };`,
  // Calls DynamoDB as the SDK does, with the operation and the table it was asked for.
  caller: `import { request } from 'node:http';
  export const handler = ({ rawPath }) => new Promise((done, failed) => {
    const [, operation, table] = rawPath.split('/').slice(1);
    const { hostname, port } = new URL(process.env.AWS_ENDPOINT_URL_DYNAMODB);
    const headers = {
      'x-amz-target': 'DynamoDB_20120810.' + operation,
      'content-type': 'application/x-amz-json-1.0',
      authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
      'x-amz-date': '20260101T000000Z',
    };
    const call = request({ hostname, port, method: 'POST', headers }, answer => done({ statusCode: 200, body: 'service ' + answer.statusCode }));
    call.on('error', error => done({ statusCode: 200, body: error.name + ': ' + error.message }));
    call.end(JSON.stringify({ TableName: table, Key: { id: { S: 'x' } } }));
  });`,
  // Looks after custom resources: says what it was asked, refuses those that ask for it.
  declare: `export const handler = async ({ RequestType, LogicalResourceId, PhysicalResourceId, ResourceProperties, ResponseURL }) => {
    const { Name } = ResourceProperties;
    console.log('declared ' + [RequestType, LogicalResourceId, PhysicalResourceId ?? '-', Name].join(' '));
    const Status = Name === 'bad' ? 'FAILED' : 'SUCCESS';
    await fetch(ResponseURL, { method: 'PUT', body: JSON.stringify({ Status, Reason: 'bad is bad', PhysicalResourceId: Name }) });
  };`,
  counter: `export const handler = async () => {
    for (const [Stored, Lateness] of [[2, 5], [3, 4]])
      process.stdout.write(JSON.stringify({ _aws: { CloudWatchMetrics: [{ Metrics: [{ Name: 'Stored', Unit: 'Count' }, { Name: 'Lateness', Unit: 'Milliseconds' }] }] }, Stored, Lateness }) + '\\n');
    return { statusCode: 200 };
  };`,
  tick: `import { createRequire } from 'node:module';
  export const handler = async event => { console.log('tick ' + JSON.stringify(event)); };`,
};

const mapping = (source: string, properties: object = {}) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: {
    FunctionName: { Ref: 'Work' },
    EventSourceArn: { 'Fn::GetAtt': [source, source === 'Rows' ? 'StreamArn' : 'Arn'] },
    ...properties,
  },
});

const resources = {
  Door: functionOf('door', {
    Timeout: 1,
    Environment: { Variables: { GREETING: { 'Fn::Join': ['-', ['good', 'day']] } } },
  }),
  Work: functionOf('work', { Role: { 'Fn::GetAtt': ['Role', 'Arn'] } }),
  TickWork: functionOf('tick'),
  Caller: functionOf('caller', { Role: { 'Fn::GetAtt': ['Role', 'Arn'] } }),
  Counter: functionOf('counter'),
  Declare: functionOf('declare'),
  Dead: { Type: 'AWS::SQS::Queue' },
  Jobs: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      VisibilityTimeout: 1,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 2 },
    },
  },
  JobsMapping: mapping('Jobs', { BatchSize: 10, FunctionResponseTypes: ['ReportBatchItemFailures'] }),
  Slow: { Type: 'AWS::SQS::Queue' },
  SlowMapping: mapping('Slow', { BatchSize: 100, MaximumBatchingWindowInSeconds: 1 }),
  DeadMapping: mapping('Dead', { BatchSize: 1 }),
  Rows: {
    Type: 'AWS::DynamoDB::GlobalTable',
    Properties: {
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    },
  },
  RowsMapping: mapping('Rows', { BatchSize: 100 }),
  Bell: { Type: 'AWS::SNS::Topic' },
  Tick: {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      ScheduleExpression: 'rate(1 minute)',
      Target: { Arn: { 'Fn::GetAtt': ['TickWork', 'Arn'] }, Input: '{"at":"<aws.scheduler.scheduled-time>"}' },
    },
  },
  Api: { Type: 'AWS::ApiGatewayV2::Api' },
  Integration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: { IntegrationUri: { 'Fn::GetAtt': ['Door', 'Arn'] } },
  },
  Route: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: { RouteKey: 'ANY /{path+}', Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] } },
  },
  Role: { Type: 'AWS::IAM::Role' },
  // Feeds the functions, and lets nobody scan.
  Policy: {
    Type: 'AWS::IAM::Policy',
    Properties: {
      Roles: [{ Ref: 'Role' }],
      PolicyDocument: {
        Statement: [
          { Effect: 'Allow', Action: 'sqs:*', Resource: '*' },
          { Effect: 'Allow', Action: ['dynamodb:DescribeStream', 'dynamodb:Get*'], Resource: '*' },
          {
            Effect: 'Allow',
            Action: ['dynamodb:PutItem', 'dynamodb:GetItem'],
            Resource: { 'Fn::GetAtt': ['Rows', 'Arn'] },
          },
        ],
      },
    },
  },
  CallerIntegration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: { IntegrationUri: { 'Fn::GetAtt': ['Caller', 'Arn'] } },
  },
  CallerRoute: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      RouteKey: 'GET /call/{path+}',
      Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'CallerIntegration' }]] },
    },
  },
  CounterIntegration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: { IntegrationUri: { 'Fn::GetAtt': ['Counter', 'Arn'] } },
  },
  CounterRoute: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      RouteKey: 'GET /count',
      Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'CounterIntegration' }]] },
    },
  },
  Stream: { Type: 'AWS::Kinesis::Stream' },
};
const outputs = {
  Jobs: { Value: { Ref: 'Jobs' } },
  Slow: { Value: { Ref: 'Slow' } },
  Rows: { Value: { Ref: 'Rows' } },
  Bell: { Value: { Ref: 'Bell' } },
};

const engines = [...(hasDynoxide ? [{ name: 'dynoxide' }] : []), { name: 'dynalite', tables: 'dynalite' as const }];

describe.each<{ name: string; tables?: 'dynalite' }>(engines)('the building, tables on $name', ({ tables }) => {
  let building: LocalBuilding;
  let receiver: Receiver;
  let sqs: SQSClient;
  let dynamo: DynamoDBClient;
  let lines: string[];
  const dataFolder = temporaryFolder();

  const start = async (more: Parameters<typeof writeAssembly>[0] = {}) => {
    lines = [];
    building = await startBuilding({
      dataFolder,
      assemblyFolder: async () => writeAssembly({ ...resources, ...more }, handlers, outputs),
      port: 0,
      subscribers: [receiver.url],
      endpoints: {},
      ...(tables && { tables }),
      print: line => lines.push(line),
    });
    sqs = new SQSClient(awsClient(building.endpoints.sqs));
    dynamo = new DynamoDBClient(awsClient(building.endpoints.dynamodb));
  };
  const stop = async () => {
    sqs.destroy();
    dynamo.destroy();
    await building.stop();
  };
  const batches = (): string[][] =>
    lines
      .filter(line => line.includes('batch '))
      .map(line => JSON.parse(line.slice(line.indexOf('batch ') + 6)) as string[]);
  const send = (queue: string, MessageBody: string, DelaySeconds?: number) =>
    sqs.send(
      new SendMessageCommand({ QueueUrl: building.outputs[queue], MessageBody, ...(DelaySeconds && { DelaySeconds }) }),
    );

  beforeAll(async () => {
    receiver = await Receiver.start();
    await start();
  }, 30_000);
  afterAll(async () => {
    await stop();
    await receiver.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  test('says what it does not host, and is silent about what has no meaning here', () => {
    expect(lines.filter(line => line.startsWith('not hosted'))).toEqual([
      'not hosted locally: AWS::Kinesis::Stream (Stream)',
    ]);
  });

  test('hands requests over as an HTTP API does', async () => {
    const answer = await fetch(`${building.url}/a/b%20c?x=1&x=2&y=%26`, {
      method: 'PUT',
      body: 'text',
      headers: { 'content-type': 'text/plain', 'X-Two': 'a', cookie: 'k=v; l=w' },
    });
    expect(await answer.json()).toMatchObject({
      version: '2.0',
      routeKey: 'ANY /{path+}',
      rawPath: '/a/b%20c',
      rawQueryString: 'x=1&x=2&y=%26',
      queryStringParameters: { x: '1,2', y: '&' },
      pathParameters: { path: 'a/b c' },
      headers: { 'x-two': 'a', 'content-type': 'text/plain' },
      cookies: ['k=v', 'l=w'],
      body: 'text',
      isBase64Encoded: false,
      requestContext: { http: { method: 'PUT', path: '/a/b%20c' } },
    });
    const binary = (await (
      await fetch(`${building.url}/bytes`, { method: 'POST', body: new Uint8Array([0, 255]) })
    ).json()) as object;
    expect(binary).toMatchObject({ body: 'AP8=', isBase64Encoded: true });
  });

  test('hands answers back, and has its own for functions that give none', async () => {
    const binary = await fetch(`${building.url}/binary`);
    expect([binary.status, binary.headers.get('x-own'), [...new Uint8Array(await binary.arrayBuffer())]]).toEqual([
      201,
      'y',
      [1, 2, 255],
    ]);
    expect(await (await fetch(`${building.url}/plain`)).json()).toEqual({ hello: 'good-day' });
    expect((await fetch(`${building.url}/`)).status).toBe(404);
    expect((await fetch(`${building.url}/throw`)).status).toBe(500);
    expect((await fetch(`${building.url}/crash`)).status).toBe(500);
    expect((await fetch(`${building.url}/hang`)).status).toBe(503);
    expect(lines.some(line => line.includes('Task timed out after 1 seconds'))).toBe(true);
    // The next request finds a fresh thread.
    expect((await fetch(`${building.url}/after`)).status).toBe(200);
  });

  test('delivers messages again that failed alone, and buries those that keep failing', async () => {
    await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: building.outputs['Jobs'],
        Entries: ['fine', 'once', 'poison'].map((MessageBody, index) => ({ Id: String(index), MessageBody })),
      }),
    );
    const times = (body: string) =>
      batches()
        .flat()
        .filter(each => each === body).length;
    // Twice from its own queue, once from the dead letters.
    await eventually(
      15_000,
      async () => times('poison'),
      count => count === 3,
    );
    expect([times('fine'), times('once')]).toEqual([1, 2]);
  });

  test('gathers for its window, and delays as asked', async () => {
    await send('Slow', 'a');
    await new Promise(wait => setTimeout(wait, 300));
    await send('Slow', 'b');
    await eventually(
      5_000,
      async () => batches(),
      all => all.some(batch => batch.join() === 'a,b'),
    );
    const sentMs = Date.now();
    await send('Jobs', 'later', 2);
    await eventually(
      6_000,
      async () => batches().flat(),
      all => all.includes('later'),
    );
    expect(Date.now() - sentMs).toBeGreaterThanOrEqual(1_990);
  });

  test('tells changes of a table', async () => {
    const put = (n: string) =>
      dynamo.send(new PutItemCommand({ TableName: building.outputs['Rows'], Item: { id: { S: 'row' }, n: { N: n } } }));
    await put('1');
    await eventually(
      5_000,
      async () => batches().flat(),
      all => all.includes('INSERT row'),
    );
    await put('2');
    await eventually(
      5_000,
      async () => batches().flat(),
      all => all.includes('MODIFY row'),
    );
    await dynamo.send(new DeleteItemCommand({ TableName: building.outputs['Rows'], Key: { id: { S: 'row' } } }));
    await eventually(
      5_000,
      async () => batches().flat(),
      all => all.includes('REMOVE row'),
    );
  });

  test('ticks at once', async () => {
    await eventually(
      5_000,
      async () => lines,
      all => all.some(line => /tick \{"at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"\}/.test(line)),
    );
  });

  test('rings on the console and to HTTP subscribers', async () => {
    const { PublishCommand, SNSClient } = await import('@aws-sdk/client-sns');
    const sns = new SNSClient(awsClient(building.endpoints.sns));
    const part = JSON.stringify({ kind: 'DOWN', job: 'x', text: 'DOWN: x fell silent' });
    await sns.send(
      new PublishCommand({
        TopicArn: building.outputs['Bell'],
        Subject: 's',
        MessageStructure: 'json',
        Message: JSON.stringify({ default: part, email: 'other' }),
      }),
    );
    sns.destroy();
    await eventually(
      5_000,
      async () => receiver.alarms,
      alarms => alarms.length > 0,
    );
    expect(receiver.alarms[0]).toEqual({ kind: 'DOWN', job: 'x', text: 'DOWN: x fell silent' });
    expect(lines).toContain('alarm: DOWN: x fell silent');
  });

  test.each([
    { operation: 'GetItem', table: 'Test-Rows', answer: 'service 200' },
    { operation: 'Scan', table: 'Test-Rows', answer: /not authorized to perform dynamodb:Scan on .*table\/Test-Rows/ },
    { operation: 'PutItem', table: 'Other', answer: /not authorized to perform dynamodb:PutItem on .*table\/Other/ },
  ])('a function may call what its role allows: $operation on $table', async ({ operation, table, answer }) => {
    const said = await (await fetch(`${building.url}/call/${operation}/${table}`)).text();
    expect(said).toMatch(answer);
    if (answer instanceof RegExp) expect(said).toMatch(/^AccessDeniedException: /);
  });

  test('keeps what functions say in metrics, and does not print it', async () => {
    for (let times = 0; times < 2; times += 1) await fetch(`${building.url}/count`);
    const kept = await eventually(
      5_000,
      async () => {
        const file = join(dataFolder, 'measures.json');
        return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).values : {};
      },
      ({ Stored }) => Stored === 10,
    );
    expect(kept).toEqual({ Stored: 10, Lateness: 5 });
    expect(lines.join()).not.toContain('_aws');
  });

  test('brings custom resources to life, changes them and takes them away', async () => {
    const declared = (Name: string) => ({
      Type: 'Custom::Thing',
      Properties: { ServiceToken: { 'Fn::GetAtt': ['Declare', 'Arn'] }, Name },
    });
    const restart = async (more: Parameters<typeof start>[0]) => {
      await stop();
      await start(more);
      return lines.filter(line => line.includes('declared ')).map(line => line.slice(line.indexOf('declared ') + 9));
    };
    expect(await restart({ One: declared('a'), Two: declared('b') })).toEqual(['Create One - a', 'Create Two - b']);
    expect(await restart({ One: declared('a'), Two: declared('c') })).toEqual(['Update Two b c', 'Delete Two b b']);
    expect(await restart({ One: declared('a') })).toEqual(['Delete Two c c']);
    expect(await restart({ One: declared('a') })).toEqual([]);
    await stop();
    await expect(start({ One: declared('bad') })).rejects.toThrow('One (Custom::Thing): bad is bad');
    expect(await restart({})).toEqual(['Delete One a a']);
  });

  test('keeps rows and messages over a restart', async () => {
    await dynamo.send(new PutItemCommand({ TableName: building.outputs['Rows'], Item: { id: { S: 'kept' } } }));
    await send('Jobs', 'kept', 4);
    await stop();
    await start();
    await eventually(
      10_000,
      async () => batches().flat(),
      all => all.includes('kept'),
    );
    // The row was there before: it is where the stream begins from.
    expect(batches().flat()).not.toContain('INSERT kept');
  });
});
