import { availableParallelism } from 'node:os';
import type { Assembly, Properties } from './assembly.ts';
import { startMetrics } from './cloudwatch.ts';
import { Complaint } from './complaint.ts';
import { type Declared, declareAll } from './declarations.ts';
import { type Invoke, LocalFunction } from './functions.ts';
import type { Door } from './gateway.ts';
import { LocalMeasures } from './measures.ts';
import { nameOfArn, physicalNames, tableOfStream } from './naming.ts';
import { allows, type Statement, statementsOf } from './permissions.ts';
import { batchesAtOnce, startQueueMapping } from './queue-mapping.ts';
import { ageOfOldest } from './queues.ts';
import { Resolver, region } from './resolver.ts';
import { type KeysRequired, type Route, readingFunctions, readRoute } from './routes.ts';
import { readRate, startSchedule } from './schedules.ts';
import type { GivenSecret } from './secrets.ts';
import { type Engines, Stores } from './stores.ts';
import { startStreamMapping } from './stream-mapping.ts';

type HouseSettings = {
  readonly assembly: Assembly;
  /** Where everything that must survive is kept. */
  readonly dataFolder: string;
  readonly engines: Engines;
  /** Where the HTTP API answers. */
  readonly url: string;
  /** What whoever has a choice must come with a key for. */
  readonly keysRequired: KeysRequired;
  /** Secrets that the user gives to scrapes. */
  readonly givenSecrets: Readonly<Record<string, GivenSecret>>;
  /** HTTP subscribers of every topic. */
  readonly subscribers: readonly string[];
  readonly print: (line: string) => void;
  /** Takes what must be undone, in this order, when the house comes down. */
  readonly atEnd: (undo: () => void | Promise<void>) => void;
};

/** How long running work may take to end before it is ended. */
const patienceMs = 2_000;

const saveMeasuresEveryMs = 2_000;

/** What Lambda does with a function's own role to feed it. */
const drainActions = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
const streamActions = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'];

/** Types that have no meaning on one machine, and are passed over without a word. */
const silent =
  /^AWS::(IAM|Logs|CloudWatch|CDK|KMS|Budgets)::|Policy$|::Permission$|::Stage$|::Integration$|::Authorizer$|::Version$|::Alias$|::EventInvokeConfig$/;

const customs = /^(Custom::|AWS::CloudFormation::CustomResource$)/;

const hosted =
  /^AWS::(Lambda::(Function|EventSourceMapping)|SQS::Queue|DynamoDB::(GlobalTable|Table)|SNS::Topic|S3::Bucket|SecretsManager::Secret|Scheduler::Schedule|ApiGatewayV2::(Api|Route))$/;

/** The resources of one template, each hosted by its type. None is known here by name. */
export class House {
  readonly resolver: Resolver;
  readonly #settings: HouseSettings;
  readonly #functions = new Map<string, LocalFunction>();
  readonly stores: Stores;

  constructor(settings: HouseSettings) {
    const { assembly, engines, url } = settings;
    const { template, stackName } = assembly;
    const { endpoints } = engines;
    this.#settings = settings;
    this.resolver = new Resolver(
      template,
      stackName,
      physicalNames(template, stackName, { api: url, sqs: endpoints.sqs }),
    );
    this.stores = new Stores({
      ...settings,
      resolver: this.resolver,
      all: type => this.#all(type),
    });
  }

  async startFunctions(): Promise<void> {
    const { assembly, dataFolder, engines, print, atEnd } = this.#settings;
    const measures = new LocalMeasures(dataFolder);
    const saving = setInterval(() => measures.save(), saveMeasuresEveryMs);
    atEnd(() => {
      clearInterval(saving);
      measures.save();
    });
    const { queueServer } = engines;
    const metrics = await startMetrics(
      measures,
      queueServer && ((name, nowMs) => ageOfOldest(queueServer, name, nowMs)),
    );
    atEnd(metrics.stop);
    const { dynamodb, sqs, sns, s3 } = engines.endpoints;
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
      AWS_ENDPOINT_URL_CLOUDWATCH: metrics.url,
      ...(this.stores.secretsAt && {
        AWS_ENDPOINT_URL_SECRETS_MANAGER: this.stores.secretsAt,
        AWS_ENDPOINT_URL_SSM: this.stores.secretsAt,
      }),
    };
    const all = this.#all('AWS::Lambda::Function').filter(([, { Code }]) => typeof Code === 'object');
    await Promise.all(
      all.map(async ([id, properties]) => {
        const key = String((properties['Code'] as { S3Key?: string }).S3Key ?? '');
        const label = labelOf(id);
        const local = new LocalFunction({
          name: String(this.resolver.resolve({ Ref: id })),
          label,
          arn: String(this.resolver.resolve({ 'Fn::GetAtt': [id, 'Arn'] })),
          folder: assembly.assetFolder(key.replace(/\.zip$/, '')),
          properties,
          statements: this.#statementsOf(properties),
          surroundings,
          print: line => {
            if (!measures.take(line)) print(`[${label}] ${line}`);
          },
        });
        this.#functions.set(local.label, local);
        atEnd(() => local.stop(patienceMs));
        await local.warm();
      }),
    );
  }

  /** What the function's role allows. */
  #statementsOf(functionProperties: Properties): Statement[] {
    const [roleId = ''] = String(functionProperties['Role'] ?? '').split('.');
    return statementsOf(this.#settings.assembly.template, this.resolver, roleId);
  }

  /** Gives what custom resources declare to the functions that look after it. */
  async declare(): Promise<void> {
    const declared = Object.entries(this.#settings.assembly.template.Resources)
      .filter(([, { Type }]) => customs.test(Type))
      .map(([id, { Type }]): [string, Declared] => [id, { type: Type, properties: this.resolver.properties(id) }]);
    await declareAll(this.#settings.dataFolder, new Map(declared), arn => this.#invoke(arn));
  }

  /** The function that an ARN or an integration names. */
  #invoke(arn: unknown): Invoke {
    const named = this.#functions.get(nameOfArn(String(arn)));
    if (named === undefined) throw new Error(`the template has no function ${String(arn)}`);
    return named.invoke;
  }

  /**
   * Of two APIs with one path the first is taken: that of keys where they are required, else that of IAM. Functions most of
   * whose paths can be got are there to be read: from one's own machine that needs a key only where everything does.
   */
  routes(): Route<Door>[] {
    const integrations = new Map(this.#all('AWS::ApiGatewayV2::Integration'));
    const routes = this.#all('AWS::ApiGatewayV2::Route').map(([, { RouteKey, Target, AuthorizationType }]) => {
      const integration = integrations.get(String(Target).replace('integrations/', ''));
      const to = nameOfArn(String(integration?.['IntegrationUri']));
      return {
        to,
        route: readRoute(String(RouteKey), { invoke: this.#invoke(to), isIam: AuthorizationType === 'AWS_IAM' }),
      };
    });
    const { keysRequired } = this.#settings;
    const reading = readingFunctions(routes.map(({ to, route }) => [to, route.key]));
    const needsKey = (to: string): boolean =>
      keysRequired === 'everything' || (keysRequired === 'pushes' && !reading.has(to));
    return routes
      .map(({ to, route }) => ({ route, isSecond: route.target.isIam === needsKey(to) }))
      .sort((a, b) => Number(a.isSecond) - Number(b.isSecond))
      .map(({ route }) => route);
  }

  /** Everything that calls functions by itself. */
  async startMappings(): Promise<void> {
    const { assembly, print, atEnd } = this.#settings;
    for (const [, properties] of this.#all('AWS::Lambda::EventSourceMapping')) this.#startMapping(properties);
    for (const [id, properties] of this.#all('AWS::Scheduler::Schedule')) {
      const expression = String(properties['ScheduleExpression']);
      const everyMs = readRate(expression);
      if (everyMs === undefined) {
        print(`not hosted locally: schedule ${id}, ${expression}: only rate(…) is understood`);
        continue;
      }
      const target = properties['Target'] as { Arn: string; Input?: string };
      atEnd(startSchedule({ name: id, everyMs, input: target.Input ?? '{}', invoke: this.#invoke(target.Arn), print }));
    }
    for (const [id, { Type }] of Object.entries(assembly.template.Resources)) {
      if (!hosted.test(Type) && !customs.test(Type) && !silent.test(Type)) print(`not hosted locally: ${Type} (${id})`);
    }
  }

  #startMapping(properties: Properties): void {
    const { engines, print, atEnd } = this.#settings;
    const arn = String(properties['EventSourceArn']);
    const invoke = this.#invoke(properties['FunctionName']);
    this.#checkFeeding(String(properties['FunctionName']), arn);
    const batchSize = Number(properties['BatchSize'] ?? 10);
    const table = tableOfStream(arn);
    if (table !== '') {
      const owner = [...this.#all('AWS::DynamoDB::GlobalTable'), ...this.#all('AWS::DynamoDB::Table')].find(
        ([id]) => this.resolver.resolve({ Ref: id }) === table,
      );
      const keys = ((owner?.[1]['KeySchema'] ?? []) as { AttributeName: string }[]).map(
        ({ AttributeName }) => AttributeName,
      );
      atEnd(startStreamMapping({ client: this.stores.dynamo, table, keys, invoke, batchSize, print }));
      return;
    }
    const scaling = properties['ScalingConfig'] as { MaximumConcurrency?: number } | undefined;
    const gatherMs = Number(properties['MaximumBatchingWindowInSeconds'] ?? 0) * 1_000;
    atEnd(
      startQueueMapping({
        client: this.stores.sqs,
        url: `${engines.endpoints.sqs}/000000000000/${nameOfArn(arn)}`,
        arn,
        invoke,
        batchSize,
        gatherMs,
        partial: ((properties['FunctionResponseTypes'] ?? []) as string[]).includes('ReportBatchItemFailures'),
        concurrency: batchesAtOnce(gatherMs, scaling?.MaximumConcurrency ?? 10, availableParallelism()),
        print,
      }),
    );
  }

  /** Lambda reads a queue or a stream with the function's own rights: without them nothing would arrive, and nobody would say so. */
  #checkFeeding(functionName: string, sourceArn: string): void {
    const owner = this.#all('AWS::Lambda::Function').find(
      ([id]) => this.resolver.resolve({ Ref: id }) === functionName,
    );
    const statements = this.#statementsOf(owner?.[1] ?? {});
    const needed = tableOfStream(sourceArn) === '' ? drainActions : streamActions;
    const missing = needed.filter(action => !allows(statements, action, sourceArn));
    if (missing.length > 0)
      throw new Complaint(
        `${functionName} cannot be fed from ${sourceArn}: its role does not allow ${missing.join(', ')}`,
      );
  }

  /** Resolved properties of all resources of a type, by logical id. */
  #all(type: string): [string, Properties][] {
    return Object.entries(this.#settings.assembly.template.Resources)
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
