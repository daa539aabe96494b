import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { limits } from '../../core/limits.ts';
import type { Mirrored } from '../../core/onward/mirror.ts';
import { readBackfillMs, readRetention, usualBackfillMs, usualRetention } from '../../core/retention.ts';
import type { DiscoveryKind } from '../../core/scrape/discovery.ts';
import { httpGetter } from '../http/get.ts';
import { mayReach, readAllowList } from '../http/guard.ts';
import type { Clock, Ports } from '../ports.ts';
import { environment } from './contract.ts';
import { cloudFormationDeployment } from './deployment.ts';
import { dynamoExemplars } from './exemplars.ts';
import { dynamoFamilies } from './families.ts';
import { dynamoHeartbeats } from './heartbeats.ts';
import { dynamoHistory } from './history.ts';
import { dynamoKeys } from './keys.ts';
import { lineLog, lineMeasures, lineMirror } from './lines.ts';
import { type Environment, namesIn, once } from './names.ts';
import { sqsQuarantine } from './quarantine.ts';
import { sqsQueue } from './queue.ts';
import { dynamoRules } from './rules.ts';
import { dynamoSeries } from './series.ts';
import { dynamoTargets } from './targets.ts';

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  wait: durationMs => new Promise(done => setTimeout(done, Math.max(0, durationMs))),
};

/** Lambda's JSON logging wraps what comes through the console; a line that is JSON already goes past it. */
const writeLine = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const readDiscoveries = (text = ''): ReadonlySet<DiscoveryKind> =>
  new Set(text.split(',').filter(kind => kind !== '') as DiscoveryKind[]);
/** Seconds, as lib gives them. */
const freshnessIn = (seconds: string | undefined): number =>
  seconds === undefined ? limits.freshnessDefaultMs : Number(seconds) * 1_000;

/** What most functions need, and nothing that is large: other ports have files of their own, `connect-….ts`. */
export type BasePorts = Omit<
  Ports,
  | 'usage'
  | 'refusals'
  | 'blocks'
  | 'secrets'
  | 'parameters'
  | 'signatures'
  | 'scrapeGrants'
  | 'onward'
  | 'alarms'
  | 'canary'
  | 'watchdog'
  | 'gateway'
  | 'inventory'
  | 'vitals'
  | 'pageFiles'
>;

/**
 * The ports on AWS, each made when it is first asked for: a function needs only the names lib gave it. A name that is
 * missing is a bug in lib's wiring and says so.
 */
export const connect = (env: Environment = process.env): BasePorts => {
  const named = namesIn(env);
  const dynamo = once(() => new DynamoDBClient({}));
  const sqs = once(() => new SQSClient({}));
  const clock = systemClock;
  const buffer = once(() => sqsQueue(sqs(), clock, named(environment.buffer), 'buffer'));
  const quarantine = once(() => sqsQuarantine(sqs(), clock, named(environment.deadLetters)));
  const scrapes = once(() => sqsQueue(sqs(), clock, named(environment.scrapes), 'scrapes'));
  const vpcScrapes = once(() => sqsQueue(sqs(), clock, named(environment.vpcScrapes), 'vpcScrapes'));
  const deadlines = once(() => sqsQueue(sqs(), clock, named(environment.deadlines), 'deadlines'));
  const passedOn = once(() => sqsQueue(sqs(), clock, named(environment.passedOn), 'passedOn'));
  const chosen = JSON.parse(env[environment.mirror] ?? '[]') as Mirrored[];
  const keptDays = env[environment.retention];
  const retention = keptDays === undefined ? usualRetention : readRetention(keptDays);
  const backfillDays = env[environment.backfill];
  const series = once(() => dynamoSeries(dynamo(), clock, named(environment.series), retention));
  const families = once(() => dynamoFamilies(dynamo(), clock, named(environment.series)));
  const exemplars = once(() => dynamoExemplars(dynamo(), clock, named(environment.series), retention));
  const rules = once(() => dynamoRules(dynamo(), clock, named(environment.series)));
  const targets = once(() => dynamoTargets(dynamo(), named(environment.targets)));
  const keys = once(() => dynamoKeys(dynamo(), clock, named(environment.keys)));
  const history = once(() => dynamoHistory(dynamo(), clock, named(environment.series)));
  const heartbeats = once(() => dynamoHeartbeats(dynamo(), clock, named(environment.heartbeats)));
  const reachOf = (allowed: string) => {
    const list = once(() => readAllowList(allowed));
    return (address: string): boolean => mayReach(address, list());
  };
  const inVpc = env[environment.vpcScrapeAllow];
  const http = once(() => httpGetter(readAllowList(env[environment.scrapeAllow] ?? '')));
  return {
    clock,
    chance: { next: () => Math.random() },
    log: lineLog(writeLine),
    measures: lineMeasures(writeLine, clock, env[environment.collector] ?? 'local'),
    get buffer() {
      return buffer();
    },
    get quarantine() {
      return quarantine();
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
    mirror: lineMirror(writeLine, chosen),
    retention,
    backfillMs: backfillDays === undefined ? usualBackfillMs(retention) : readBackfillMs(backfillDays),
    includesOlderEnd: env[environment.ranges] === 'prometheus-2',
    // Lambda says it in MB, which are MiB.
    memoryBytes: Number(env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'] ?? 512) * 2 ** 20,
    freshnessMs: freshnessIn(env[environment.freshness]),
    get series() {
      return series();
    },
    get families() {
      return families();
    },
    get exemplars() {
      return exemplars();
    },
    get rules() {
      return rules();
    },
    get targets() {
      return targets();
    },
    get keys() {
      return keys();
    },
    get heartbeats() {
      return heartbeats();
    },
    get history() {
      return history();
    },
    reach: {
      public: reachOf(env[environment.scrapeAllow] ?? ''),
      vpc: inVpc === undefined ? undefined : reachOf(inVpc),
    },
    discoveries: readDiscoveries(env[environment.discoveries]),
    deployment: cloudFormationDeployment(),
    get http() {
      return http();
    },
  };
};
