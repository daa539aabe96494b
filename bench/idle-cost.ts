import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '../core/limits.ts';

// What the deployed stack costs in a month in which nothing comes in: no target, no push, no query; and what canaries cost
// beside that, which are sent while somebody is awaited. Computed from the
// synthesized template and list prices of us-east-1 (aws.amazon.com's pricing pages, November 2026). `npm run cost:idle`

const monthMinutes = (365.25 / 12) * 24 * 60;

/** In US dollars, and what every account has of it for nothing, each month and for ever. */
const prices = {
  schedule: { usd: 1e-6, free: 14_000_000 },
  invocation: { usd: 0.2e-6, free: 1_000_000 },
  gbSecond: { usd: 0.0000133334, free: 400_000 },
  sqsRequest: { usd: 0.4e-6, free: 1_000_000 },
  writeUnit: { usd: 0.625e-6, free: 0 },
  readUnit: { usd: 0.125e-6, free: 0 },
  alarmMetric: { usd: 0.1, free: 10 },
  metric: { usd: 0.3, free: 10 },
  httpRequest: { usd: 1e-6, free: 0 },
  dashboard: { usd: 3, free: 3 },
  logGb: { usd: 0.5, free: 5 },
} as const;

/**
 * Of each canary: the order (sent, received, deleted; most polls are there anyway), the run of check and that of push, the
 * request between them, the place in the ring, and what check reads of the collector and of the ring. Warm and waiting for each
 * other: 40 ms of 512 MiB for check, 15 ms for push, as measured at home.
 */
const canary = {
  sqsRequest: 3,
  invocation: 2,
  gbSecond: 0.5 * (0.04 + 0.015),
  httpRequest: 1,
  writeUnit: 1,
  readUnit: 2,
} as const;

/** Lambda keeps five long polls of 20 s open on every queue that it drains. */
const pollsAMinute = 15;
/** One tick over empty tables, warm: under 50 ms, of 1 GiB (check has 512 MiB, compact 1,769, but comes every five minutes). */
const tickGbSeconds = 0.05;
/**
 * plan: scan targets and heartbeats, get the checker's record, get and move on its mark. check: scan, get and replace its own record. compact: query the marks of
 * late segments, get and, once an hour, move on its mark.
 */
const tick = { reads: 4, writes: 1 };
/** The line by which check says that it swept. */
const lineGb = 300 / 1e9;

type Resource = {
  readonly Type: string;
  readonly Properties?: {
    readonly EventSourceArn?: { 'Fn::GetAtt': string[] };
    readonly ScheduleExpression?: string;
  };
};

/** `rate(5 minutes)` → 5. */
const everyMinutesOf = (expression = ''): number => {
  const [, count] = /^rate\((\d+) minutes?\)$/.exec(expression) ?? [];
  if (count === undefined) throw new Error(`schedule ${expression} is not counted here`);
  return Number(count);
};

const folder = mkdtempSync(join(tmpdir(), 'sluice-idle-'));
try {
  const root = join(import.meta.dirname, '..');
  const env = { ...process.env, CDK_OUTDIR: folder, CDK_VALIDATION: 'false' };
  execFileSync(process.execPath, [join(root, 'bin/app.ts')], { cwd: root, stdio: 'pipe', env });
  const { Resources } = JSON.parse(readFileSync(join(folder, 'Sluice.template.json'), 'utf8')) as {
    Resources: Record<string, Resource>;
  };
  const all = (type: string): Resource[] => Object.values(Resources).filter(({ Type }) => Type === type);
  const typeOf = (id: string | undefined): string => Resources[id ?? '']?.Type ?? '';
  const drained = all('AWS::Lambda::EventSourceMapping').filter(
    ({ Properties }) => typeOf(Properties?.EventSourceArn?.['Fn::GetAtt'][0]) === 'AWS::SQS::Queue',
  ).length;
  const ticks = all('AWS::Scheduler::Schedule').reduce(
    (sum, { Properties }) => sum + monthMinutes / everyMinutesOf(Properties?.ScheduleExpression),
    0,
  );
  const used: Record<keyof typeof prices, number> = {
    httpRequest: 0,
    schedule: ticks,
    invocation: ticks,
    gbSecond: ticks * tickGbSeconds,
    sqsRequest: drained * pollsAMinute * monthMinutes,
    writeUnit: ticks * tick.writes,
    readUnit: ticks * tick.reads,
    alarmMetric: all('AWS::CloudWatch::Alarm').length,
    // Sweeps and Merges, which are told even when there is nothing else to tell.
    metric: 2,
    dashboard: all('AWS::CloudWatch::Dashboard').length,
    logGb: monthMinutes * lineGb,
  };
  console.log('                       a month   at list price   beyond what is free');
  let [list, paid] = [0, 0];
  for (const [name, { usd, free }] of Object.entries(prices)) {
    const count = used[name as keyof typeof prices];
    const [whole, beyond] = [count * usd, Math.max(0, count - free) * usd];
    list += whole;
    paid += beyond;
    const amount = count < 100 ? count.toFixed(2) : Math.round(count).toLocaleString('en-US');
    console.log(
      `${name.padEnd(14)} ${amount.padStart(15)} ${`$${whole.toFixed(3)}`.padStart(15)} ${`$${beyond.toFixed(3)}`.padStart(21)}`,
    );
  }
  console.log(`${'together'.padEnd(30)} ${`$${list.toFixed(2)}`.padStart(15)} ${`$${paid.toFixed(2)}`.padStart(21)}`);
  const canaries = (monthMinutes * 60_000) / limits.canaryEveryMs;
  let [listed, beyond] = [0, 0];
  for (const [name, count] of Object.entries(canary)) {
    const { usd, free } = prices[name as keyof typeof canary];
    const before = used[name as keyof typeof canary];
    listed += canaries * count * usd;
    // What is free is used up by the idle stack first.
    beyond += (Math.max(0, before + canaries * count - free) - Math.max(0, before - free)) * usd;
  }
  console.log(
    `${`and ${Math.round(canaries).toLocaleString('en-US')} canaries`.padEnd(30)} ${`$${listed.toFixed(2)}`.padStart(15)} ${`$${beyond.toFixed(2)}`.padStart(21)}`,
  );
  if (paid > 1) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
