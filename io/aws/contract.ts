// What the cloud and the code must agree on, once. A leaf: it imports nothing, so both may import it.

/** Environment variables by which lib tells a function its resources. */
export const environment = {
  buffer: 'BUFFER_URL',
  scrapes: 'SCRAPES_URL',
  deadlines: 'DEADLINES_URL',
  series: 'SERIES_TABLE',
  blocks: 'BLOCKS_BUCKET',
  targets: 'TARGETS_TABLE',
  heartbeats: 'HEARTBEATS_TABLE',
  alarms: 'ALARMS_TOPIC',
  /** Comma-separated CIDR blocks that scrapes may reach although they are not public. */
  scrapeAllow: 'SCRAPE_ALLOW',
} as const;

/** Keys of the tables; every key attribute is a string. `expires` is epoch seconds. */
export const tables = {
  series: { partition: 'pk', sort: 'sk', expires: 'x' },
  targets: { partition: 'id' },
  heartbeats: { partition: 'job', sort: 'instance' },
} as const;

/** Names of the stack's outputs, as `cdk deploy` prints them and the command line reads them. */
export const outputs = {
  url: 'PushUrl',
  series: 'SeriesTable',
  targets: 'TargetsTable',
  heartbeats: 'HeartbeatsTable',
  alarms: 'AlarmsTopic',
  buffer: 'BufferQueue',
} as const;
