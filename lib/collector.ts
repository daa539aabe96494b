import { isIP } from 'node:net';
import { Duration, RemovalPolicy, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { environment, tables } from '../io/aws/contract.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { Api } from './api.ts';
import { Handler } from './handler.ts';
import { ObjectStore } from './object-store.ts';
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
   * What becomes of the tables when the stack goes. DESTROY also takes away their deletion protection.
   * @default RemovalPolicy.RETAIN, with deletion protection
   */
  readonly removalPolicy?: RemovalPolicy;
};

/**
 * The whole building. Two doors in (push, scrape), one writer (ingest), one reader (query), one watcher (check).
 * Each verb grants what the function needs and tells it the resource's name, and nothing else does either.
 */
export class Collector extends Construct {
  /** Where producers push and Grafana reads, without a slash at its end. */
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
    for (const cidr of scrapeAllowCidrs) {
      if (!Token.isUnresolved(cidr) && !isCidr(cidr))
        throw new Error(`scrapeAllowCidrs: ${JSON.stringify(cidr)} is no CIDR block such as 10.0.0.0/8`);
    }

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
    // A day longer than samples are read, as days are merged whole.
    const keptDays = { 'raw/': 17, '5m/': 92, '1h/': 732 };
    const blocks = new ObjectStore(this, 'Blocks', { named: environment.blocks, removalPolicy, keptDays });
    const buffer = new Queue(this, 'Buffer', { named: environment.buffer, keptFor: Duration.days(14) });
    // An old order or wake-up is worthless, and dropped by its worker, which says so; one that expired unseen would not.
    const scrapes = new Queue(this, 'Scrapes', { named: environment.scrapes, keptFor: Duration.hours(2) });
    const deadlines = new Queue(this, 'Deadlines', { named: environment.deadlines, keptFor: Duration.hours(2) });
    const alarms = new AlarmTopic(this, 'Alarms', { named: environment.alarms });

    // People. The doors end before the gateway gives up at 30 s; plan and check before their next minute begins.
    const push = new Handler(this, 'Push', { entry: 'push', memoryMiB: 512, timeoutSeconds: 20 });
    const ingest = new Handler(this, 'Ingest', { entry: 'ingest', memoryMiB: 1024, timeoutSeconds: 60 });
    const plan = new Handler(this, 'Plan', { entry: 'plan', memoryMiB: 512, timeoutSeconds: 55 });
    const scrape = new Handler(this, 'Scrape', { entry: 'scrape', memoryMiB: 512, timeoutSeconds: 60 });
    const check = new Handler(this, 'Check', { entry: 'check', memoryMiB: 512, timeoutSeconds: 55 });
    const compact = new Handler(this, 'Compact', { entry: 'compact', memoryMiB: 1769, timeoutSeconds: 290 });
    // A whole core: somebody is looking at a chart that is not there yet.
    const query = new Handler(this, 'Query', { entry: 'query', memoryMiB: 1769, timeoutSeconds: 28 });

    // Doors.
    const api = new Api(this, 'Api');
    api.answeredBy(push, {
      '/v1/push': ['POST'],
      // All of /metrics/job/… and /metrics/job@base64/…; push refuses the rest with a reason.
      '/metrics/{group+}': ['PUT', 'POST'],
    });
    api.answeredBy(query, {
      '/': ['GET'],
      '/-/healthy': ['GET'],
      '/-/ready': ['GET'],
      '/api/v1/query': ['GET', 'POST'],
      '/api/v1/query_range': ['GET', 'POST'],
      '/api/v1/series': ['GET', 'POST'],
      '/api/v1/labels': ['GET', 'POST'],
      '/api/v1/label/{name}/values': ['GET'],
      '/api/v1/status/buildinfo': ['GET'],
    });

    // push ─► buffer ─► ingest ─► series ─► query
    buffer.fedBy(push, scrape);
    buffer.drainedBy(ingest, { messages: 100, gatheredForSeconds: 5, atOnce: 10 });
    series.writtenBy(ingest);
    // Ingest looks for what its segments may build on.
    series.readBy(query, ingest);

    // series ─► compact ─► blocks ─► query
    new Tick(this, 'CompactTick', { wakes: compact, everyMinutes: 5 });
    series.readBy(compact);
    series.writtenBy(compact);
    series.keptBy(compact);
    blocks.writtenBy(compact);
    blocks.readBy(compact, query);

    // plan ─► scrapes ─► scrape ─► buffer
    new Tick(this, 'PlanTick', { wakes: plan });
    targets.changesWake(plan);
    targets.listedBy(plan);
    targets.notedBy(plan);
    scrapes.fedBy(plan);
    // One at a time: orders due at different seconds must not wait for each other.
    scrapes.drainedBy(scrape, { messages: 1, atOnce: 50 });
    scrape.knows(environment.scrapeAllow, scrapeAllowCidrs.join(','));

    // push, scrape, plan ─► heartbeats ─► check ─► alarms
    heartbeats.readBy(push, plan, check);
    heartbeats.listedBy(plan, check);
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

/** Whether the text is an address or a block of addresses, IPv4 or IPv6, as the scraper's allow-list reads it. */
const isCidr = (text: string): boolean => {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
};
