// What the cloud and the code must agree on, once. A leaf: it imports nothing, so both may import it.

/** Environment variables by which lib tells a function its resources. */
export const environment = {
  buffer: 'BUFFER_URL',
  deadLetters: 'DEAD_LETTERS_URL',
  scrapes: 'SCRAPES_URL',
  deadlines: 'DEADLINES_URL',
  /** Unset where no scraper stands in a VPC. */
  vpcScrapes: 'VPC_SCRAPES_URL',
  /** Unset where nothing is passed on. */
  passedOn: 'PASSED_ON_URL',
  /** Where it is passed on to, the region of its signature, and the secret that holds its token. */
  onwardUrl: 'ONWARD_URL',
  onwardRegion: 'ONWARD_REGION',
  onwardToken: 'ONWARD_TOKEN',
  /** Which series CloudWatch is shown, as JSON; unset for none. */
  mirror: 'MIRROR',
  series: 'SERIES_TABLE',
  blocks: 'BLOCKS_BUCKET',
  /** Days that samples, five-minute and hour buckets are kept, as `15,90,730`. */
  retention: 'RETENTION_DAYS',
  /** How many days old pushed samples may be. */
  backfill: 'BACKFILL_DAYS',
  /** Which Prometheus's ranges queries have; unset for 3. */
  ranges: 'PROMQL_RANGES',
  targets: 'TARGETS_TABLE',
  heartbeats: 'HEARTBEATS_TABLE',
  keys: 'KEYS_TABLE',
  usage: 'USAGE_TABLE',
  alarms: 'ALARMS_TOPIC',
  /** The address of the signed API, which canaries push to. */
  canaryUrl: 'CANARY_URL',
  /** Comma-separated ids of the APIs that stand before the functions. */
  gateways: 'GATEWAYS',
  /** Who is told of alarms beside the topic; unset for nobody. */
  alertmanagerUrl: 'ALERTMANAGER_URL',
  eventBus: 'EVENT_BUS',
  /** Asked for after each complete sweep; unset for none. */
  watchdogUrl: 'WATCHDOG_URL',
  /** What this collector is called in CloudWatch's metrics. */
  collector: 'COLLECTOR',
  /** Comma-separated CIDR blocks that scrapes may reach although they are not public. */
  scrapeAllow: 'SCRAPE_ALLOW',
  /** The same of the scraper inside the VPC; unset where there is none. */
  vpcScrapeAllow: 'VPC_SCRAPE_ALLOW',
  /** Comma-separated kinds of lists: to the planner those that are looked at at all, to who looks its own. */
  discoveries: 'DISCOVERIES',
  /** How old a looped target's samples may be when they are handed over, in seconds. */
  freshness: 'FRESHNESS_SECONDS',
  /** Node's own. */
  node: 'NODE_OPTIONS',
  /** Secrets that scrapes may use and the hosts they are for, as JSON; unset for none. */
  scrapeSecrets: 'SCRAPE_SECRETS',
} as const;

/** Keys of the tables; every key attribute is a string. `expires` is epoch seconds. */
export const tables = {
  series: { partition: 'pk', sort: 'sk', expires: 'x' },
  targets: { partition: 'id' },
  heartbeats: { partition: 'job', sort: 'instance' },
  keys: { partition: 'id' },
  usage: { partition: 'key', sort: 'worker', expires: 'x' },
} as const;

/** Names of the stack's outputs, as `cdk deploy` prints them and the command line reads them. */
export const outputs = {
  url: 'PushUrl',
  keyedUrl: 'KeyedPushUrl',
  series: 'SeriesTable',
  targets: 'TargetsTable',
  heartbeats: 'HeartbeatsTable',
  keys: 'KeysTable',
  usage: 'UsageTable',
  alarms: 'AlarmsTopic',
  buffer: 'BufferQueue',
  /** Messages of the buffer that failed again and again. */
  deadLetters: 'DeadLettersQueue',
  /** What it is called in CloudWatch's metrics. */
  collector: 'CollectorName',
} as const;

/** A file of the page, as lib puts it into the function that serves it: its bytes gzipped and in base64. */
export type PageFile = {
  readonly name: string;
  readonly type: string;
  readonly tag: string;
  readonly gzipped: string;
};
