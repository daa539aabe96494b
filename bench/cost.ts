import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// List price of three loads, from bench/storage.json (npm run bench:storage) and the prices below → docs/cost.md.

type Figures = Readonly<Record<string, Readonly<Record<string, number>>>>;
const measured = JSON.parse(readFileSync(join(import.meta.dirname, 'storage.json'), 'utf8')) as Figures;
const figure = (name: string, of: string): number => {
  const value = measured[name]?.[of];
  if (value === undefined) throw new Error(`storage.json has no ${of} of ${name}: run npm run bench:storage`);
  return value;
};

const priceDate = '2025-11';
/** us-east-1, dollars, without free tiers. */
const price = {
  writeUnit: 0.625e-6,
  readUnit: 0.125e-6,
  dynamoGbMonth: 0.25,
  recoveryGbMonth: 0.2,
  put: 5e-6,
  s3GbMonth: 0.023,
  sqsRequest: 0.4e-6,
  gbSecond: 13.3334e-6,
  invocation: 0.2e-6,
  httpRequest: 1e-6,
  /** What bench/idle-cost.ts says at list price, without alarms and metrics. */
  idle: 1.07,
};
const sources = [
  [
    'DynamoDB on demand',
    'https://aws.amazon.com/dynamodb/pricing/on-demand/',
    '$0.625 a million WRU, $0.125 a million RRU, $0.25 a GB and month, recovery $0.20',
  ],
  [
    'S3 Standard',
    'https://aws.amazon.com/s3/pricing/',
    '$0.005 a thousand PUT, $0.0004 a thousand GET, $0.023 a GB and month',
  ],
  ['SQS standard', 'https://aws.amazon.com/sqs/pricing/', '$0.40 a million requests of 64 KB'],
  ['Lambda on Arm', 'https://aws.amazon.com/lambda/pricing/', '$13.33 a million GB-s, $0.20 a million invocations'],
  ['HTTP API', 'https://aws.amazon.com/api-gateway/pricing/', '$1.00 a million requests'],
  [
    'Managed Prometheus',
    'https://aws.amazon.com/prometheus/pricing/',
    '$0.90 per 10 million samples, $0.35 over 2 billion, $0.16 over 252 billion; $0.03 a GB and month',
  ],
  [
    'CloudWatch',
    'https://aws.amazon.com/cloudwatch/pricing/',
    '$0.30 a metric, $0.10 over 10,000, $0.05 over 250,000, $0.02 over a million',
  ],
  [
    'EC2 and EBS',
    'https://aws.amazon.com/ec2/pricing/on-demand/',
    'm7g.large $0.0816, r7g.xlarge $0.2142 an hour; gp3 $0.08 a GB and month',
  ],
] as const;

const month = 30 * 86_400;
/** A whole vCPU of Lambda. */
const vcpuSecond = (1_769 / 1_024) * price.gbSecond;
const hotDays = 7;
const rawDays = 15;

type Lines = Readonly<Record<string, number>>;
const sum = (lines: Lines): number => Object.values(lines).reduce((total, each) => total + each, 0);

/** Storage and its CPU for `samples` a month, by figures of the fleet. */
const storage = (samples: number): Lines => {
  const hotGb = (samples * (hotDays / 30) * figure('fleet of 200 × 500', 'hot: B/sample with schema and index')) / 1e9;
  const days = 'one target, days';
  const blocksGb =
    (samples *
      ((rawDays / 30) * figure(days, 'day block: B/sample') +
        3 * figure(days, '5 m rollups: B/raw sample') +
        24 * figure(days, '1 h rollups: B/raw sample'))) /
    1e9;
  return {
    'write units, with merging, PUTs and what ingest reads':
      (samples / figure('fleet of 200 × 500', 'samples/WRU, all-in')) * price.writeUnit,
    'a week in DynamoDB, with recovery': hotGb * (price.dynamoGbMonth + price.recoveryGbMonth),
    '15 d raw, 90 d of 5 m, 2 y of 1 h in S3, once full': blocksGb * price.s3GbMonth,
    'ingest, CPU': samples * figure('fleet of 200 × 500', 'ingest: CPU µs/sample, with the SDK') * 1e-6 * vcpuSecond,
    // Each day is merged hour by hour and once as a whole.
    'merging, CPU':
      samples * 2 * figure('fleet of 200 × 500', 'merging: CPU µs/sample, with the SDK') * 1e-6 * vcpuSecond,
  };
};

/**
 * Scraping by workers that loop: 250 targets and 25 scrapes a second each at most, awake all month, one taking over from the
 * other for 1.5 s of each two minutes. A target's scrapes of two minutes are one message.
 */
const scraping = (targets: number, series: number): Lines => {
  const workers = Math.ceil(targets / 250);
  const messages = (targets * month) / 120;
  return {
    [`scrape workers, ${workers} × 160 MB`]: workers * (160 / 1_024) * month * (121.5 / 120) * price.gbSecond,
    // Ten go in one call, which is charged by 64 KB: some 20 bytes a series each. So they come, and are removed in tens.
    queue: messages * ((2 * Math.ceil((200 * series) / 65_536)) / 10 + 0.1) * price.sqsRequest,
    'orders of scrapes': workers * (month / 120) * (0.4 + 2) * price.sqsRequest,
    ...standing(targets),
  };
};

/** What a collector costs that has nothing to do: long polls on three queues, ticks, and what they read; and rows of targets. */
const standing = (targets: number): Lines => ({
  'polls on empty queues, ticks, checks': price.idle,
  // Two scans a minute of some 300 bytes a row, strongly consistent.
  'reading the registry': (month / 60) * Math.ceil((targets * 300) / 4_096) * price.readUnit,
});

/** One target by orders of its slots: queues delay by whole seconds, and the rest is waited out: 0.8 s on average. */
const lone = (intervalSeconds: number): Lines => {
  const scrapes = month / intervalSeconds;
  return {
    'orders: sent together, taken and removed one by one': scrapes * 2.1 * price.sqsRequest,
    'scrape worker, 160 MB for 0.85 s': scrapes * (price.invocation + 0.85 * (160 / 1_024) * price.gbSecond),
    'buffer and ingest, 10 ms of 1 GB': scrapes * (3 * price.sqsRequest + price.invocation + 0.01 * price.gbSecond),
    'write units': scrapes * 512 * (1 / figure('node', 'hot, a scrape a segment: samples/WRU')) * price.writeUnit,
  };
};

const managed = (samples: number): number => {
  const tiers = [
    [2e9, 0.9],
    [250e9, 0.35],
    [Number.POSITIVE_INFINITY, 0.16],
  ] as const;
  let left = samples;
  let total = 0;
  for (const [size, perTenMillion] of tiers) {
    total += (Math.min(left, size) / 1e7) * perTenMillion;
    left -= Math.min(left, size);
  }
  // 150 days of about 1.5 bytes.
  return total + ((samples * 5 * 1.5) / 1e9) * 0.03;
};
const cloudWatch = (series: number): number => {
  const tiers = [
    [10_000, 0.3],
    [240_000, 0.1],
    [750_000, 0.05],
    [Number.POSITIVE_INFINITY, 0.02],
  ] as const;
  let left = series;
  let total = 0;
  for (const [size, each] of tiers) {
    total += Math.min(left, size) * each;
    left -= Math.min(left, size);
  }
  return total;
};
/** One machine, not two: as available as that. 15 days at 1.5 bytes on disk, twice for compaction. */
const selfHosted = (samples: number, hourly: number): number => hourly * 720 + (((samples / 2) * 1.5 * 2) / 1e9) * 0.08;

const fleetSamples = 200 * 500 * 4 * 60 * 24 * 30;
const largeSamples = 1_000 * 1_000 * 4 * 60 * 24 * 30;
const pushes = 10e6;
const seriesOfPush = 10;

/** A small push is one write unit: ten series fit many times over, and five seconds rarely gather two of one source. */
const pushing: Lines = {
  'HTTP API': pushes * price.httpRequest,
  'push function, 10 ms of 512 MB': pushes * (price.invocation + 0.01 * 0.5 * price.gbSecond),
  queue: pushes * (1 + 0.2) * price.sqsRequest,
  heartbeat: pushes * price.writeUnit,
  'write units': pushes * price.writeUnit,
  'ingest, 1 ms of 1 GB': pushes * 0.001 * price.gbSecond,
  ...standing(0),
};

const loads = [
  {
    name: '200 services × 500 series × 15 s',
    samples: fleetSamples,
    lines: { ...storage(fleetSamples), ...scraping(200, 500) },
    series: 100_000,
    hourly: 0.0816,
  },
  {
    name: '1,000 × 1,000 × 15 s',
    samples: largeSamples,
    lines: { ...storage(largeSamples), ...scraping(1_000, 1_000) },
    series: 1_000_000,
    hourly: 0.2142,
  },
  { name: '10 M pushes of 10 series', samples: pushes * seriesOfPush, lines: pushing, series: 10_000, hourly: 0.0816 },
];

const dollars = (value: number): string =>
  `$${value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString('en-US')}`;
const rows = (lines: Lines): string[] => Object.entries(lines).map(([line, cost]) => `| ${line} | ${dollars(cost)} |`);
const text = [
  '# What it costs',
  '',
  `Made by \`npm run cost\` from \`bench/storage.json\`, which \`npm run bench:storage\` measures. List prices of us-east-1 as published ${priceDate},`,
  'without free tiers, before tax; nothing here was billed. A month has 30 days. CPU was measured on a shared x86 core and is priced as a vCPU of Lambda.',
  '',
  '| a month | samples | Sluice | a billion samples | Managed Prometheus | CloudWatch metrics | one Prometheus of your own |',
  '|---|---|---|---|---|---|---|',
  ...loads.map(({ name, samples, lines, series, hourly }) => {
    const own = sum(lines);
    return `| ${name} | ${(samples / 1e9).toFixed(1)} billion | ${dollars(own)} | ${dollars((own / samples) * 1e9)} | ${dollars(managed(samples))} | ${dollars(cloudWatch(series))} | ${dollars(selfHosted(samples, hourly))} |`;
  }),
  '',
  'Queries are not in it: see the read units that the bench prints. Managed Prometheus charges its collector and queries apart, CloudWatch its',
  'API calls; the machine of your own is one, with no spare, and nobody is paid for its care.',
  '',
  ...loads.flatMap(({ name, lines }) => [`## ${name}`, '', '| | a month |', '|---|---|', ...rows(lines), '']),
  '## One target alone',
  '',
  '| | every minute | every 15 s |',
  '|---|---|---|',
  ...Object.keys(lone(60)).map(line => `| ${line} | ${dollars(lone(60)[line]!)} | ${dollars(lone(15)[line]!)} |`),
  `| together | ${dollars(sum(lone(60)))} | ${dollars(sum(lone(15)))} |`,
  '',
  'Beside what the collector costs when nothing comes in.',
  '',
  '## What was assumed',
  '',
  '- Scrapes are handed over two minutes at a time (`freshness`, docs/scraping.md). Of one minute at a time write units are half as many again; with',
  `  each scrape stored by itself they are ${(figure('fleet of 200 × 500', 'samples/WRU, segments, schema and index') / figure('node', 'hot, a scrape a segment: samples/WRU')).toFixed(1)} times as many.`,
  '- A worker of 160 MB serves 200 targets of 500 series: `node bench/loop-worker.ts` measures memory and CPU of the shipped bundle.',
  '- CloudWatch’s alarms over the collector itself and their metrics are apart: $1.80 at list price, $0.20 beyond what every account has of',
  '  them for nothing, none with `selfAlarms: false`.',
  '- One warm ingest worker a source most of the time. With ten that take turns at random the same hour takes',
  `  ${(figure('node', 'hot: samples/WRU') / figure('node', 'hot, 10 workers: samples/WRU')).toFixed(2)} times the write units.`,
  '- Series stay mostly the same from minute to minute, as on the recorded pages of node_exporter.',
  '- Storage is counted as it is when retention is full.',
  '',
  '## Prices',
  '',
  '| | source | price |',
  '|---|---|---|',
  ...sources.map(([name, url, what]) => `| ${name} | <${url}>, ${priceDate} | ${what} |`),
  '',
].join('\n');
writeFileSync(join(import.meta.dirname, '../docs/cost.md'), text);
process.stdout.write(text);
