import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { httpGetter } from '../http/get.ts';
import { readAllowList } from '../http/guard.ts';
import type { Clock, Log, Ports } from '../ports.ts';
import { snsAlarms } from './alarms.ts';
import { awsBlocks } from './blocks.ts';
import { environment } from './contract.ts';
import { dynamoHeartbeats } from './heartbeats.ts';
import { sqsQueue } from './queue.ts';
import { dynamoSeries } from './series.ts';
import { dynamoTargets } from './targets.ts';

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  wait: durationMs => new Promise(done => setTimeout(done, Math.max(0, durationMs))),
};

/** One JSON line an event, as CloudWatch Logs likes it. Never bodies, never label values. */
const consoleLog: Log = {
  write: (level, message, details = {}) => console[level](JSON.stringify({ level, message, ...details })),
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
  const deadlines = once(() => sqsQueue(sqs(), clock, named(environment.deadlines), 'deadlines'));
  const series = once(() => dynamoSeries(dynamo(), clock, named(environment.series)));
  const s3 = once(() => new S3Client({ forcePathStyle: true }));
  const blocks = once(() =>
    awsBlocks({ dynamo: dynamo(), s3: s3(), clock }, named(environment.series), named(environment.blocks)),
  );
  const targets = once(() => dynamoTargets(dynamo(), named(environment.targets)));
  const heartbeats = once(() => dynamoHeartbeats(dynamo(), clock, named(environment.heartbeats)));
  const alarms = once(() => snsAlarms(new SNSClient({}), named(environment.alarms)));
  const http = once(() => httpGetter(readAllowList(env[environment.scrapeAllow] ?? '')));
  return {
    clock,
    chance: { next: () => Math.random() },
    log: consoleLog,
    get buffer() {
      return buffer();
    },
    get scrapes() {
      return scrapes();
    },
    get deadlines() {
      return deadlines();
    },
    get series() {
      return series();
    },
    get blocks() {
      return blocks();
    },
    get targets() {
      return targets();
    },
    get heartbeats() {
      return heartbeats();
    },
    get alarms() {
      return alarms();
    },
    get http() {
      return http();
    },
  };
};
