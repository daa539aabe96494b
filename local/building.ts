import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type Assembly, type Properties, readAssembly } from './assembly.ts';
import { makeBucket } from './buckets.ts';
import { type Invoke, LocalFunction } from './functions.ts';
import { Gateway } from './gateway.ts';
import { lockFolder } from './lock.ts';
import { type Addresses, nameOfArn, physicalNames, tableOfStream } from './naming.ts';
import { startQueueMapping } from './queue-mapping.ts';
import { makeQueue, releaseInflight, startQueues } from './queues.ts';
import { Resolver, region } from './resolver.ts';
import { readRoute } from './routes.ts';
import { readRate, startSchedule } from './schedules.ts';
import { startStreamMapping } from './stream-mapping.ts';
import { makeTable, startTables, sweepExpired } from './tables.ts';
import { startTopic } from './topics.ts';

export type LocalSettings = {
  /** Where everything that must survive is kept. */
  readonly dataFolder: string;
  /** The synthesized stack; called once the data folder is ours and the port is open. */
  readonly assemblyFolder: () => Promise<string>;
  readonly port: number;
  /** HTTP subscribers of every topic. */
  readonly subscribers: readonly string[];
  /** Endpoints that the user brought: such a part is not started. */
  readonly endpoints: {
    readonly dynamodb?: string;
    readonly sqs?: string;
    readonly sns?: string;
    readonly s3?: string;
  };
  /** Keeps tables on dynalite, as on machines without the binary. */
  readonly tables?: 'dynalite';
  readonly print: (line: string) => void;
};

export type LocalBuilding = {
  readonly url: string;
  readonly endpoints: { readonly dynamodb: string; readonly sqs: string; readonly sns: string; readonly s3: string };
  readonly outputs: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
};

/** How long running work may take to end before it is ended. */
const patienceMs = 5_000;

const sweepEveryMs = 3_600_000;

/** Types that have no meaning on one machine, and are passed over without a word. */
const silent =
  /^AWS::(IAM|Logs|CloudWatch|CDK|KMS|Budgets)::|Policy$|::Permission$|::Stage$|::Integration$|::Authorizer$|::Version$|::Alias$|::EventInvokeConfig$/;

/**
 * Hosts what a synthesized template names: functions, queues, tables, schedules, routes and topics, each by its type.
 * No resource is known here by name. If anything fails on the way up, everything that was started is stopped.
 */
export const startBuilding = async (settings: LocalSettings): Promise<LocalBuilding> => {
  const ends: (() => void | Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse())
      await Promise.resolve(end()).catch((error: Error) => settings.print(`stopping: ${error.message}`));
  };
  try {
    return { ...(await raise(settings, ends)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const raise = async (
  settings: LocalSettings,
  ends: (() => void | Promise<void>)[],
): Promise<Omit<LocalBuilding, 'stop'>> => {
  const { dataFolder, print } = settings;
  ends.push(lockFolder(dataFolder));
  const gateway = new Gateway(print);
  const url = await gateway.listen(settings.port);
  ends.push(() => gateway.stop());
  const assembly = readAssembly(await settings.assemblyFolder());

  const endpoints = await startEngines(settings, ends);
  const house = new House(settings, assembly, endpoints, { api: url, sqs: endpoints.sqs }, ends);
  await house.makeStores();
  await house.startFunctions();
  gateway.routes = house.routes();
  await house.startMappings();

  const outputs = house.resolver.outputs();
  const file = join(dataFolder, 'local.json');
  writeFileSync(file, JSON.stringify({ pid: process.pid, url, region, endpoints, outputs }, null, 2));
  ends.push(() => rmSync(file, { force: true }));
  return { url, endpoints, outputs };
};

const startEngines = async (
  { dataFolder, endpoints: own, tables, print }: LocalSettings,
  ends: (() => void | Promise<void>)[],
): Promise<LocalBuilding['endpoints']> => {
  let { dynamodb, sqs, sns, s3 } = own;
  if (dynamodb === undefined) {
    const engine = await startTables(dataFolder, tables);
    ends.push(engine.stop);
    dynamodb = engine.endpoint;
    print(`tables on ${engine.name} at ${engine.endpoint}`);
  }
  if (sqs === undefined || sns === undefined || s3 === undefined) {
    const queuesFolder = join(dataFolder, 'queues');
    mkdirSync(queuesFolder, { recursive: true });
    const server = await startQueues(queuesFolder);
    ends.push(() => server.stop());
    servers.set(server.address, server);
    sqs ??= server.address;
    sns ??= server.address;
    s3 ??= server.address;
    print(`queues, topics and objects on fauxqs at ${server.address}`);
  }
  return { dynamodb, sqs, sns, s3 };
};

/** The embedded queue servers of this process, by address: to look into what the last process had in its hands. */
const servers = new Map<string, Awaited<ReturnType<typeof startQueues>>>();

class House {
  readonly resolver: Resolver;
  readonly #settings: LocalSettings;
  readonly #assembly: Assembly;
  readonly #endpoints: LocalBuilding['endpoints'];
  readonly #ends: (() => void | Promise<void>)[];
  readonly #functions = new Map<string, LocalFunction>();
  readonly #dynamo: DynamoDBClient;
  readonly #sqs: SQSClient;
  readonly #sns: SNSClient;
  readonly #s3: S3Client;

  constructor(
    settings: LocalSettings,
    assembly: Assembly,
    endpoints: LocalBuilding['endpoints'],
    addresses: Addresses,
    ends: (() => void | Promise<void>)[],
  ) {
    const { template, stackName } = assembly;
    this.resolver = new Resolver(template, stackName, physicalNames(template, stackName, addresses));
    this.#settings = settings;
    this.#assembly = assembly;
    this.#endpoints = endpoints;
    this.#ends = ends;
    const client = { region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
    this.#dynamo = new DynamoDBClient({ ...client, endpoint: endpoints.dynamodb });
    this.#sqs = new SQSClient({ ...client, endpoint: endpoints.sqs });
    this.#sns = new SNSClient({ ...client, endpoint: endpoints.sns });
    this.#s3 = new S3Client({ ...client, endpoint: endpoints.s3, forcePathStyle: true });
    ends.push(() => {
      for (const each of [this.#dynamo, this.#sqs, this.#sns, this.#s3]) each.destroy();
    });
  }

  /** Tables, queues, buckets and topics, with what they held before. */
  async makeStores(): Promise<void> {
    const { sqs, dynamodb } = this.#endpoints;
    const server = servers.get(sqs);
    // Queues that others name as their dead letters must be there first.
    const queues = this.#all('AWS::SQS::Queue').sort(
      ([, a], [, b]) => Number('RedrivePolicy' in a) - Number('RedrivePolicy' in b),
    );
    for (const [id, properties] of queues) {
      const [url, name] = [
        String(this.resolver.resolve({ Ref: id })),
        String(this.resolver.resolve({ 'Fn::GetAtt': [id, 'QueueName'] })),
      ];
      await makeQueue(this.#sqs, name, url, properties);
      if (server !== undefined) await releaseInflight(server, this.#sqs, name, url);
    }
    const tables = [...this.#all('AWS::DynamoDB::GlobalTable'), ...this.#all('AWS::DynamoDB::Table')];
    for (const [id, properties] of tables)
      await makeTable(this.#dynamo, String(this.resolver.resolve({ Ref: id })), properties);
    const sweep = setInterval(() => {
      for (const [id, properties] of tables) {
        sweepExpired(this.#dynamo, String(this.resolver.resolve({ Ref: id })), properties, Date.now()).catch(
          (error: Error) => this.#settings.print(`expiry at ${dynamodb}: ${error.message}`),
        );
      }
    }, sweepEveryMs);
    this.#ends.push(() => clearInterval(sweep));
    for (const [id] of this.#all('AWS::S3::Bucket'))
      await makeBucket(this.#s3, String(this.resolver.resolve({ Ref: id })));
    for (const [id] of this.#all('AWS::SNS::Topic')) {
      const name = nameOfArn(String(this.resolver.resolve({ Ref: id })));
      const { subscribers, print } = this.#settings;
      this.#ends.push(await startTopic({ sns: this.#sns, sqs: this.#sqs, name, queuesAt: sqs, subscribers, print }));
    }
  }

  async startFunctions(): Promise<void> {
    const { dynamodb, sqs, sns, s3 } = this.#endpoints;
    const surroundings = {
      PATH: process.env['PATH'] ?? '',
      TZ: 'UTC',
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
      AWS_ENDPOINT_URL_SQS: sqs,
      AWS_ENDPOINT_URL_SNS: sns,
      AWS_ENDPOINT_URL_S3: s3,
    };
    const all = this.#all('AWS::Lambda::Function').filter(([, { Code }]) => typeof Code === 'object');
    await Promise.all(
      all.map(async ([id, properties]) => {
        const key = String((properties['Code'] as { S3Key?: string }).S3Key ?? '');
        const label = labelOf(id);
        const hosted = new LocalFunction({
          name: String(this.resolver.resolve({ Ref: id })),
          arn: String(this.resolver.resolve({ 'Fn::GetAtt': [id, 'Arn'] })),
          folder: this.#assembly.assetFolder(key.replace(/\.zip$/, '')),
          properties,
          surroundings,
          print: line => this.#settings.print(`[${label}] ${line}`),
        });
        this.#functions.set(hosted.label, hosted);
        this.#ends.push(() => hosted.stop(patienceMs));
        await hosted.warm();
      }),
    );
  }

  /** The function that an ARN or an integration names. */
  #invoke(arn: unknown): Invoke {
    const hosted = this.#functions.get(nameOfArn(String(arn)));
    if (hosted === undefined) throw new Error(`the template has no function ${String(arn)}`);
    return hosted.invoke;
  }

  routes() {
    const integrations = new Map(this.#all('AWS::ApiGatewayV2::Integration'));
    return this.#all('AWS::ApiGatewayV2::Route').map(([, { RouteKey, Target }]) => {
      const integration = integrations.get(String(Target).replace('integrations/', ''));
      return readRoute(String(RouteKey), this.#invoke(integration?.['IntegrationUri']));
    });
  }

  /** Everything that calls functions by itself. */
  async startMappings(): Promise<void> {
    const { print } = this.#settings;
    for (const [, properties] of this.#all('AWS::Lambda::EventSourceMapping')) this.#startMapping(properties);
    for (const [id, properties] of this.#all('AWS::Scheduler::Schedule')) {
      const expression = String(properties['ScheduleExpression']);
      const everyMs = readRate(expression);
      if (everyMs === undefined) {
        print(`not hosted locally: schedule ${id}, ${expression}: only rate(…) is understood`);
        continue;
      }
      const target = properties['Target'] as { Arn: string; Input?: string };
      this.#ends.push(
        startSchedule({ name: id, everyMs, input: target.Input ?? '{}', invoke: this.#invoke(target.Arn), print }),
      );
    }
    const hosted =
      /^AWS::(Lambda::(Function|EventSourceMapping)|SQS::Queue|DynamoDB::(GlobalTable|Table)|SNS::Topic|S3::Bucket|Scheduler::Schedule|ApiGatewayV2::(Api|Route))$/;
    for (const [id, { Type }] of Object.entries(this.#assembly.template.Resources)) {
      if (!hosted.test(Type) && !silent.test(Type)) print(`not hosted locally: ${Type} (${id})`);
    }
  }

  #startMapping(properties: Properties): void {
    const { print } = this.#settings;
    const arn = String(properties['EventSourceArn']);
    const invoke = this.#invoke(properties['FunctionName']);
    const batchSize = Number(properties['BatchSize'] ?? 10);
    const table = tableOfStream(arn);
    if (table !== '') {
      const owner = [...this.#all('AWS::DynamoDB::GlobalTable'), ...this.#all('AWS::DynamoDB::Table')].find(
        ([id]) => this.resolver.resolve({ Ref: id }) === table,
      );
      const keys = ((owner?.[1]['KeySchema'] ?? []) as { AttributeName: string }[]).map(
        ({ AttributeName }) => AttributeName,
      );
      this.#ends.push(startStreamMapping({ client: this.#dynamo, table, keys, invoke, batchSize, print }));
      return;
    }
    const scaling = properties['ScalingConfig'] as { MaximumConcurrency?: number } | undefined;
    this.#ends.push(
      startQueueMapping({
        client: this.#sqs,
        url: `${this.#endpoints.sqs}/000000000000/${nameOfArn(arn)}`,
        arn,
        invoke,
        batchSize,
        gatherMs: Number(properties['MaximumBatchingWindowInSeconds'] ?? 0) * 1_000,
        partial: ((properties['FunctionResponseTypes'] ?? []) as string[]).includes('ReportBatchItemFailures'),
        concurrency: scaling?.MaximumConcurrency ?? 10,
        print,
      }),
    );
  }

  /** Resolved properties of all resources of a type, by logical id. */
  #all(type: string): [string, Properties][] {
    return Object.entries(this.#assembly.template.Resources)
      .filter(([, { Type }]) => Type === type)
      .map(([id]) => [id, this.resolver.properties(id)]);
  }
}

/** `CollectorPushB3A1C2D4` → `push`: a short name to print before a function's own lines. */
const labelOf = (logicalId: string): string =>
  logicalId
    .replace(/[0-9A-F]{8}$/, '')
    .replace(/^[A-Z][a-z0-9]+(?=[A-Z])/, '')
    .toLowerCase();
