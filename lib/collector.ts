import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Alarm, Dashboard, Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopicSubscription } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { environment, tables } from '../io/aws/contract.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { Api } from './api.ts';
import { backfillDaysOf, checkCollector, retentionDaysOf } from './checks.ts';
import type { CollectorProps, HeartbeatProps, KeyProps, TargetListProps, TargetProps } from './collector-props.ts';
import { Declarations, type DeclarationsProps } from './declarations.ts';
import { discoverers } from './discovery.ts';
import { Handler, type HandlerProps } from './handler.ts';
import { Measured, readMetrics } from './metrics.ts';
import { ObjectStore } from './object-store.ts';
import { Onward } from './onward.ts';
import { Overview } from './overview.ts';
import { Queue } from './queue.ts';
import { receivedBy } from './receivers.ts';
import { accounts, looks, probes, pushes, questions, receipts } from './routes.ts';
import { evaluators } from './rule-evaluation.ts';
import { shareSecrets } from './scrape-secrets.ts';
import { Scraper } from './scraper.ts';
import { SelfAlarms } from './self-alarms.ts';
import { Table } from './table.ts';
import { Tick } from './tick.ts';

/** Scrapers awake at once: two a loop when one takes over from the other, so that 60,000 targets fit. */
const scrapersAtOnce = 500;

/**
 * The whole building. Two doors in (push, scrape), one writer (ingest), one reader (query), one watcher (check).
 * Each verb grants what the function needs and tells it the resource's name, and nothing else does either.
 */
export class Collector extends Measured {
  /** Where producers push and Grafana reads, signed with SigV4; without a slash at its end. */
  readonly url: string;
  /** Where producers push who have a key. */
  readonly keyedUrl: string;
  readonly buffer: Queue;
  readonly series: Table;
  readonly targets: Table;
  readonly heartbeats: Table;
  readonly keys: Table;
  readonly usage: Table;
  readonly topic: AlarmTopic;
  /** CloudWatch's alarms over the collector itself; none where they are switched off. */
  readonly alarms: readonly Alarm[];
  readonly dashboard: Dashboard | undefined;

  readonly #api: Api;
  readonly #push: Handler;
  readonly #query: Handler;
  readonly #account: Handler;
  readonly #declaring: DeclarationsProps;
  #declared: Declarations | undefined;

  constructor(scope: Construct, id: string, props: CollectorProps = {}) {
    super(scope, id);
    checkCollector(props, Stack.of(this).region);
    const { scrapeAllowCidrs = [], vpcScraping, encryptionKey, domain, dashboard = false, selfAlarms = true } = props;
    const { removalPolicy = RemovalPolicy.RETAIN, logRetention = RetentionDays.ONE_MONTH, scrapeSecrets = [] } = props;
    const { throttle = { requestsPerSecond: 2_000, atOnce: 5_000 }, mirror = [], onward: to } = props;
    const allow = scrapeAllowCidrs.join(',');
    const vpcAllow = (vpcScraping?.allowCidrs ?? [vpcScraping?.vpc.vpcCidrBlock ?? '']).join(',');
    const household = { collector: this.node.path, logRetention, encryptionKey };
    const kept = { removalPolicy, encryptionKey };

    // Rooms.
    const table = (name: string, what: keyof typeof tables, streamed = false): Table =>
      new Table(this, name, { keys: tables[what], named: environment[what], streamed, ...kept });
    const series = table('Series', 'series');
    const targets = table('Targets', 'targets', true);
    const heartbeats = table('Heartbeats', 'heartbeats');
    const keys = table('Keys', 'keys');
    const usage = table('Usage', 'usage');
    const days = retentionDaysOf(props.retention);
    // Two days longer than they are read: days are merged whole, and clocks differ.
    const keptDays = { 'raw/': days.samples + 2, '5m/': days.fiveMinutes + 2, '1h/': days.hours + 2 };
    const blocks = new ObjectStore(this, 'Blocks', { named: environment.blocks, keptDays, ...kept });
    const queue = (name: string, named: string, keptFor: Duration): Queue =>
      new Queue(this, name, { named, keptFor, encryptionKey });
    const buffer = queue('Buffer', environment.buffer, Duration.days(14));
    // An old order or wake-up is worthless, and dropped by its worker, which says so; one that expired unseen would not. Ten
    // receives of a scrape order that fails take three hours.
    const scrapes = queue('Scrapes', environment.scrapes, Duration.hours(4));
    const deadlines = queue('Deadlines', environment.deadlines, Duration.hours(2));
    const topic = new AlarmTopic(this, 'Alarms', { named: environment.alarms, encryptionKey });

    // People. The doors end before the gateway gives up at 30 s; plan and check before their next minute begins.
    const handler = (name: string, person: Omit<HandlerProps, 'household'>): Handler =>
      new Handler(this, name, { household, ...person });
    const push = handler('Push', { entry: 'push', memoryMiB: 512, timeoutSeconds: 20 });
    const ingest = handler('Ingest', { entry: 'ingest', memoryMiB: 1024, timeoutSeconds: 60 });
    // Half a core: a tick over 100,000 targets takes some four seconds of it.
    const plan = handler('Plan', { entry: 'plan', memoryMiB: 1024, timeoutSeconds: 55 });
    const scrape = new Scraper(this, 'Scrape', { household, props, allow });
    const check = handler('Check', { entry: 'check', memoryMiB: 512, timeoutSeconds: 55 });
    const compact = handler('Compact', { entry: 'compact', memoryMiB: 1769, timeoutSeconds: 290 });
    // Files and small answers; a quarter of a core.
    const page = handler('Page', { entry: 'page', memoryMiB: 512, timeoutSeconds: 20 });
    // A whole core: somebody is looking at a chart that is not there yet.
    const account = handler('Account', { entry: 'account', memoryMiB: 512, timeoutSeconds: 28 });
    const query = handler('Query', { entry: 'query', memoryMiB: 1769, timeoutSeconds: 28 });

    // Doors.
    const api = new Api(this, 'Api', { throttle, domain, letsIn: 'iam' });
    const keyedApi = new Api(this, 'KeyedApi', { throttle, letsIn: 'everybody' });
    api.answeredBy(push, pushes);
    keyedApi.answeredBy(push, pushes);
    keys.lookedUpBy(push);
    // How much comes in with a key, where that is much: all workers together hold it to its limits.
    usage.rowsPutBy(push);
    usage.queriedBy(push);

    api.answeredBy(query, { ...probes, ...questions });
    // A browser cannot sign: people read by key as well.
    keyedApi.answeredBy(query, questions);
    keys.lookedUpBy(query);

    api.answeredBy(account, { ...receipts, ...accounts });
    keyedApi.answeredBy(account, receipts);
    keys.lookedUpBy(account);
    readMetrics(account);
    buffer.countedBy(account);
    buffer.deadLettersSeenBy(environment.deadLetters, account);
    targets.listedBy(account);

    api.answeredBy(page, looks);
    keyedApi.answeredBy(page, looks);
    keys.lookedUpBy(page);
    readMetrics(page);
    buffer.countedBy(page);
    // What was refused, by reason.
    usage.queriedBy(page);
    heartbeats.lookedUpBy(page);
    heartbeats.readBy(page);
    heartbeats.notedBy(page);
    deadlines.fedBy(page);

    // push ─► buffer ─► ingest ─► series ─► query
    buffer.fedBy(push, scrape);
    buffer.drainedBy(ingest, { messages: 100, gatheredForSeconds: 5, atOnce: 10 });
    series.writtenBy(ingest);
    // Ingest looks for what its segments may build on.
    series.readBy(query, account, ingest);
    series.queriedBy(query, account, ingest);

    // series ─► compact ─► blocks ─► query
    new Tick(this, 'CompactTick', { wakes: compact, everyMinutes: 5 });
    series.lookedUpBy(compact, query);
    series.readBy(compact);
    series.queriedBy(compact);
    series.writtenBy(compact);
    series.keptBy(compact);
    blocks.writtenBy(compact);
    blocks.readBy(compact, query, account);
    const keptFor = [days.samples, days.fiveMinutes, days.hours].join(',');
    for (const each of [ingest, compact, query, account]) each.knows(environment.retention, keptFor);
    push.knows(environment.backfill, String(backfillDaysOf(props)));
    if (props.ranges === 'prometheus-2') query.knows(environment.ranges, props.ranges);
    // For the lists of targets and alerts.
    targets.listedBy(query);
    heartbeats.listedBy(query);
    heartbeats.lookedUpBy(query);
    const queues = [buffer, scrapes, deadlines];
    const handlers = [push, ingest, compact, plan, scrape, check, query, account, page];
    const unheard = [plan, scrape];
    // series, blocks ─► rules ─► buffer, alarms
    const evaluating = evaluators(this, { household, props, series, blocks, buffer, topic, keptFor });
    for (const list of [handlers, unheard]) list.push(...evaluating);
    if (mirror.length > 0) ingest.knows(environment.mirror, JSON.stringify(mirror));
    if (to !== undefined) {
      // ingest ─► passedOn ─► forward ─► somebody else's collector
      const onward = new Onward(this, 'Onward', { household, to });
      onward.queue.fedBy(ingest);
      queues.push(onward.queue);
      handlers.push(onward.handler);
      unheard.push(onward.handler);
    }

    // plan ─► scrapes ─► scrape ─► buffer
    new Tick(this, 'PlanTick', { wakes: plan });
    targets.changesWake(plan);
    targets.listedBy(plan);
    targets.notedBy(plan);
    // Lists of targets that it is told to look at become rows.
    targets.keptBy(plan);
    plan.knows(environment.scrapeAllow, allow);
    scrapes.fedBy(plan);
    // One at a time: orders due at different seconds must not wait for each other.
    scrapes.drainedBy(scrape, { messages: 1, atOnce: scrapersAtOnce });
    // Who does not answer may have been taken out.
    targets.lookedUpBy(scrape);
    const scrapers = [scrape];
    let inside: Queue | undefined;
    if (vpcScraping !== undefined) {
      // The same again, inside a network.
      inside = queue('VpcScrapes', environment.vpcScrapes, Duration.hours(4));
      const insider = new Scraper(this, 'VpcScrape', { household, props, allow: vpcAllow, inside: vpcScraping });
      targets.lookedUpBy(insider);
      inside.fedBy(plan);
      inside.drainedBy(insider, { messages: 1, atOnce: scrapersAtOnce });
      buffer.fedBy(insider);
      scrapers.push(insider);
      queues.push(inside);
      handlers.push(insider);
      unheard.push(insider);
    }
    shareSecrets(scrapeSecrets, scrapers);

    // account ─► discover ─► targets
    const finders = discoverers(this, { household, props, plan, vpcAllow, targets, scrapes, vpcScrapes: inside });
    for (const list of [handlers, unheard]) list.push(...finders);

    // push, scrape, plan ─► heartbeats ─► check ─► alarms
    heartbeats.lookedUpBy(push, plan, check);
    heartbeats.readBy(plan, check);
    heartbeats.listedBy(plan, check);
    heartbeats.notedBy(push, ...scrapers, plan, check);
    heartbeats.keptBy(check);
    new Tick(this, 'CheckTick', { wakes: check });
    // What else is known of who fell: whether his target answers, and under which name he may have come back.
    targets.listedBy(check);
    series.queriedBy(check);
    series.readBy(check);
    check.knows(environment.scrapeAllow, allow);
    deadlines.fedBy(push, ...scrapers, plan, check);
    deadlines.drainedBy(check, { messages: 10, atOnce: 5 });
    topic.rungBy(check);
    // Who pushes is up or down, as a series.
    buffer.fedBy(check);
    // What was rung can be looked up.
    series.writtenBy(check);
    // check ─► the API ─► push ─► heartbeats: canaries, by the road of every push.
    api.grantTo(check, push, '/v1/push');
    check.knows(environment.canaryUrl, api.url);
    // Whom the gateway itself turned away when somebody fell.
    readMetrics(check);
    check.knows(environment.gateways, [api, keyedApi].map(({ api: { apiId } }) => apiId).join(','));
    receivedBy(props, check);

    this.url = api.url;
    this.keyedUrl = keyedApi.url;
    this.buffer = buffer;
    this.series = series;
    this.targets = targets;
    this.heartbeats = heartbeats;
    this.keys = keys;
    this.usage = usage;
    this.topic = topic;
    this.#api = api;
    this.#push = push;
    this.#query = query;
    this.#account = account;
    this.#declaring = { household, targets, heartbeats, keys };

    // Eyes on the collector itself.
    const { collector } = household;
    const watched = { collector, topic, apis: [api, keyedApi], buffer, queues, unheard };
    this.alarms = selfAlarms ? new SelfAlarms(this, 'SelfAlarms', { ...watched, steady: [plan] }).alarms : [];
    this.dashboard = dashboard ? new Overview(this, 'Overview', { collector, queues, handlers }).dashboard : undefined;
  }

  /** Lets a function, role or user push: SigV4 with its own credentials, no key to keep. */
  grantPush(grantee: IGrantable): Grant {
    return this.#api.grantTo(grantee, this.#push);
  }

  /** Lets it read series through Prometheus's API. */
  grantQuery(grantee: IGrantable): Grant {
    return this.#api.grantTo(grantee, this.#query).combine(this.#api.grantTo(grantee, this.#account));
  }

  /** Has a URL scraped from the deployment on, until it leaves the app. */
  addTarget(id: string, props: TargetProps): void {
    this.#declarations.addTarget(this, id, props);
  }

  /** Has targets scraped that a list names, or that are found in the account: see CollectorProps.discovery. */
  addTargets(id: string, props: TargetListProps): void {
    this.#declarations.addTargets(this, id, props);
  }

  /** Expects a job to be heard, from the deployment on: whoever is silent longer than interval and grace rings the topic. */
  addHeartbeat(id: string, props: HeartbeatProps): void {
    this.#declarations.addHeartbeat(this, id, props);
  }

  /**
   * Makes a key to push with, for producers that cannot sign. It is kept in Secrets Manager, at $0.40 a month, and only its
   * hash in the collector; whoever needs it is granted to read the secret.
   */
  addKey(id: string, props: KeyProps): Secret {
    return this.#declarations.addKey(this, id, props);
  }

  /** Adds somebody who hears of every alarm. */
  subscribe(subscription: ITopicSubscription): void {
    this.topic.topic.addSubscription(subscription);
  }

  get #declarations(): Declarations {
    this.#declared ??= new Declarations(this, 'Declarations', this.#declaring);
    return this.#declared;
  }

  /** Age of the oldest accepted message that is not stored yet. */
  metricQueueAge(options?: MetricOptions): Metric {
    return this.buffer.queue.metricApproximateAgeOfOldestMessage(options);
  }
}
