import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { environment, tables } from '../io/aws/contract.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { Api } from './api.ts';
import { Handler } from './handler.ts';
import { Queue } from './queue.ts';
import { Table } from './table.ts';
import { Tick } from './tick.ts';

export type CollectorProps = {
  /**
   * CIDR blocks that scrapes may reach although they are not public addresses, such as `10.0.0.0/8`.
   * @default none: only public addresses are scraped
   */
  readonly scrapeAllowCidrs?: readonly string[];
  /**
   * What becomes of the tables when the stack goes.
   * @default RemovalPolicy.RETAIN, with deletion protection
   */
  readonly removalPolicy?: RemovalPolicy;
};

/**
 * The whole building. Two doors in (push, scrape), one writer (ingest), one reader (query), one watcher (check).
 * Each verb grants what the function needs and tells it the resource's name, and nothing else does either.
 */
export class Collector extends Construct {
  readonly url: string;
  readonly buffer: Queue;
  readonly series: Table;
  readonly targets: Table;
  readonly heartbeats: Table;
  readonly alarms: AlarmTopic;

  constructor(
    scope: Construct,
    id: string,
    { scrapeAllowCidrs = [], removalPolicy = RemovalPolicy.RETAIN }: CollectorProps = {},
  ) {
    super(scope, id);

    // Rooms.
    const series = new Table(this, 'Series', { keys: tables.series, named: environment.series, removalPolicy });
    const targets = new Table(this, 'Targets', {
      keys: tables.targets,
      named: environment.targets,
      removalPolicy,
      streamed: true,
    });
    const heartbeats = new Table(this, 'Heartbeats', {
      keys: tables.heartbeats,
      named: environment.heartbeats,
      removalPolicy,
    });
    const buffer = new Queue(this, 'Buffer', {
      named: environment.buffer,
      handledWithin: Duration.seconds(60),
      keptFor: Duration.days(14),
    });
    // An order is worthless once its slot has passed, a wake-up once the next minute's sweep has.
    const scrapes = new Queue(this, 'Scrapes', {
      named: environment.scrapes,
      handledWithin: Duration.seconds(60),
      keptFor: Duration.minutes(30),
    });
    const deadlines = new Queue(this, 'Deadlines', {
      named: environment.deadlines,
      handledWithin: Duration.seconds(60),
      keptFor: Duration.minutes(30),
    });
    const alarms = new AlarmTopic(this, 'Alarms', { named: environment.alarms });

    // People. Memory buys CPU: 1,769 MB is one core.
    const push = new Handler(this, 'Push', { entry: 'push', memoryMiB: 512, timeout: Duration.seconds(20) });
    const ingest = new Handler(this, 'Ingest', { entry: 'ingest', memoryMiB: 1024, timeout: Duration.seconds(60) });
    const plan = new Handler(this, 'Plan', { entry: 'plan', memoryMiB: 512, timeout: Duration.seconds(55) });
    const scrape = new Handler(this, 'Scrape', { entry: 'scrape', memoryMiB: 512, timeout: Duration.seconds(60) });
    const check = new Handler(this, 'Check', { entry: 'check', memoryMiB: 512, timeout: Duration.seconds(55) });
    const query = new Handler(this, 'Query', { entry: 'query', memoryMiB: 1769, timeout: Duration.seconds(28) });

    // Doors.
    const api = new Api(this, 'Api');
    api.routes(push, ['POST /v1/push', 'PUT /metrics/{group+}', 'POST /metrics/{group+}']);
    api.routes(query, [
      'GET /',
      'GET /-/healthy',
      'GET /-/ready',
      'GET /api/v1/status/buildinfo',
      'GET /api/v1/label/{name}/values',
    ]);
    for (const path of ['query', 'query_range', 'series', 'labels'])
      api.routes(query, [`GET /api/v1/${path}`, `POST /api/v1/${path}`]);

    // push ─► buffer ─► ingest ─► series ─► query
    buffer.fedBy(push, scrape);
    buffer.drainedBy(ingest, { messages: 100, gatheredFor: Duration.seconds(5), atOnce: 10 });
    series.writtenBy(ingest);
    series.readBy(query);

    // plan ─► scrapes ─► scrape ─► buffer
    new Tick(this, 'PlanTick', { wakes: plan });
    targets.changesWake(plan);
    targets.readBy(plan);
    targets.notedBy(plan);
    scrapes.fedBy(plan);
    scrapes.drainedBy(scrape, { messages: 1, atOnce: 50 });
    scrape.knows(environment.scrapeAllow, scrapeAllowCidrs.join(','));

    // push, scrape, plan ─► heartbeats ─► check ─► alarms
    heartbeats.readBy(push, plan, check);
    heartbeats.notedBy(push, scrape, plan, check);
    heartbeats.keptBy(check);
    new Tick(this, 'CheckTick', { wakes: check });
    deadlines.fedBy(push, scrape, plan, check);
    deadlines.drainedBy(check, { messages: 10, atOnce: 5 });
    alarms.rungBy(check);

    this.url = api.url;
    this.buffer = buffer;
    this.series = series;
    this.targets = targets;
    this.heartbeats = heartbeats;
    this.alarms = alarms;
  }
}
