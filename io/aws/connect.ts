import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { Mirrored } from '../../core/onward/mirror.ts';
import { readRetention, usualRetention } from '../../core/retention.ts';
import { httpGetter } from '../http/get.ts';
import { readAllowList } from '../http/guard.ts';
import type { Clock, Ports, ScrapeGrant } from '../ports.ts';
import { snsAlarms } from './alarms.ts';
import { awsBlocks } from './blocks.ts';
import { apiCanary, httpWatchdog } from './canary.ts';
import { environment } from './contract.ts';
import { cloudFormationDeployment } from './deployment.ts';
import { dynamoFamilies } from './families.ts';
import { dynamoHeartbeats } from './heartbeats.ts';
import { dynamoKeys } from './keys.ts';
import { lineLog, lineMeasures, lineMirror } from './lines.ts';
import { remoteWrite } from './onward.ts';
import { sqsQueue } from './queue.ts';
import { managedParameters, managedSecrets } from './secrets.ts';
import { dynamoSeries } from './series.ts';
import { signerOf } from './sign.ts';
import { dynamoTargets } from './targets.ts';

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  wait: durationMs => new Promise(done => setTimeout(done, Math.max(0, durationMs))),
};

/** Lambda's JSON logging wraps what comes through the console; a line that is JSON already goes past it. */
const writeLine = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

/**
 * The ports on AWS, each made when it is first asked for: a function needs only the names lib gave it. A name that is
 * missing is a bug in lib's wiring and says so.
 */
export const connect = (env: Readonly<Record<string, string | undefined>> = process.env): Ports => {
  const named = (name: (typeof environment)[keyof typeof environment]): string => {
    const value = env[name];
    if (value === undefined || value === '')
      throw new Error(`${name} is not set: lib grants this function no such resource`);
    return value;
  };
  const dynamo = once(() => new DynamoDBClient({}));
  const sqs = once(() => new SQSClient({}));
  const clock = systemClock;
  const buffer = once(() => sqsQueue(sqs(), clock, named(environment.buffer), 'buffer'));
  const scrapes = once(() => sqsQueue(sqs(), clock, named(environment.scrapes), 'scrapes'));
  const vpcScrapes = once(() => sqsQueue(sqs(), clock, named(environment.vpcScrapes), 'vpcScrapes'));
  const deadlines = once(() => sqsQueue(sqs(), clock, named(environment.deadlines), 'deadlines'));
  const passedOn = once(() => sqsQueue(sqs(), clock, named(environment.passedOn), 'passedOn'));
  const onward = once(() =>
    remoteWrite({
      url: new URL(named(environment.onwardUrl)),
      region: env[environment.onwardRegion],
      token: env[environment.onwardToken],
      secrets,
      credentials: defaultProvider(),
    }),
  );
  const chosen = JSON.parse(env[environment.mirror] ?? '[]') as Mirrored[];
  const keptDays = env[environment.retention];
  const retention = keptDays === undefined ? usualRetention : readRetention(keptDays);
  const series = once(() => dynamoSeries(dynamo(), clock, named(environment.series), retention));
  const families = once(() => dynamoFamilies(dynamo(), clock, named(environment.series)));
  const s3 = once(() => new S3Client({ forcePathStyle: true }));
  const blocks = once(() =>
    awsBlocks({ dynamo: dynamo(), s3: s3(), clock }, named(environment.series), named(environment.blocks), retention),
  );
  const targets = once(() => dynamoTargets(dynamo(), named(environment.targets)));
  const keys = once(() => dynamoKeys(dynamo(), clock, named(environment.keys)));
  const secrets = once(() => managedSecrets(new SecretsManagerClient({})));
  const parameters = once(() => managedParameters(new SSMClient({})));
  const credentials = once(() => defaultProvider());
  const scrapeGrants = once(() => JSON.parse(env[environment.scrapeSecrets] ?? '[]') as ScrapeGrant[]);
  const heartbeats = once(() => dynamoHeartbeats(dynamo(), clock, named(environment.heartbeats)));
  const canary = (url: string) => apiCanary(new URL(url), env['AWS_REGION'] ?? '', defaultProvider());
  const alarms = once(() => snsAlarms(new SNSClient({}), named(environment.alarms)));
  const http = once(() => httpGetter(readAllowList(env[environment.scrapeAllow] ?? '')));
  return {
    clock,
    chance: { next: () => Math.random() },
    log: lineLog(writeLine),
    measures: lineMeasures(writeLine, clock, env[environment.collector] ?? 'local'),
    get buffer() {
      return buffer();
    },
    get scrapes() {
      return scrapes();
    },
    get vpcScrapes() {
      return env[environment.vpcScrapes] === undefined ? undefined : vpcScrapes();
    },
    get deadlines() {
      return deadlines();
    },
    get passedOn() {
      return env[environment.passedOn] === undefined ? undefined : passedOn();
    },
    get onward() {
      return onward();
    },
    mirror: lineMirror(writeLine, chosen),
    retention,
    get series() {
      return series();
    },
    get families() {
      return families();
    },
    get blocks() {
      return blocks();
    },
    get targets() {
      return targets();
    },
    get keys() {
      return keys();
    },
    get secrets() {
      return secrets();
    },
    get parameters() {
      return parameters();
    },
    signatures: {
      sign: async ({ url, service, region }) => signerOf(service, region, credentials())(new URL(url)),
    },
    get scrapeGrants() {
      return scrapeGrants();
    },
    get heartbeats() {
      return heartbeats();
    },
    get canary() {
      const url = env[environment.canaryUrl];
      return url === undefined ? undefined : canary(url);
    },
    get watchdog() {
      const url = env[environment.watchdogUrl];
      return url === undefined ? undefined : httpWatchdog(url);
    },
    get alarms() {
      return alarms();
    },
    deployment: cloudFormationDeployment(),
    get http() {
      return http();
    },
  };
};
